"""``wheelyard snapshot``: a file, its digest, and a sentence."""

import hashlib
import json
from pathlib import Path

import pytest

from cli.contents import publish
from cli.people import Console


@pytest.fixture
def demo(console: Console) -> Console:
    """Publish two projects of our own, and one in an index for members."""
    publish(console, "demo-1.0-py3-none-any.whl", "demo-1.1.tar.gz", metadata_sha256=None)
    publish(console, "other-1.0.tar.gz", metadata_sha256=None)
    console.said("index add team --read members")
    publish(console, "inside-1.0.tar.gz", index="team", metadata_sha256=None)
    return console


def test_snapshot_is_written_with_its_digest(demo: Console) -> None:
    """And what is in it is said, with the next step."""
    said = demo.said("snapshot out.sqlite")
    digest = hashlib.sha256(Path("out.sqlite").read_bytes()).hexdigest()

    assert "was written: 2 projects, 3 releases and 3 files of `main` at serial" in said
    assert "`sha256sum -c out.sqlite.sha256`" in said
    assert Path("out.sqlite.sha256").read_text("utf-8") == f"{digest}  out.sqlite\n"


def test_terminal_is_told_how_far_it_is(demo: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody else."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    said = demo.said("snapshot out.sqlite")

    assert said.startswith("\r0 of 2 projects\x1b[K\r\x1b[K")


def test_second_snapshot_is_the_same(demo: Console) -> None:
    """Until something changes."""
    demo.said("snapshot out.sqlite")
    again = demo.said("snapshot out.sqlite")
    demo.said("project yank demo 1.0")
    changed = demo.said("snapshot out.sqlite")

    assert "is as it was" in again
    assert "was written" in changed


def test_report_is_for_programs_too(demo: Console) -> None:
    """With every count."""
    demo.said("snapshot out.sqlite")
    demo.said("project yank demo 1.0")
    report = json.loads(demo.read("snapshot out.sqlite --json"))

    assert report.pop("path") == str(Path("out.sqlite").absolute())
    assert report.pop("sha256") == hashlib.sha256(Path("out.sqlite").read_bytes()).hexdigest()
    assert report.pop("size") == Path("out.sqlite").stat().st_size
    assert report.pop("serial") > 0
    assert report == {
        "projects": 2,
        "releases": 3,
        "files": 3,
        "changed": 1,
        "removed": 0,
        "unread": 0,
        "is_new": False,
        "is_same": False,
    }


def test_index_for_members_is_written_only_if_that_is_meant(demo: Console) -> None:
    """Exit code 1, and no file."""
    code, _, errors = demo.call("snapshot out.sqlite --index team")
    was_there = Path("out.sqlite").exists()
    said = demo.said("snapshot out.sqlite --index team --members")
    missing, _, sentence = demo.call("snapshot out.sqlite --index nobody")

    assert missing == 2
    assert "There is no index `nobody`, only `hosted`, `main`, `team`. Correct the name" in sentence
    assert (code, was_there) == (1, False)
    assert "only members may read that index" in errors
    assert "1 project, 1 release and 1 file of `team`" in said
    assert b"inside" in Path("out.sqlite").read_bytes()


def test_metadata_that_are_lost_are_told(demo: Console) -> None:
    """The snapshot is made without what cannot be read."""
    publish(demo, "lost-1.0-py3-none-any.whl", metadata_sha256="12" * 32)
    said = demo.said("snapshot out.sqlite")

    assert "The metadata of 1 release could not be read" in said


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("snapshot", 2, "Missing argument"),
        ("snapshot .", 2, "is a directory: name a file"),
        ("snapshot nowhere/out.sqlite", 2, "nowhere` is no directory"),
        ("snapshot back\\slash", 2, "cannot be written into a file of digests"),
        ("snapshot out.sqlite", 2, "data` holds no data"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    line: str, code: int, sentence: str, console: Console
) -> None:
    """And nothing is written."""
    actual, _, errors = console.call(line)

    assert (actual, sentence in errors) == (code, True), errors
    assert not Path("out.sqlite").exists()
