"""The `rag` command on a real library: what it prints, what a program reads, and its exit codes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rag
from rag.cli.app import run
from rag.cli.terminal import Wrapped, clean, one_line, print_json

TRAINS = """---
title: Night trains return to the northern line
publisher: The Harbour Post
published: 2024-03-02
url: https://example.com/trains
---
The railway of Norrland will run night trains to the coast again from June, its director Ilse Brandt said on Saturday.

"People want to sleep and arrive," Brandt said. The first train leaves on 14 June with twelve sleeping cars.
"""

LIBRARY_ROOF = """---
title: Storm lifts the roof of the Ostby library
publisher: Meridian Wire
published: 2024-05-11
---
A storm tore a third of the roof off the public library of Ostby during the night to Saturday. Nobody was hurt.

The mayor, Tomas Lind, said that the repair would cost 340,000 crowns and take until the autumn.
"""

HOSTILE = """---
title: "\\e[31mRed\\e[0m [bold]alert[/bold] :smile: \\u202Edesrever"
publisher: "[link=https://example.com]Evil[/link]"
published: 2020-01-01
---
The lighthouse keeper of Skarvik wrote [red]paint[/red] on the wall of the tower \x1b]0;owned\x07 in the winter of 1911.
"""

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three articles in `articles/` and a library of them in `library/`."""
    folder = tmp_path_factory.mktemp("shelf")
    articles = folder / "articles"
    articles.mkdir()
    for name, text in {"trains.md": TRAINS, "roof.md": LIBRARY_ROOF, "hostile.md": HOSTILE}.items():
        (articles / name).write_text(text, encoding="utf-8")
    assert run(["--library", str(folder / "library"), "add", str(articles)]) == 0
    return folder


@pytest.fixture
def cli(shelf: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs the command on the shelf's library; gives exit code, stdout and stderr."""

    def call(*arguments: str, library: Path | None = None) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["--library", str(library or shelf / "library"), *arguments])
        return code, *capsys.readouterr()

    return call


