"""A library in a PostgreSQL database, for a team or for many machines. Needs `article-chat[postgres]`."""
