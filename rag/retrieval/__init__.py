"""Retrieval: from a question to the passages that may answer it, by words and by meaning, best first."""
