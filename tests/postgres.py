"""A real PostgreSQL server for the tests: one a session, on loopback, in a temporary folder, run by no root user.

Tests that ask for `database` run twice: on SQLite, and on PostgreSQL in a schema of their own. Those marked `sqlite`
are about its file and run once. Where PostgreSQL is not installed the second run is skipped; POSTGRES=required, as in
CI, makes that an error.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

USER, PASSWORD, DATABASE = "editor", "p@ss/word:#1", "articles"
_QUICK = "-c fsync=off -c full_page_writes=off -c shared_buffers=64MB"


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    programs: Path
    folder: Path
    port: int

    def address(self, schema: str = "", *, password: str = "p%40ss%2Fword%3A%231") -> str:
        """The address of the database, narrowed to a schema."""
        options = f"?options=-csearch_path%3D{schema}" if schema else ""
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{DATABASE}{options}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} {_QUICK}"
        self._run(
            "pg_ctl", "start", "-w", "-D", str(self.folder / "data"), "-o", options, "-l", str(self.folder / "log")
        )

    def stop(self, how: str = "fast") -> None:
        """End it; "immediate" is as a crash."""
        self._run("pg_ctl", "stop", "-w", "-m", how, "-D", str(self.folder / "data"))

    def sql(self, statement: str, database: str = DATABASE) -> None:
        """Run a statement as the owner of the server."""
        import psycopg

        where = f"host=127.0.0.1 port={self.port} user=owner dbname={database}"
        with closing(psycopg.connect(where, password=PASSWORD, autocommit=True)) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(command, **_as_user(), cwd=self.folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def _as_user() -> dict[str, str]:
    """PostgreSQL refuses to run as root; its package brings a user along."""
    return {"user": "postgres"} if getpass.getuser() == "root" else {}


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(shutil.which("initdb") or "")]
    return found[-1].parent if found[-1].name else None


def _free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _made(programs: Path, folder: Path) -> Server:
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if getpass.getuser() == "root":
        for path in (folder, secret):
            shutil.chown(path, "postgres")
    server = Server(programs, folder, _free_port())
    options = (
        "-U",
        "owner",
        "--auth=scram-sha-256",
        f"--pwfile={secret}",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    )
    server._run("initdb", "-D", str(folder / "data"), *options)
    server.start()
    server.sql(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'", "postgres")
    server.sql(f"CREATE DATABASE {DATABASE} OWNER {USER}", "postgres")
    return server


@contextmanager
def running(programs: Path) -> Iterator[Server]:
    """A server of these programs in a folder of its own, stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="rag-postgres-"))
    server = _made(programs, folder)
    try:
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def empty_schema(server: Server) -> Iterator[str]:
    """The name of a new schema, dropped at the end."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    server.sql(f"CREATE SCHEMA {name} AUTHORIZATION {USER}")
    yield name
    server.sql(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server of this session."""
    programs = _programs()
    if programs is None:
        required = os.environ.get("POSTGRES") == "required"
        (pytest.fail if required else pytest.skip)(
            "PostgreSQL is not installed (Debian: apt-get install postgresql-15)"
        )
    pytest.importorskip("psycopg")
    with running(programs) as server:
        yield server


@pytest.fixture
def schema(postgres: Server) -> Iterator[str]:
    """An empty schema of its own."""
    with empty_schema(postgres) as name:
        yield name


@pytest.fixture
def postgres_address(postgres: Server, schema: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty database, which is set as RAG_DATABASE."""
    address = postgres.address(schema)
    monkeypatch.setenv("RAG_DATABASE", address)
    return address


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The address of the database that the test runs on; empty for SQLite."""
    return request.getfixturevalue("postgres_address") if request.param == "postgresql" else ""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for `database` on each of them."""
    if "database" in metafunc.fixturenames:
        once = metafunc.definition.get_closest_marker("sqlite") is not None
        metafunc.parametrize("database", ["sqlite"] if once else ["sqlite", "postgresql"], indirect=True)
