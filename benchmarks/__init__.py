"""Speed and quality beside peers, one command each; results as Markdown beside the code."""
