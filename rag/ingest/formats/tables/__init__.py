"""Tables (JSON, JSON Lines, CSV) to articles: rows finds the rows, columns their fields, days reads their dates."""
