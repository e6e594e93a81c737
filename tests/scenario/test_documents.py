"""The blocks of the documents that are to be run, run as a reader would, one page after another.

A reader has a shell with pip, uv and the program on its path, an environment of their own to
install into, and the server of the page, which listens here on another port.
"""

import itertools
import os
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from stat import S_IRWXU

import pytest
import uv

from support.clients import PIP_26, Sandbox, need, prepared
from support.house import ROOT, Block, blocks_of, tracked_files
from support.packages import make_wheel
from support.server import RunningServer
from support.simulator import Simulator
from support.web_servers import RunningWebServer, running
from support.web_servers.python_http import python_http

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

DOCUMENTS = [path for path in tracked_files() if path.suffix == ".md" and path.parts[0] != "tests"]
BLOCKS = [block for path in DOCUMENTS for block in blocks_of(path) if block.mark == "run"]
PAGES = {
    str(path): list(blocks) for path, blocks in itertools.groupby(BLOCKS, lambda block: block.path)
}
ADDRESS = "http://127.0.0.1:8765"
"""Where the documents say that the server is."""

TREE_ADDRESS = "http://127.0.0.1:8000"
"""Where the reader serves the folder `tree`, as the documents say."""


@pytest.fixture
def upstream(upstream: Simulator) -> Simulator:
    """Run an index that has what the documents install."""
    upstream.add(make_wheel("flask", "3.1", requires=["click"]), make_wheel("click", "8.2"))
    return upstream


@pytest.fixture
def shell(tmp_path: Path, new_sandbox: Callable[[str], Sandbox]) -> Sandbox:
    """Return a place with the reader's programs on its path."""
    need(PIP_26)
    environment, programs = tmp_path / "environment", tmp_path / "programs"
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    pip = f'exec "{prepared(PIP_26).python}" -m pip --python "{python}" "$@"'
    _write_program(programs / "pip", pip)
    _write_program(programs / "uv", f'exec "{uv.find_uv_bin()}" "$@"')
    ours = f'PYTHONPATH="{ROOT / "src"}" exec "{sys.executable}" -m wheelyard "$@"'
    _write_program(programs / "wheelyard", ours)
    sandbox = new_sandbox("reader")
    also = {
        "PATH": f"{programs}:{environment}/bin:{os.defpath}",
        "VIRTUAL_ENV": str(environment),
        "WHEELYARD_DATA": str(tmp_path / "data"),
    }
    return Sandbox(sandbox.folder, proxy=sandbox.proxy, also=also)


@pytest.fixture
def tree(shell: Sandbox, tmp_path: Path) -> Iterator[RunningWebServer]:
    """Serve the folder `tree` of the reader, which is not there yet."""
    folder = shell.folder / "work" / "tree"
    with running(python_http(folder), tmp_path / "third-terminal", lambda _: "") as serving:
        yield serving


def test_documents_have_blocks_to_run() -> None:
    """The README and the tutorials: they are what a newcomer copies from."""
    tutorials = {str(path) for path in DOCUMENTS if path.match("docs/tutorial/*.md")}
    assert tutorials | {"README.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_blocks_of_a_page_run(
    page: str, shell: Sandbox, server: RunningServer, tree: RunningWebServer
) -> None:
    """In the order in which they stand, each block does its work."""
    for block in PAGES[page]:
        text = _here(block, server).replace(TREE_ADDRESS, tree.base_url)
        outcome = shell.run("sh", "-eu", "-c", text)

        assert outcome.exit_code == 0, f"{block}\n{outcome.output}"


@pytest.mark.parametrize("page", ["README.md"])
def test_blocks_of_a_page_fail_without_the_server(
    page: str, shell: Sandbox, server: RunningServer
) -> None:
    """So the test above shows that what is installed comes through the server."""
    server.stop()

    outcome = shell.run("sh", "-eu", "-c", _here(PAGES[page][0], server))

    assert outcome.exit_code != 0


def _here(block: Block, server: RunningServer) -> str:
    """Return the text of ``block`` for the server that runs now."""
    return block.text.replace(ADDRESS, server.base_url)


def _write_program(path: Path, line: str) -> None:
    """Write a program of one line of shell."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
    path.chmod(S_IRWXU)
