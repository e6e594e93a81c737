"""`tools/locks.py`: lock files that name no address and nothing younger than a week."""

import datetime as dt
import subprocess
from pathlib import Path

import pytest

import locks

ANSWER = """\
anyio==4.16.0 \\
    --hash=sha256:aa
    # via starlette
uv==0.13.8 ; sys_platform != 'win32' \\
    --hash=sha256:bb \\
    --hash=sha256:cc
"""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """Put a resolver in place that knows two packages; return the commands it is given."""
    commands: list[list[str]] = []

    def answer(command: list[str], **_: object) -> None:
        commands.append(command)
        Path(command[command.index("--output-file") + 1]).write_text(ANSWER, "utf-8")

    monkeypatch.setattr(subprocess, "run", answer)
    monkeypatch.setattr(locks, "index_settings", lambda _: {})
    monkeypatch.setattr(locks, "ROOT", tmp_path)
    tmp_path.joinpath("requirements").mkdir()
    return commands


def test_parse_blocks_keeps_each_requirement_whole() -> None:
    """Marker, hashes and comments stay with their requirement."""
    blocks = locks.parse_blocks(f"# header\n{ANSWER}")

    assert list(blocks) == ["anyio", "uv"]
    assert "".join(blocks.values()) == ANSWER


def test_main_writes_three_locks(asked: list[list[str]], tmp_path: Path) -> None:
    """What the server needs, what the tests need, and what installs them."""
    locks.main([])

    written = {path.name for path in tmp_path.joinpath("requirements").iterdir()}
    installer = tmp_path.joinpath("requirements", "installer.txt").read_text("utf-8")
    assert written == {"run.txt", "test.txt", "installer.txt"}
    assert "uv==0.13.8" in installer
    assert "anyio" not in installer


def test_main_asks_for_a_week_of_age(asked: list[list[str]]) -> None:
    """The resolver is told not to look at anything younger than the cool-down."""
    locks.main([])

    now = dt.datetime.now(dt.UTC)
    for command in asked:
        cutoff = dt.datetime.fromisoformat(command[command.index("--exclude-newer") + 1])
        assert now - cutoff >= dt.timedelta(days=locks.COOL_DOWN_DAYS)


def test_main_urgent_excepts_one_package(asked: list[list[str]]) -> None:
    """A security fix need not wait; everything else does."""
    locks.main(["--urgent", "aiohttp"])

    exceptions = [a for a in asked[0] if a.startswith("--exclude-newer-package=")]
    assert [a.split("=")[1] for a in exceptions] == ["aiohttp"]
    assert "--exclude-newer" in asked[0]


def test_main_lowest_leaves_the_locks_alone(asked: list[list[str]], tmp_path: Path) -> None:
    """The lowest allowed versions are for one test run, not for the clone."""
    locks.main(["--lowest"])

    written = {path.name for path in tmp_path.joinpath(".cache", "lowest-locks").iterdir()}
    assert all("--resolution=lowest-direct" in command for command in asked)
    assert written == {"run.txt", "test.txt", "installer.txt"}
    assert list(tmp_path.joinpath("requirements").iterdir()) == []
