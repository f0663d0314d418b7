"""How the reader's weights were made: data, model, loop, export. Not part of the installed package."""
