"""The only place that loads models: the embedder, the query encoder and the reader."""
