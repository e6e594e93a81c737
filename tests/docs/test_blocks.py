"""Every code block of the documents: run, or checked against the program it talks about.

A line of HTML comment before a block says what is to happen with it:

``<!-- run -->``
    The block is executed in ``tests/scenario/test_documents.py``, and has to succeed.
``<!-- example: REASON -->``
    The block cannot be checked, for the reason given: it belongs to another program.
nothing
    ``sh``: every command is ours, and command and options exist.  ``toml``: the configuration is
    accepted.  ``python``: the code compiles.  ``json``: the document parses.  ``sql``: a snapshot
    understands it.
"""

import ast
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from support.house import Block, blocks_of, tracked_files
from support.house.command_line import problems_with_line
from wheelyard.errors import ConfigError
from wheelyard.publish.snapshot.schema import INDEXES, TABLES

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
    checked = {"sh", "toml", "python", "json", "sql"}

    assert block.language
    assert block.reason or block.mark != "example"
    assert block.language in checked | OUTPUT or block.mark == "example"


@pytest.mark.parametrize("block", of("sh"), ids=str)
def test_shell_block_uses_commands_that_exist(block: Block) -> None:
    """A reader who copies the line gets what it says."""
    lines = block.text.replace("\\\n", " ").splitlines()
    problems = [problem for line in lines for problem in problems_with_line(line)]

    assert not problems, "\n".join(problems)


def check_toml(text: str, tmp_path: Path) -> None:
    """A reader who pastes it into `wheelyard.toml` gets no error."""
    from wheelyard.settings import load_settings

    secrets = dict.fromkeys(re.findall(r'env = "(\w+)"', text), "https://secret.example/")
    path = tmp_path / "wheelyard.toml"
    path.write_text(with_files_below(tmp_path, text), "utf-8")

    load_settings({"config": path}, secrets, tmp_path)


def with_files_below(folder: Path, text: str) -> str:
    """Return a configuration whose absolute paths are files that exist, below ``folder``."""
    for name in re.findall(r'"(/[^"]+)"', text):
        path = Path(f"{folder}{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("secret", "utf-8")
    return re.sub(r'"(/[^"]+)"', rf'"{folder}\1"', text)


def check_sql(text: str, _: Path) -> None:
    """A reader who asks a snapshot this gets an answer."""
    connection = sqlite3.connect(":memory:")
    try:
        for each in (*TABLES, *INDEXES):
            connection.execute(each.sql)
        values = dict.fromkeys(re.findall(r"(?<!:):(\w+)", text), "[]")
        connection.execute(text, values).fetchall()
    finally:
        connection.close()


CHECKS: dict[str, Callable[[str, Path], object]] = {
    "toml": check_toml,
    "python": lambda text, _: ast.parse(text),
    "json": lambda text, _: json.loads(text),
    "sql": check_sql,
}


@pytest.mark.parametrize("block", of(*CHECKS), ids=str)
def test_block_is_accepted(block: Block, tmp_path: Path) -> None:
    """Configuration is ours and valid, Python compiles, JSON parses, SQL is understood."""
    CHECKS[block.language](block.text, tmp_path)


@pytest.mark.parametrize("language", CHECKS)
def test_block_that_is_wrong_is_not_accepted(language: str, tmp_path: Path) -> None:
    """The checks look at something."""
    with pytest.raises((ConfigError, SyntaxError, ValueError, sqlite3.Error)):
        CHECKS[language]("[server\n", tmp_path)
