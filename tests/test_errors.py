"""Errors: their sentences, and the facts they carry."""

import pytest

from wheelyard import errors
from wheelyard.errors import (
    Absent,
    BadInput,
    ConfigError,
    Conflict,
    Corrupt,
    Refused,
    Unavailable,
    WheelyardError,
)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Absent("`foo`"), "`foo` does not exist."),
        (Absent("`foo`", "index.example"), "`foo` does not exist at index.example."),
        (Unavailable("`foo`"), "`foo` cannot be had now: no upstream answered"),
        (Unavailable("`foo`", "it failed."), "`foo` cannot be had now: it failed."),
        (Refused("`foo`", "blocked."), "`foo` is refused: blocked."),
        (
            Corrupt("`foo`", expected="a", actual="b", where="door"),
            "`foo` from door is corrupt: expected a, got b.",
        ),
        (Corrupt("`foo`", expected="a", actual="b"), "`foo` is corrupt: expected a, got b."),
        (Conflict("`foo`", "File already exists."), "`foo`: File already exists."),
        (BadInput("name: odd.", "url: odd."), "name: odd; url: odd."),
        (ConfigError("port: no number."), "port: no number."),
    ],
    ids=str,
)
def test_error_builds_its_sentence(error: WheelyardError, sentence: str) -> None:
    """What, where, and why, in one place per class."""
    assert str(error) == sentence


def test_unavailable_carries_one_cause_per_door() -> None:
    """The operator sees each of them, in the order asked."""
    causes = [Unavailable("door 1", "it failed."), Absent("door 2")]

    error = Unavailable("`foo`", causes=causes, retry_seconds=2.0)

    assert error.causes == tuple(causes)
    assert error.retry_seconds == 2.0
    assert str(error).endswith("door 1 cannot be had now: it failed.; door 2 does not exist.")


def test_bad_input_keeps_every_problem() -> None:
    """All are told at once."""
    assert BadInput("a", "b").problems == ("a", "b")


def test_every_error_is_of_one_family() -> None:
    """One ``except`` catches what this program raises on purpose, and nothing else."""
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), WheelyardError)
