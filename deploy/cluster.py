"""The processes of compose.yaml on loopback, without Docker: `make cluster`. Ctrl-C stops them all.

PostgreSQL, Chroma, two `rag serve`, `rag work` and nginx before the two. Where PostgreSQL or nginx is not installed, it
does without and says so. Each waits for those it needs; when one ends, the others are stopped, and its last lines are
shown.
"""

from __future__ import annotations

import argparse
import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FrameType

HERE = Path(__file__).resolve().parent
PATIENCE_S = 180.0  # for one process to get ready; models load in some seconds, on a busy machine in many
PAUSE_S = 0.2
CHROMA = "import sys; from chromadb_rust_bindings import cli; cli(['chroma', *sys.argv[1:]])"  # what `chroma` runs
RAG = (sys.executable, "-m", "rag")


class Failed(Exception):
    """A process that did not get ready, or ended."""


class Cluster:
    """Processes that stand on each other, started in order and stopped in reverse."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds the library, Chroma's files and the logs."""
        self.folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self,
        name: str,
        command: Sequence[str],
        settings: Mapping[str, str],
        ready: Callable[[], bool] = lambda: True,
        user: str | None = None,
    ) -> None:
        """Start a process, as another user if one is named, and wait until it is `ready`."""
        with self._log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                command, env=os.environ | settings, stdout=log, stderr=log, start_new_session=True, user=user
            )
        until = time.monotonic() + PATIENCE_S
        while not ready():
            self.check()
            if time.monotonic() > until:
                raise Failed(f"{name} did not get ready. {self._said(name)}")
            time.sleep(PAUSE_S)

    def check(self) -> None:
        """Failed when one of them has ended."""
        for name, process in self._running.items():
            if (code := process.poll()) is not None:
                raise Failed(f"{name} has ended with code {code}. {self._said(name)}")

    def stop(self) -> None:
        """Stop them, the last one first; what does not stop is killed."""
        for process in reversed(self._running.values()):
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _said(self, name: str) -> str:
        lines = self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"{self._log(name)} ends with:", *lines[-8:]])


def start_all(cluster: Cluster, port: int, *, sqlite: bool = False) -> str:
    """Start everything; the address to open. With `sqlite` the library is a file."""
    chroma, first, second, database = free_ports(4)
    settings = {"RAG_LIBRARY": str(cluster.folder / "library"), "RAG_CHROMA": f"http://127.0.0.1:{chroma}"}
    if not sqlite:
        settings |= start_postgresql(cluster, database)
    command = [sys.executable, "-c", CHROMA, "run", "--path", str(cluster.folder / "chroma"), "--port", str(chroma)]
    cluster.start("chroma", command, {}, lambda: answers(f"http://127.0.0.1:{chroma}/api/v2/heartbeat"))
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    address = f"http://127.0.0.1:{port if nginx else first}"
    for name, own in (("serve1", first), ("serve2", second)):
        serve = [*RAG, "serve", "--port", str(own), "--address", address]
        cluster.start(name, serve, settings, partial(answers, f"http://127.0.0.1:{own}/api/health"))
    cluster.start("work", [*RAG, "work"], settings)
    if nginx:
        file = nginx_files(cluster.folder / "nginx", f"127.0.0.1:{first}", f"127.0.0.1:{second}", f"127.0.0.1:{port}")
        cluster.start(
            "nginx", [nginx, "-c", str(file), "-g", "daemon off;"], {}, lambda: answers(f"{address}/api/health")
        )
    else:
        print(f"nginx is not installed (Debian: apt-get install nginx-light); the second server is on port {second}.")
    return address


def start_postgresql(cluster: Cluster, port: int) -> dict[str, str]:
    """Start PostgreSQL, with a new database the first time; the setting that names it, none where none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(shutil.which("initdb") or "")]
    if not found[-1].name:
        print("PostgreSQL is not installed (Debian: apt-get install postgresql-15); the library is a file.")
        return {}
    programs, folder = found[-1].parent, cluster.folder / "postgresql"
    user = "postgres" if getpass.getuser() == "root" else None  # it refuses to run as root
    folder.mkdir(exist_ok=True)
    if user:
        shutil.chown(folder, user)
    data, password = folder / "data", folder / "password"
    if not data.exists():
        password.write_text(secrets.token_hex(16), encoding="utf-8")
        password.chmod(0o600)
        if user:
            shutil.chown(password, user)
        options = ("-U", "articles", "--auth=scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8")
        made = subprocess.run(
            [programs / "initdb", "-D", data, *options], user=user, capture_output=True, text=True, check=False
        )
        if made.returncode:
            raise Failed(f"The database cannot be made: {made.stderr.strip()}")
    own = ("-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
    ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    command = [str(programs / "postgres"), "-D", str(data), *own]
    cluster.start("postgresql", command, {}, lambda: subprocess.run(ready, check=False).returncode == 0, user)
    secret = password.read_text(encoding="utf-8")
    return {"RAG_DATABASE": f"postgresql://articles:{secret}@127.0.0.1:{port}/postgres"}


def nginx_files(folder: Path, serve1: str, serve2: str, listen: str) -> Path:
    """Write nginx.conf.template, filled in, and a main file that needs nothing outside `folder`; the main file."""
    folder.mkdir(parents=True, exist_ok=True)
    site = (HERE / "nginx.conf.template").read_text(encoding="utf-8")
    for name, value in (("SERVE1", serve1), ("SERVE2", serve2), ("LISTEN", listen)):
        site = site.replace(f"${{{name}}}", value)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    main = [
        f"pid {folder}/nginx.pid;",
        "error_log stderr warn;",
        "events {}",
        "http {",
        *(f"    {kind}_temp_path {folder}/{kind};" for kind in kinds),
        f"    include {folder}/site.conf;",
        "}",
    ]
    file = folder / "nginx.conf"
    file.write_text("\n".join(main) + "\n", encoding="utf-8")
    return file


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def answers(address: str) -> bool:
    """Whether an address answers with 200."""
    try:
        with urllib.request.urlopen(address, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run until Ctrl-C or SIGTERM; 1 when a process failed."""
    parser = argparse.ArgumentParser(description="Article Chat as several processes on loopback. Ctrl-C stops them.")
    parser.add_argument("--port", type=int, default=8080, help="where nginx listens (8080)")
    parser.add_argument("--folder", type=Path, default=Path("artifacts/cluster"), help="for library, index and logs")
    parser.add_argument("--sqlite", action="store_true", help="keep the library in a file, without PostgreSQL")
    given = parser.parse_args()
    folder = given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for number in (signal.SIGTERM, signal.SIGINT):  # SIGINT too: a shell lets what it starts behind it ignore it
        signal.signal(number, _interrupt)
    cluster = Cluster(folder)
    try:
        print(f"Starting; library, index and logs are in {folder} ...", flush=True)
        print(f"Article Chat is on {start_all(cluster, given.port, sqlite=given.sqlite)} (Ctrl-C stops it)", flush=True)
        while True:
            time.sleep(1)
            cluster.check()
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopping ...", flush=True)
        return 0
    finally:
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())
