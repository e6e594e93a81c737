"""What a run of the suite says last."""

from dataclasses import dataclass

from support.last_words import failed_names


@dataclass(frozen=True)
class Report:
    """A test with an outcome."""

    nodeid: str


def test_names_are_those_of_what_failed_and_what_could_not_be_run() -> None:
    """Each once, whatever else there was."""
    reports = {
        "passed": [Report("a"), Report("b")],
        "failed": [Report("d"), Report("c")],
        "error": [Report("d"), Report("e")],
        "": [Report("f")],
    }

    assert failed_names(reports) == ["c", "d", "e"]


def test_nothing_failed_is_nothing_said() -> None:
    """Whatever passed or was skipped."""
    assert failed_names({"passed": [Report("a")], "skipped": [Report("b")]}) == []
