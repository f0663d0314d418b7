"""Answers from what retrieval found: quoted sentences, who said them, citations, follow-ups."""
