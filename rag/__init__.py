"""Article Chat: answers over a collection of articles, every sentence with its exact citation."""
