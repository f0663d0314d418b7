"""The library on disk: articles, passages and vectors in one database, and the two indexes derived from it."""
