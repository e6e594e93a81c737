"""`Pipfile.lock`; what each sample says is in `test_reading.py`."""

import json
from pathlib import Path

import pytest

from support.closures import LINUX
from wheelyard.closure.pipfile_lock import read_pipfile_lock
from wheelyard.errors import BadInput


def test_every_category_is_needed() -> None:
    """Pipenv knows more than `default` and `develop`."""
    pin = {"version": "==1.0"}
    table = {"_meta": {"pipfile-spec": 6}, "default": {"a": pin}, "docs": {"b": pin}}

    reading = read_pipfile_lock(Path("Pipfile.lock"), json.dumps(table).encode(), [LINUX])

    assert [one.name for one in reading.locked] == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    """The sentence names the file."""
    with pytest.raises(BadInput, match=r"`Pipfile\.lock` is not"):
        read_pipfile_lock(Path("Pipfile.lock"), content, [LINUX])
