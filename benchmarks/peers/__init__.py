"""Beside the peers: the same articles and questions through what a user would otherwise pick, each in its own
environment.

`__main__.py` makes the environments, runs the peers and writes the table; `exchange.py` is what both sides speak;
`run_*.py` are the peers, each with the settings that its own documentation recommends and the same embedding model.
Only the standard library is imported here and in exchange.py: peers run in environments without this project.
"""
