"""The tables of the library's database, in SQLAlchemy Core.

`number` columns are the database's own and never used twice, so a passage of a replaced article can never be
mistaken for its successor, even when both carry the same passage id.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

SCHEMA_VERSION = 1

metadata = MetaData()
# Texts are ordered by the numbers of their characters everywhere, whatever language the server speaks.
_String = String().with_variant(String(collation="C"), "postgresql")
_Text = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite counts in rowids, which are plain integers to it.
_Number = BigInteger().with_variant(Integer, "sqlite")

library = Table(  # one row: what this library is
    "library",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("fingerprint", _String, nullable=False),  # of the embedding model
    Column("dimension", Integer, nullable=False),
    Column("generation", _Number, nullable=False),  # grows with each change
)


def _head() -> tuple[Column[Any], ...]:
    """What an article and a syndicated copy are described by."""
    return (
        Column("title", _Text, nullable=False),
        Column("url", _Text),
        Column("publisher", _Text),
        Column("author", _Text),
        Column("published", Date),
        Column("language", _String),
        Column("added", DateTime, nullable=False),  # UTC
        Column("source", _Text),
        Column("digest", _String, nullable=False),
        Column("text_digest", _String, nullable=False),
    )


articles = Table(
    "articles",
    metadata,
    Column("number", _Number, primary_key=True),
    Column("id", _String, nullable=False, unique=True),
    *_head(),
    Column("passage_count", Integer, nullable=False),
    Column("text", _Text, nullable=False),  # last: a scan for the others then reads no overflow pages
    Index("articles_by_text", "text_digest"),
    Index("articles_by_date", "published"),
    sqlite_autoincrement=True,
)

passages = Table(
    "passages",
    metadata,
    Column("number", _Number, primary_key=True),
    Column("id", _String, nullable=False, unique=True),
    Column("article", ForeignKey("articles.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text", _Text, nullable=False),
    sqlite_autoincrement=True,
)

vectors = Table(  # apart from the passages: reading them all for an exact search touches no text
    "vectors",
    metadata,
    Column("number", ForeignKey("passages.number", ondelete="CASCADE"), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # little-endian float32
)

remarks = Table(  # what its reader noted of an article: a guessed encoding, a text that breaks off
    "remarks",
    metadata,
    Column("article", ForeignKey("articles.number", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("text", _Text, nullable=False),
    sqlite_with_rowid=False,
)

shards = Table(  # what Chroma servers hold of the vectors: as disposable as what they hold
    "shards",
    metadata,
    Column("address", _String, primary_key=True),  # of the server
    Column("shard", _String, primary_key=True),  # "1/2": the first of two that share the passages
    Column("state", _String, primary_key=True),  # "live": searched; "next": being built beside it
    Column("place", _String, primary_key=True),  # of the library: a copied or restored one has collections of its own
    Column("collection", _String, nullable=False),
    Column("upto", _Number, nullable=False),  # highest passage number that was looked at
    Column("held", Integer, nullable=False),  # vectors in it, dead ones included
)

unindexed = Table(  # passages whose vector no index takes: they are found by their words
    "unindexed",
    metadata,
    Column("number", ForeignKey("passages.number", ondelete="CASCADE"), primary_key=True),
    Column("reason", _Text, nullable=False),
)

lines = Table(  # which lines occur in which article: a line of many articles is page furniture
    "lines",
    metadata,
    Column("hash", _String, primary_key=True),
    Column("article", ForeignKey("articles.number", ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

bands = Table(  # short hashes of which near-identical articles share at least one
    "bands",
    metadata,
    Column("band", _Number, primary_key=True),
    Column("article", ForeignKey("articles.number", ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

copies = Table(  # syndicated copies: further sources of an article, which stands for the story
    "copies",
    metadata,
    Column("id", _String, primary_key=True),  # of the copy
    Column("story", _String, nullable=False, index=True),  # id of the article
    *_head(),
    Column("text", _Text, nullable=False),
)

owned = Table(  # what `rag sync` has added itself, and so may remove
    "owned",
    metadata,
    Column("article_id", _String, primary_key=True),  # of an article or copy; it may be gone since
    Column("owner", _String, nullable=False, index=True),  # the folder
)

versions = Table(  # cleaned texts that were replaced: citations of old conversations still find their quote
    "versions",
    metadata,
    Column("article_id", _String, primary_key=True),
    Column("text_digest", _String, primary_key=True),
    Column("text", _Text, nullable=False),
    Column("replaced", DateTime, nullable=False),  # UTC
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", _String, primary_key=True),  # cannot be guessed
    Column("name", _Text, nullable=False),
    Column("created", DateTime, nullable=False),  # UTC
    Column("changed", DateTime, nullable=False, index=True),  # UTC
)

messages = Table(  # a question with its answer
    "messages",
    metadata,
    Column("conversation", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),  # from 1
    Column("question", _Text, nullable=False),
    Column("state", _String, nullable=False),
    Column("scope", _Text, nullable=False),  # JSON of the page: which articles were asked
    Column("answer", _Text, nullable=False),  # JSON of the Answer; empty while there is none
    Column("answer_text", _Text, nullable=False),  # for searching
    Column("digests", _Text, nullable=False),  # JSON: text digest of each cited article when it was cited
    Column("asked", DateTime, nullable=False),  # UTC
)

feedback = Table(  # outlives its conversation: it is about the answers, not about who asked
    "feedback",
    metadata,
    Column("conversation", _String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("good", Integer, nullable=False),  # 1 or 0
    Column("reason", _Text, nullable=False),
    Column("question", _Text, nullable=False),
    Column("answer_text", _Text, nullable=False),
    Column("model", _Text, nullable=False),
    Column("given", DateTime, nullable=False),  # UTC
)

wrong_sources = Table(  # citations that readers called wrong; outlives its conversation like other feedback
    "wrong_sources",
    metadata,
    Column("conversation", _String, primary_key=True),
    Column("reference", _String, primary_key=True),  # of the citation in it: "m2-1"
    Column("question", _Text, nullable=False),
    Column("article_id", _String, nullable=False),
    Column("quote", _Text, nullable=False),
    Column("given", DateTime, nullable=False),  # UTC
)

collected = Table(  # articles in collections; an article that is removed and put back is still in its collections
    "collected",
    metadata,
    Column("collection", _String, primary_key=True),
    Column("article_id", _String, primary_key=True),
    sqlite_with_rowid=False,
)

feeds = Table(  # feeds and site maps that were visited
    "feeds",
    metadata,
    Column("url", _String, primary_key=True),
    Column("title", _Text, nullable=False),
    Column("etag", _Text, nullable=False),
    Column("modified", _Text, nullable=False),
    Column("checked", DateTime, nullable=False),  # UTC
)

feed_entries = Table(  # entries that were taken, or could not be, so that the next visit knows what is new
    "feed_entries",
    metadata,
    Column("feed", _String, primary_key=True),
    Column("key", _String, primary_key=True),
    Column("mark", _Text, nullable=False),  # differs when the entry was changed
    Column("failures", Integer, nullable=False),  # 0: taken
    sqlite_with_rowid=False,
)

feed_troubles = Table(  # feeds whose last visit failed
    "feed_troubles",
    metadata,
    Column("feed", _String, primary_key=True),
    Column("failures", Integer, nullable=False),  # visits in a row
    Column("tried", DateTime, nullable=False),  # UTC
    Column("reason", _Text, nullable=False),
)

tokens = Table(  # personal tokens of those who use a served library
    "tokens",
    metadata,
    Column("id", _String, primary_key=True),
    Column("name", _Text, nullable=False),
    Column("digest", _String, nullable=False, unique=True),  # SHA-256 of the secret, which is kept nowhere
    Column("may_write", Integer, nullable=False),  # 1 or 0
    Column("made", DateTime, nullable=False),  # UTC
    Column("used", DateTime),  # to the hour
    Column("revoked", DateTime),
)

token_groups = Table(  # groups that the holder of a token belongs to
    "token_groups",
    metadata,
    Column("token", _String, primary_key=True),
    Column("name", _String, primary_key=True),
    sqlite_with_rowid=False,
)

grants = Table(  # who may read and write which collections of a served library
    "grants",
    metadata,
    Column("kind", _String, primary_key=True),  # "user", "group" or "everybody"
    Column("name", _String, primary_key=True),  # empty for everybody
    Column("collection", _String, primary_key=True),  # empty for the whole library
    Column("may_write", Integer, nullable=False),  # 1 or 0
    sqlite_with_rowid=False,
)

conversation_owners = Table(  # whose a conversation is; those of a chat without sign-in are nobody's
    "conversation_owners",
    metadata,
    Column("conversation", _String, primary_key=True),
    Column("owner", _String, nullable=False, index=True),
)

deeds = Table(  # who asked, added and removed what
    "deeds",
    metadata,
    Column("number", _Number, primary_key=True),
    Column("moment", DateTime, nullable=False),  # UTC
    Column("name", _Text, nullable=False),
    Column("token", _String, nullable=False),
    Column("act", _String, nullable=False),
    Column("detail", _Text, nullable=False),
)

# Only in a library that is being moved to its place.
moves = MetaData()
moving = Table(  # one row: which move
    "moving",
    moves,
    Column("draft", _Text, primary_key=True),  # name of the backup that it reads, in the folder of the target
    Column("source", _Text, nullable=False),  # in words
    Column("identity", _Text, nullable=False),  # of the source
)
