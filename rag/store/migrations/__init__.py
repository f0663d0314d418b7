"""Changes of a library's tables from version to version: what an older version made is brought up to this one's.

A new library is made from `tables.py`, and says that no change is left. Every other runs the changes that it lacks, by
Alembic, in one transaction. `python -m pytest tests/test_migrations.py` holds that both ways end at the same tables.

To change a table: change `tables.py`, add a file to `versions`, name it in REVISIONS. Where an older program would do
harm to a changed library, raise SCHEMA_VERSION, and set it in that file.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select

REVISIONS = ("0001", "0002")

applied = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))  # as Alembic has it


def mark_new(connection: Connection) -> None:
    """Say of tables that were made just now that no change is left."""
    applied.create(connection)
    connection.execute(insert(applied).values(version_num=REVISIONS[-1]))


def waiting(connection: Connection) -> bool:
    """Whether the library lacks changes. One that has further ones, of a newer version, lacks none."""
    at = None
    if inspect(connection).has_table(applied.name):
        at = connection.execute(select(applied.c.version_num)).scalar()
    return at is None or at in REVISIONS[:-1]


def run(connection: Connection) -> None:
    """Make the changes that the library lacks, in the transaction of the connection."""
    from alembic.config import Config  # a quarter of a second, once for a library
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(Path(__file__).parent)
    with EnvironmentContext(Config(), scripts, fn=lambda at, _context: scripts._upgrade_revs("head", at)) as context:
        context.configure(connection=connection)
        context.run_migrations()
