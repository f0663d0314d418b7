"""Labelled questions as users type them, asked to the assistant: `python -m benchmarks.asks --help`.

A question names the sentences that answer it, those that would do as well, what must stand before them, and the short
answer, or says why its article does not answer. `own_articles` and `own_test` are news written for this project.
"""
