"""`rag serve`: the chat, REST and MCP on one port. In: HTTP requests. Out: the same answers as everywhere else."""
