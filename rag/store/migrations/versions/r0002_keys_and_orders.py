"""The key of `shards` names the place, and the texts of `wrong_sources` are ordered as all others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

STRING = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STRINGS = ("conversation", "reference", "article_id")
TEXTS = ("question", "quote")


def upgrade() -> None:
    """Make `shards` anew where its key is the old one: what it tells of is built again by itself."""
    connection = op.get_bind()
    if "place" not in sa.inspect(connection).get_pk_constraint("shards")["constrained_columns"]:
        op.drop_table("shards")
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
        )
    if connection.dialect.name == "postgresql":
        for names, kind in ((STRINGS, sa.String(collation="C")), (TEXTS, sa.Text(collation="C"))):
            for name in names:
                op.alter_column("wrong_sources", name, type_=kind)
