"""What deploy/ holds can be read by the programs it is for, and `make cluster` starts what it says."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from servers import environment, free_port
from typer.testing import CliRunner

from deploy.cluster import nginx_files
from rag.cli.app import app as cli

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: apt-get install nginx-light)")
def test_nginx_takes_its_file(tmp_path: Path) -> None:
    file = nginx_files(tmp_path, "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3")
    assert "${" not in (tmp_path / "site.conf").read_text(encoding="utf-8")
    run = subprocess.run([str(NGINX), "-t", "-c", str(file)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_systemd_takes_its_units(tmp_path: Path) -> None:
    for unit in (DEPLOY / "systemd").glob("*.service"):
        text = unit.read_text(encoding="utf-8").replace("/opt/article-chat/.venv/bin/", "/bin/echo ")
        (tmp_path / unit.name).write_text(text.replace("User=articles\n", ""), encoding="utf-8")
    units = sorted(map(str, tmp_path.glob("*.service")))
    assert len(units) == 3
    run = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    complaints = [line for line in run.stderr.splitlines() if str(tmp_path) in line or "article-chat" in line]
    assert complaints == []


def test_each_service_of_the_compose_file_knows_those_it_needs() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert services.keys() >= {"chroma", "serve1", "serve2", "work", "nginx"}
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
    published = {name for name, service in services.items() if service.get("ports")}
    assert published == {"nginx"}, "only nginx can be reached from outside"


def test_the_commands_of_the_compose_file_are_known() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    commands = [one["command"] for one in services.values() if "build" in one and "entrypoint" not in one]
    assert sorted(command[0] for command in commands) == ["serve", "serve", "work"]
    for command in commands:
        ran = CliRunner().invoke(cli, [*command, "--help"])
        assert ran.exit_code == 0, ran.output


def test_the_image_installs_what_its_services_and_sign_in_need() -> None:
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    (extras,) = re.findall(r'"\.\[([\w,-]+)\]"', image)
    known = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (
        {"serve", "sign-in", "postgres", "telemetry"} <= set(extras.split(",")) <= set(known["optional-dependencies"])
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user can enter, as pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="rag-cluster-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_the_cluster_answers_over_its_servers_and_stops_them_all(folder: Path) -> None:
    port = free_port()
    command = [sys.executable, str(DEPLOY / "cluster.py"), "--port", str(port), "--folder", str(folder)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = next((line for line in process.stdout if line.startswith("Article Chat is on")), "")
            address = said.removeprefix("Article Chat is on ").partition(" ")[0]
            with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
                assert client.get("/api/health").json()["status"] == "ok"
                text = "The night train leaves on 14 June, the railway said on Saturday."
                article = {"title": "Trains", "text": text}
                added = client.post("/api/articles", json={"articles": [article]})
                assert added.status_code == 200, added.text
                found = client.post("/api/ask", json={"question": "When does the night train leave?"}).json()
                assert "14 June" in found["text"]
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 0
    installed = any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert (folder / "postgresql" / "data").exists() == installed
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/api/health", trust_env=False)
