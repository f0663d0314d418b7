"""Readers of files, one kind a module: bytes in, articles out."""