def process(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """The command as a process of its own."""
    command = [sys.executable, "-m", "rag.cli", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


# --- add --------------------------------------------------------------------------------------------------------------


def test_add_says_what_became_of_each_source_and_again_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "trains.md").write_text(TRAINS, encoding="utf-8")
    library = tmp_path / "library"
    code, out, _ = cli("add", str(tmp_path / "trains.md"), library=library)
    assert code == 0
    assert "Night trains return to the northern line" in out
    assert "1 added" in out
    code, out, _ = cli("add", str(tmp_path / "trains.md"), library=library)
    assert code == 0
    assert out.strip() == "1 unchanged"


def test_add_gives_json_with_ids_titles_and_reasons_and_exit_code_3_when_some_failed(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "roof.md").write_text(LIBRARY_ROOF, encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    code, out, _ = cli(
        "add", str(tmp_path / "roof.md"), str(tmp_path / "empty.txt"), "--json", library=tmp_path / "library"
    )
    report = json.loads(out)
    assert code == 3
    assert report["added"][0]["title"] == "Storm lifts the roof of the Ostby library"
    assert report["added"][0]["id"]
    assert report["failed"][0]["source"].endswith("empty.txt")
    assert report["failed"][0]["reason"]


def test_add_of_nothing_but_failures_is_exit_code_1_and_names_the_reason(cli: Cli, tmp_path: Path) -> None:
    code, out, err = cli("add", str(tmp_path / "missing.md"), library=tmp_path / "library")
    assert code == 1
    assert "1 failed" in out
    assert "missing.md" in err


# --- list and remove --------------------------------------------------------------------------------------------------


def test_list_shows_newest_first_and_filters(cli: Cli) -> None:
    _, out, _ = cli("list")
    assert out.index("Storm lifts") < out.index("Night trains")
    _, out, _ = cli("list", "--publisher", "Meridian Wire", "--json")
    assert [article["title"] for article in json.loads(out)] == ["Storm lifts the roof of the Ostby library"]
    _, out, _ = cli("list", "--since", "2024-03-01", "--until", "2024-03-31", "--json")
    found = json.loads(out)
    assert [article["published"] for article in found] == ["2024-03-02"]
    assert found[0]["url"] == "https://example.com/trains"
    _, out, _ = cli("list", "--limit", "1", "--json")
    assert len(json.loads(out)) == 1


def test_list_of_an_empty_library_says_how_to_begin(cli: Cli, tmp_path: Path) -> None:
    code, out, err = cli("list", library=tmp_path / "library")
    assert (code, out) == (0, "")
    assert "rag add" in err


def test_remove_takes_articles_out_by_id_and_an_unknown_id_removes_nothing(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "trains.md").write_text(TRAINS, encoding="utf-8")
    library = tmp_path / "library"
    _, out, _ = cli("add", str(tmp_path / "trains.md"), "--json", library=library)
    article_id = json.loads(out)["added"][0]["id"]
    code, _, err = cli("remove", article_id, "no-such-id", library=library)
    assert code == 1
    assert "no-such-id" in err
    assert "nothing was removed" in err
    code, out, _ = cli("remove", article_id, "--json", library=library)
    assert (code, json.loads(out)) == (0, {"removed": [article_id]})
    assert json.loads(cli("list", "--json", library=library)[1]) == []


# --- search and ask ---------------------------------------------------------------------------------------------------


def test_search_gives_exact_passages_best_first(cli: Cli, shelf: Path) -> None:
    code, out, _ = cli("search", "what will the repair of the roof cost?", "-k", "2", "--json")
    hits = json.loads(out)
    assert code == 0
    assert "340,000 crowns" in hits[0]["text"]
    assert hits[0]["score"] >= hits[-1]["score"]
    with rag.Library.open(str(shelf / "library")) as library:
        for hit in hits:
            article = library.article(hit["article_id"])
            assert article is not None
            assert article.text[hit["start"] : hit["end"]] == hit["text"]


def test_search_shows_title_outlet_and_date_and_obeys_filters(cli: Cli) -> None:
    _, out, _ = cli("search", "roof of the library", "--publisher", "The Harbour Post")
    assert "Night trains return" in out
    assert "The Harbour Post · 2024-03-02" in out
    assert "Storm" not in out


def test_ask_prints_marked_sentences_and_numbered_sources(cli: Cli) -> None:
    code, out, _ = cli("ask", "When does the first night train leave?")
    answer, sources = out.split("Sources")
    assert code == 0
    assert "14 June" in answer
    assert "[1]" in answer
    assert "[1] Night trains return to the northern line · The Harbour Post · 2024-03-02" in sources
    assert "The first train leaves on 14 June with twelve sleeping cars." in sources


def test_ask_gives_the_answer_as_json_with_exact_citations(cli: Cli, shelf: Path) -> None:
    code, out, _ = cli("ask", "When does the first night train leave?", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["answered"] is True
    assert answer["sentences"][0]["citations"][0]["number"] == 1
    assert answer["timings"]
    with rag.Library.open(str(shelf / "library")) as library:
        for citation in answer["citations"]:
            article = library.article(citation["article_id"])
            assert article is not None
            assert article.text[citation["start"] : citation["end"]] == citation["quote"]


def test_ask_refuses_with_exit_code_4_and_shows_the_nearest_passages(cli: Cli) -> None:
    code, out, _ = cli("ask", "Who won the chess championship in Reykjavik in 1972?")
    assert code == 4
    assert "Sources" not in out
    code, out, _ = cli("ask", "Who won the chess championship in Reykjavik in 1972?", "--json")
    refusal = json.loads(out)
    assert code == 4
    assert refusal["answered"] is False
    assert refusal["citations"] == []


def test_ask_on_an_empty_library_says_how_to_begin(cli: Cli, tmp_path: Path) -> None:
    code, _, err = cli("ask", "What happened?", library=tmp_path / "library")
    assert code == 4
    assert "The library is empty" in err


def test_an_empty_question_is_one_friendly_line(cli: Cli) -> None:
    code, out, err = cli("ask", "   ")
    assert (code, out) == (1, "")
    assert err.startswith("rag: ")
    assert len(err.splitlines()) == 1


# --- text of articles on a terminal -----------------------------------------------------------------------------------


def test_titles_and_quotes_cannot_steer_the_terminal_and_are_no_markup(cli: Cli) -> None:
    listed = cli("list")[1]
    answered = cli("ask", "What did the lighthouse keeper of Skarvik write on the wall of the tower?")[1]
    for out in (listed, answered, cli("search", "lighthouse keeper of Skarvik")[1]):
        assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e"}
        assert "[bold]alert[/bold] :smile:" in out
        assert "[link=https://example.com]Evil[/link]" in out
    assert "[red]paint[/red]" in answered


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("a\x9b1mb", "a1mb"),
        ("user\u202etxt.exe", "usertxt.exe"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("שלום 👩‍🚀 é", "שלום 👩‍🚀 é"),
    ],
)
def test_control_characters_are_dropped_and_other_text_stays(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_long_line_is_cut_at_a_word() -> None:
    assert one_line("one two\nthree  four", limit=12) == "one two…"


def test_json_on_a_terminal_holds_no_control_characters_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    text = "\x1b[31m \x9b \u202e \udce9 é 👩‍🚀"
    print_json({"title": text})
    out = capsys.readouterr().out
    assert json.loads(out)["title"] == text
    assert not set(out) & {"\x1b", "\x9b", "\u202e", "\udce9"}
    assert "é 👩‍🚀" in out


def test_streamed_text_is_broken_at_words_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    written = Wrapped(sys.stdout)
    for piece in ("The first train ", "leaves on 14 June", " with twelve sleeping cars. [1]"):
        written.write(piece)
    written.end()
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 20
    assert " ".join(" ".join(lines).split()) == "The first train leaves on 14 June with twelve sleeping cars. [1]"


# --- doctor, version, errors ------------------------------------------------------------------------------------------


def test_doctor_finds_a_sound_library_sound(cli: Cli) -> None:
    code, out, _ = cli("doctor")
    assert code == 0
    assert "article-chat" in out
    code, out, _ = cli("doctor", "--json")
    assert code == 0
    assert {finding["severity"] for finding in json.loads(out)} <= {"ok", "warning"}


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"article-chat {rag.__version__}"


def test_the_library_can_be_named_before_and_after_the_command(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "--library", str(shelf / "library"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 3


@pytest.mark.parametrize("arguments", [["lsit"], ["list", "--since", "yesterday"], ["ask"], ["search", "x", "-k", "0"]])
def test_a_wrong_command_line_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Usage: rag" in err


def test_a_library_that_cannot_be_opened_is_one_line_without_traceback(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "library").write_text("a file", encoding="utf-8")
    code, out, err = cli("list", library=tmp_path / "library")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("rag: ")


def test_an_unknown_setting_is_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_LIBARY", "x")
    code, _, err = cli("list")
    assert code == 1
    assert err.startswith("rag: Unknown setting RAG_LIBARY")


def test_a_port_that_is_taken_is_one_line_with_another_port(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, err = cli("chat", "--port", str(port), "--no-browser")
    assert code == 1
    assert len(err.splitlines()) == 1
    assert f"127.0.0.1:{port}" in err
    assert "--port" in err


def test_ctrl_c_is_one_line_and_exit_code_130(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rag.Library, "open", interrupted)
    code, out, err = cli("list")
    assert (code, out, err) == (130, "", "rag: stopped.\n")


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise on Windows")
def test_a_reader_that_goes_away_is_no_error(shelf: Path) -> None:
    listing = process("--library", str(shelf / "library"), "list")
    assert listing.stdout is not None
    assert listing.stderr is not None
    listing.stdout.close()
    with listing.stderr:
        err = listing.stderr.read()
    listing.wait(timeout=60)
    assert err == ""


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_chat_serves_the_page_on_this_machine_only_and_ctrl_c_ends_it(shelf: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chat = process("--library", str(shelf / "library"), "chat", "--port", str(port), "--no-browser")
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health", chat)
        chat.send_signal(signal.SIGINT)
        out, err = chat.communicate(timeout=60)
    finally:
        chat.kill()
    assert chat.returncode in (0, 130)
    assert "Traceback" not in err
    assert f"http://127.0.0.1:{port}" in out + err


def _wait_for(address: str, serving: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if serving.poll() is not None:
            pytest.fail(f"the chat ended: {serving.communicate()}")
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                assert response.status == 200
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the chat did not answer within 60 s")
