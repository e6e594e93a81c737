"""Entries of locks: types are checked, and what is wrong is noted with its place."""

from pathlib import Path

import pytest

from wheelyard.closure.entries import LockText, parse_toml
from wheelyard.errors import BadInput

PATH = Path("a.lock")


def lock_of(text: str) -> LockText:
    """Return a lock that is being read."""
    return parse_toml(PATH, text.encode(), "[[package]]")


def test_packages_know_their_lines() -> None:
    """People find them in the file."""
    lock = lock_of('x = 1\n\n[[package]]\nname = "one"\n\n[[package]]\nname = 2\n')

    found = [entry.where for entry in lock.packages("package")]

    assert found == ["`a.lock`, line 3 (`one`)", "`a.lock`, line 6"]


def test_wrong_types_are_all_noted_and_count_as_missing() -> None:
    """One reading finds everything."""
    lock = lock_of('text = 1\nflag = "yes"\nlist = "one"\ntable = []\nmixed = ["a", 1]\n')
    top = lock.top

    values = (top.text("text"), top.flag("flag"), top.texts("list"))

    assert values == ("", False, [])
    assert top.table("table").values == {}
    assert top.texts("mixed") == ["a"]
    assert len(lock.problems) == 5
    with pytest.raises(BadInput, match="`flag` is not true or false"):
        lock.finish()


def test_sound_file_finishes_in_silence() -> None:
    """Nothing is raised without a problem."""
    lock = lock_of("")

    assert list(lock.packages("package")) == []
    lock.finish()


@pytest.mark.parametrize("text", ["sha256:" + "0" * 64, "SHA512:" + "A" * 128, "blake2b:00"])
def test_digest_is_read(text: str) -> None:
    """Algorithms that we do not know are kept for those who do."""
    lock = lock_of("")

    assert lock.top.digest(text) == tuple(text.lower().split(":"))
    assert lock.problems == []


@pytest.mark.parametrize("text", ["", "sha256", "sha256:", "sha256:0", "md5:" + "g" * 32])
def test_what_is_no_digest_is_noted(text: str) -> None:
    """A lock with a digest cut short protects nobody."""
    lock = lock_of("")

    assert lock.top.digest(text) is None
    assert len(lock.problems) == 1


def test_name_of_a_file_that_is_unsafe_is_noted() -> None:
    """No lock leads out of a folder."""
    lock = lock_of("")

    assert lock.top.locked_file("a/../demo-1.0.tar.gz", ()) is None
    assert "path separator" in lock.problems[0]


@pytest.mark.parametrize("content", [b"\xff", b"= 1", b"a = " + b"[" * 5_000])
def test_what_is_no_toml_is_refused(content: bytes) -> None:
    """The sentence names the file."""
    with pytest.raises(BadInput, match=r"`a\.lock` is not TOML"):
        parse_toml(PATH, content, "[[package]]")
