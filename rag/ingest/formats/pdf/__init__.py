"""PDF files: a process of its own finds the letters (glyphs), their lines (columns), and what these say (article)."""
