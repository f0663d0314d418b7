"""A library in one SQLite file: the default."""
