"""From a working copy to a snapshot, in one step."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from wheelyard.names import Sha256
from wheelyard.publish.snapshot.copying import (
    copy_rows,
    digest_path,
    draft_path,
    file_digest,
    put_in_place,
)
from wheelyard.publish.snapshot.working import open_working


def test_digest_is_of_the_bytes(tmp_path: Path) -> None:
    """None of what is not there."""
    (tmp_path / "a").write_bytes(b"abc" * 1_000_000)

    assert file_digest(tmp_path / "a") == hashlib.sha256(b"abc" * 1_000_000).hexdigest()
    assert file_digest(tmp_path / "b") is None


def test_draft_is_hidden_and_beside_what_it_becomes(tmp_path: Path) -> None:
    """So that it can take its place in one step, and is found again."""
    assert draft_path(tmp_path / "a.sqlite") == tmp_path / ".a.sqlite.new"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_digest_beside_it_is_what_sha256sum_reads(tmp_path: Path) -> None:
    """The one that everybody has."""
    draft = tmp_path / "draft"
    draft.write_bytes(b"content")
    put_in_place(draft, tmp_path / "s.sqlite", Sha256(hashlib.sha256(b"content").hexdigest()))
    answer = subprocess.run(
        ["sha256sum", "-c", "s.sqlite.sha256"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (answer.returncode, answer.stdout) == (0, "s.sqlite: OK\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.sqlite", "s.sqlite.sha256"]


class KilledError(Exception):
    """The process ends here."""


def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything that changes a name fail from the `step`-th time on."""
    calls = 0

    def guarded(function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **words: object) -> object:
            nonlocal calls
            calls += 1
            if calls > step:
                raise KilledError
            return function(*arguments, **words)

        return call

    for name in ("rename", "replace", "unlink"):
        monkeypatch.setattr(os, name, guarded(getattr(os, name)))


@pytest.mark.parametrize("step", range(6))
def test_kill_at_any_step_leaves_the_old_or_the_new(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And never a digest that is not that of the snapshot beside it."""
    path = tmp_path / "s.sqlite"
    for content in (b"old", b"new"):
        draft = draft_path(path)
        draft.write_bytes(content)
        with monkeypatch.context() as patch:
            if content == b"new":
                killed_at(step, patch)
            try:
                put_in_place(draft, path, Sha256(hashlib.sha256(content).hexdigest()))
            except KilledError:
                assert content == b"new"

    assert path.read_bytes() in {b"old", b"new"}
    if digest_path(path).exists():
        digest = digest_path(path).read_text("utf-8").partition(" ")[0]
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_copy_that_fails_leaves_the_working_copy_usable(tmp_path: Path) -> None:
    """The next one is made as if nothing had been."""
    working = open_working(tmp_path / "w")
    working.commit()
    (tmp_path / "no-place").mkdir()
    with pytest.raises(Exception, match="unable to open"):
        copy_rows(working.connection, tmp_path / "no-place")
    copy_rows(working.connection, tmp_path / "good")
    copy_rows(working.connection, tmp_path / "again")
    working.close(keeps=True)

    assert file_digest(tmp_path / "good") == file_digest(tmp_path / "again")
