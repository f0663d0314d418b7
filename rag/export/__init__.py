"""Answers and conversations as Markdown, HTML, PDF and plain text, every citation a footnote with its quote."""
