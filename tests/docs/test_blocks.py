"""Every code block of the documents: run, or checked against the program it talks about.

A line of HTML comment before a block says what is to happen with it:

``<!-- run -->``
    The block is executed here, in an empty directory, and has to succeed.
``<!-- example: REASON -->``
    The block cannot be checked, for the reason given: it belongs to another program.
nothing
    ``sh``: every command is ours, and command and options exist.  ``toml``: the configuration is
    accepted.  ``python``: the code compiles.  ``json``: the document parses.
"""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from support.house import ROOT, Block, blocks_of, tracked_files
from support.house.command_line import problems_with_line

pytestmark = pytest.mark.house

DOCUMENTS = [path for path in tracked_files() if path.suffix == ".md" and path.parts[0] != "tests"]
BLOCKS = [block for path in DOCUMENTS for block in blocks_of(path)]

# Blocks in these languages are what a program prints, or a drawing.
OUTPUT = {"text", "console", "mermaid", "html", "http"}


def of(*languages: str, marked: str = "") -> list[Block]:
    """Return the blocks in one of ``languages`` that have this mark."""
    return [block for block in BLOCKS if block.language in languages and block.mark == marked]


def test_documents_have_blocks() -> None:
    """The tests below look at something."""
    assert {"sh"} <= {block.language for block in BLOCKS}


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_block_says_what_it_is(block: Block) -> None:
    """A block names its language, and one that is not checked says why."""
    checked = {"sh", "toml", "python", "json"}

    assert block.language
    assert block.reason or block.mark != "example"
    assert block.language in checked | OUTPUT or block.mark == "example"


@pytest.mark.parametrize("block", of("sh"), ids=str)
def test_shell_block_uses_commands_that_exist(block: Block) -> None:
    """A reader who copies the line gets what it says."""
    lines = block.text.replace("\\\n", " ").splitlines()
    problems = [problem for line in lines for problem in problems_with_line(line)]

    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("block", of("toml"), ids=str)
def test_configuration_block_is_accepted(block: Block, tmp_path: Path) -> None:
    """A reader who pastes it into `wheelyard.toml` gets no error."""
    from wheelyard.settings import load_settings

    secrets = dict.fromkeys(re.findall(r'env = "(\w+)"', block.text), "secret")
    path = tmp_path / "wheelyard.toml"
    path.write_text(with_files_below(tmp_path, block.text), "utf-8")

    load_settings({"config": path}, secrets, tmp_path)


def with_files_below(folder: Path, text: str) -> str:
    """Return a configuration whose absolute paths are files that exist, below ``folder``."""
    for name in re.findall(r'"(/[^"]+)"', text):
        path = Path(f"{folder}{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("secret", "utf-8")
    return re.sub(r'"(/[^"]+)"', rf'"{folder}\1"', text)


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_python_block_compiles(block: Block) -> None:
    """The example is at least Python."""
    ast.parse(block.text)


@pytest.mark.parametrize("block", of("json"), ids=str)
def test_json_block_parses(block: Block) -> None:
    """The example is a whole document."""
    json.loads(block.text)


@pytest.mark.parametrize("block", of("toml", marked="example"), ids=str)
def test_example_of_another_configuration_parses(block: Block) -> None:
    """Not ours, but at least TOML."""
    tomllib.loads(block.text)


@pytest.mark.parametrize("block", of("sh", "python", marked="run"), ids=str)
def test_block_runs(block: Block, tmp_path: Path) -> None:
    """The block does what the text around it says, or at least succeeds."""
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "PATH": programs,
        "PYTHONPATH": str(ROOT / "src"),
        "WHEELYARD_DATA": str(tmp_path / "data"),
    }
    command = [sys.executable, "-c"] if block.language == "python" else ["sh", "-eu", "-c"]
    answer = subprocess.run(
        [*command, block.text],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert answer.returncode == 0, answer.stderr
