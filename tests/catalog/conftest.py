"""A catalog to write into, rows to write, and other processes to share it with."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from wheelyard.catalog import Catalog, open_catalog, sqlite_file
from wheelyard.catalog.dialect import Use, open_engine
from wheelyard.catalog.layout import revision_of
from wheelyard.catalog.upgrade import migrate
from wheelyard.clock import FrozenClock

RunPython = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with open_catalog(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def run_python() -> Iterator[RunPython]:
    """Start Python programs that can import what the tests can; none outlives the test."""
    running: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: object) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def format_1(tmp_path: Path) -> Path:
    """Make a data directory as the first format left it, with a row in every table."""
    return older_directory(tmp_path / "data", 1, FORMAT_1_ROWS)


@pytest.fixture
def format_2(tmp_path: Path) -> Path:
    """Make a data directory as the second format left it, with a row in each of its tables."""
    return older_directory(tmp_path / "data", 2, FORMAT_2_ROWS)


def older_directory(path: Path, number: int, rows: str) -> Path:
    """Make a data directory of an older format that holds ``rows``."""
    path.mkdir()
    file = path / "catalog.sqlite"
    sqlite_file.prepare(file)
    engine = open_engine(file, Use.WRITE)
    with engine.begin() as connection:
        migrate(connection, revision_of(number))
    engine.dispose()
    with closing(sqlite3.connect(file)) as plain, plain:
        plain.executescript(rows)
    (path / "format.json").write_text(json.dumps({"format": number, "instance": "0" * 32}))
    return path


FORMAT_1_ROWS = """
INSERT INTO meta VALUES ('instance', '00000000000000000000000000000000'), ('created_at', '1.5');
INSERT INTO doors VALUES ('main', 0, 'first', 'https://index.example/simple/', '{"a":1}', 2.5);
INSERT INTO pages VALUES
  ('pypi', 'flask', 'https://index.example/simple/flask/', 3.5, 4.5, 600, '"e"', NULL, 7, 1, x'6d');
INSERT INTO documents VALUES
  ('pypi', 'root', '', 'https://index.example/simple/', 3.5, 4.5, 600, NULL, NULL, 7,
   'application/json', '[["etag","x"]]', x'7b7d');
INSERT INTO held VALUES (printf('%064d', 1), 'pypi', 'flask', 'flask-1.0.tar.gz', 10, 5.5, 6.5);
INSERT INTO ledger VALUES
  ('pypi', 'flask', 'flask-1.0.tar.gz', 1, printf('%064d', 1), 10, 5.5, 'first');
INSERT INTO journal VALUES (1, 3.5, 'page.changed', 'pypi', 'flask', '{}');
"""

FORMAT_2_ROWS = """
INSERT INTO meta VALUES ('instance', '00000000000000000000000000000000'), ('created_at', '1.5');
INSERT INTO ledger VALUES
  ('pypi', 'flask', 'flask-1.0.tar.gz', 1, printf('%064d', 1), 10, 5.5, 'first', 1);
INSERT INTO metadata_files VALUES (printf('%064d', 1), printf('%064d', 2), 10, 'wheel', 5.5);
INSERT INTO odd_paths VALUES ('pypi', '/odd/flask.tar.gz', 'flask', 'flask-1.0.tar.gz');
"""
