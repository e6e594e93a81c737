"""Texts of which is known what they come to."""

import pytest

from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.memory import Memory


def test_text_is_read_once() -> None:
    """The same text has the same result."""
    made: list[str] = []

    def make(text: str) -> str:
        made.append(text)
        return text.upper()

    memory = Memory(make)

    assert [memory[each] for each in ("a", "b", "a")] == ["A", "B", "A"]
    assert made == ["a", "b"]


def test_memory_is_small() -> None:
    """However many texts there are, and however long they are."""
    memory = Memory(str.upper)
    for number in range(10_000):
        assert memory[f"x{number}"] == f"X{number}"
        assert memory["x" * 2_000] == "X" * 2_000

    assert len(memory) <= 2_048
    assert max(map(len, memory)) < 10


def test_text_that_cannot_be_read_is_not_kept() -> None:
    """It is refused each time."""

    def refuse(text: str) -> str:
        raise BadInput(text)

    memory = Memory(refuse)
    for _ in range(2):
        with pytest.raises(BadInput, match="odd"):
            memory["odd"]

    assert not memory
