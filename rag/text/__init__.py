"""Pure text work: sentences, words, cleaning. No models, no files, no network."""
