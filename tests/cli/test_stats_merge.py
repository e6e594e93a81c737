"""``wheelyard stats merge``: several nodes, as a person gives them."""

import bz2
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cli.people import Console
from stats.nodes import day_file, rows_in, write_day


class _Quiet(SimpleHTTPRequestHandler):
    """A plain web server that says nothing on the terminal."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing."""


@contextmanager
def web_server(root: Path) -> Iterator[str]:
    """Serve a directory as any web server does; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def nodes(tmp_path: Path) -> Path:
    """Two nodes on disk: one is a directory of files, the other the tree of a mirror."""
    write_day(tmp_path / "a", "2026-01-31", day_file(1))
    write_day(tmp_path / "b" / "local-stats" / "days", "2026-01-31", day_file(2))
    return tmp_path


def test_a38_directories_and_addresses_are_merged(console: Console, nodes: Path) -> None:
    """And once more changes nothing."""
    with web_server(nodes / "b") as address:
        line = f"stats merge {nodes}/a east={address} --into {nodes}/site"
        first, again = console.read(line), console.read(line)

    assert first == "2 new files; 1 day and 1 month made anew.\n"
    assert again == "0 new files; 0 days and 0 months made anew.\n"
    for path in ("days/2026-01-31.bz2", "months/2026-01.bz2"):
        assert [row.count for row in rows_in(nodes / "site" / path)] == [3]
    assert (nodes / "site" / "nodes" / "east" / "2026-01-31.bz2").is_file()


def test_a38_missing_node_is_reported_and_the_others_count(console: Console, nodes: Path) -> None:
    """Exit 1, with what to do; the same for programs."""
    line = f"stats merge {nodes}/a {nodes}/gone --into {nodes}/site"

    code, output, errors = console.call(line)
    again = json.loads(console.call(f"{line} --json")[1])

    assert (code, output) == (1, "1 new file; 1 day and 1 month made anew.\n")
    assert "there is none of that name" in errors
    assert "Run the command again later." in errors
    assert [row.count for row in rows_in(nodes / "site" / "days" / "2026-01-31.bz2")] == [1]
    assert (again["days"], again["read_files"], len(again["problems"])) == ([], 0, 1)


def test_server_that_is_not_there_is_a_missing_node(console: Console, nodes: Path) -> None:
    """Nobody listens at that port."""
    with web_server(nodes) as address:
        pass

    code, _, errors = console.call(f"stats merge {nodes}/a {address} --into {nodes}/site")

    assert code == 1
    assert "refused" in errors


def test_first_line_is_as_the_configuration_says(
    console: Console, nodes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the command says otherwise."""
    monkeypatch.setenv("WHEELYARD__STATS__HEADER", "false")
    line = f"stats merge {nodes}/a --into {nodes}/site"
    path = nodes / "site" / "months" / "2026-01.bz2"

    console.read(line)
    without = bz2.decompress(path.read_bytes())
    console.read(f"{line} --header")

    assert without.startswith(b"demo,")
    assert bz2.decompress(path.read_bytes()).startswith(b"# package,")


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ("{0}/a {0}/a/", "Two sources are the node"),
        ("x={0}/a x={0}/b", "Two sources are the node `x`"),
        ("{0}/site", "is where the results go"),
        ("x={0}/site/days", "is where the results go"),
        ("", "Missing argument"),
        ("http://:x/", "http://:x/"),
    ],
)
def test_sources_that_cannot_be_meant_are_refused(
    console: Console, nodes: Path, sources: str, sentence: str
) -> None:
    """Before anything is read or written."""
    line = f"stats merge {sources.format(nodes)} --into {nodes}/site"

    code, output, errors = console.call(line)

    assert (code, output) == (2, "")
    assert sentence in errors
    assert not (nodes / "site").exists()
