"""The tables as they stood when Alembic came: what an older version's library lacks of them is made.

Drawn up by Alembic from `tables.py`, and never changed with it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

STRING = sa.String().with_variant(sa.String(collation="C"), "postgresql")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make what is lacking."""
    op.create_table(
        "articles",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", STRING, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("url", TEXT),
        sa.Column("publisher", TEXT),
        sa.Column("author", TEXT),
        sa.Column("published", sa.Date()),
        sa.Column("language", STRING),
        sa.Column("added", sa.DateTime(), nullable=False),
        sa.Column("source", TEXT),
        sa.Column("digest", STRING, nullable=False),
        sa.Column("text_digest", STRING, nullable=False),
        sa.Column("passage_count", sa.Integer(), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_index("articles_by_date", "articles", ["published"], if_not_exists=True)
    op.create_index("articles_by_text", "articles", ["text_digest"], if_not_exists=True)
    op.create_table(
        "collected",
        sa.Column("collection", STRING, nullable=False),
        sa.Column("article_id", STRING, nullable=False),
        sa.PrimaryKeyConstraint("collection", "article_id"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "conversation_owners",
        sa.Column("conversation", STRING, nullable=False),
        sa.Column("owner", STRING, nullable=False),
        sa.PrimaryKeyConstraint("conversation"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_conversation_owners_owner"), "conversation_owners", ["owner"], if_not_exists=True)
    op.create_table(
        "conversations",
        sa.Column("id", STRING, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("changed", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_conversations_changed"), "conversations", ["changed"], if_not_exists=True)
    op.create_table(
        "copies",
        sa.Column("id", STRING, nullable=False),
        sa.Column("story", STRING, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("url", TEXT),
        sa.Column("publisher", TEXT),
        sa.Column("author", TEXT),
        sa.Column("published", sa.Date()),
        sa.Column("language", STRING),
        sa.Column("added", sa.DateTime(), nullable=False),
        sa.Column("source", TEXT),
        sa.Column("digest", STRING, nullable=False),
        sa.Column("text_digest", STRING, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_copies_story"), "copies", ["story"], if_not_exists=True)
    op.create_table(
        "deeds",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("moment", sa.DateTime(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("token", STRING, nullable=False),
        sa.Column("act", STRING, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
    op.create_table(
        "feed_entries",
        sa.Column("feed", STRING, nullable=False),
        sa.Column("key", STRING, nullable=False),
        sa.Column("mark", TEXT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "key"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "feed_troubles",
        sa.Column("feed", STRING, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("tried", sa.DateTime(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("feed"),
        if_not_exists=True,
    )
    op.create_table(
        "feedback",
        sa.Column("conversation", STRING, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("answer_text", TEXT, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("given", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("conversation", "position"),
        if_not_exists=True,
    )
    op.create_table(
        "feeds",
        sa.Column("url", STRING, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("etag", TEXT, nullable=False),
        sa.Column("modified", TEXT, nullable=False),
        sa.Column("checked", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("url"),
        if_not_exists=True,
    )
    op.create_table(
        "grants",
        sa.Column("kind", STRING, nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("collection", STRING, nullable=False),
        sa.Column("may_write", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "collection"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "library",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", STRING, nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("generation", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "owned",
        sa.Column("article_id", STRING, nullable=False),
        sa.Column("owner", STRING, nullable=False),
        sa.PrimaryKeyConstraint("article_id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_owned_owner"), "owned", ["owner"], if_not_exists=True)
    op.create_table(
        "shards",
        sa.Column("address", STRING, nullable=False),
        sa.Column("shard", STRING, nullable=False),
        sa.Column("state", STRING, nullable=False),
        sa.Column("place", STRING, nullable=False),
        sa.Column("collection", STRING, nullable=False),
        sa.Column("upto", NUMBER, nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address", "shard", "state", "place"),
        if_not_exists=True,
    )
    op.create_table(
        "token_groups",
        sa.Column("token", STRING, nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.PrimaryKeyConstraint("token", "name"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "tokens",
        sa.Column("id", STRING, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("digest", STRING, nullable=False),
        sa.Column("may_write", sa.Integer(), nullable=False),
        sa.Column("made", sa.DateTime(), nullable=False),
        sa.Column("used", sa.DateTime()),
        sa.Column("revoked", sa.DateTime()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
        if_not_exists=True,
    )
    op.create_table(
        "versions",
        sa.Column("article_id", STRING, nullable=False),
        sa.Column("text_digest", STRING, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("replaced", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", "text_digest"),
        if_not_exists=True,
    )
    op.create_table(
        "wrong_sources",
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("given", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("conversation", "reference"),
        if_not_exists=True,
    )
    op.create_table(
        "bands",
        sa.Column("band", NUMBER, nullable=False),
        sa.Column("article", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("band", "article"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_index(op.f("ix_bands_article"), "bands", ["article"], if_not_exists=True)
    op.create_table(
        "lines",
        sa.Column("hash", STRING, nullable=False),
        sa.Column("article", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash", "article"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_index(op.f("ix_lines_article"), "lines", ["article"], if_not_exists=True)
    op.create_table(
        "messages",
        sa.Column("conversation", STRING, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("question", TEXT, nullable=False),
        sa.Column("state", STRING, nullable=False),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("answer", TEXT, nullable=False),
        sa.Column("answer_text", TEXT, nullable=False),
        sa.Column("digests", TEXT, nullable=False),
        sa.Column("asked", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["conversation"], ["conversations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation", "position"),
        if_not_exists=True,
    )
    op.create_table(
        "passages",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", STRING, nullable=False),
        sa.Column("article", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_index(op.f("ix_passages_article"), "passages", ["article"], if_not_exists=True)
    op.create_table(
        "remarks",
        sa.Column("article", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article", "position"),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    op.create_table(
        "unindexed",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["number"], ["passages.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
    op.create_table(
        "vectors",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["passages.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
