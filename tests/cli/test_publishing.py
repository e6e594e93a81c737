"""How a publish looks while it runs, and what it came to."""

import msgspec
import pytest

from wheelyard.cli.publishing import how_far, progress_line, show_report
from wheelyard.publish.tree import Account, Problem, Report

LATER = (
    "4 objects that no page names any more will be removed by a later publish, because caches may "
    "have pages that do."
)


def test_line_says_how_far_it_is() -> None:
    """Projects and objects, and what failed."""
    account = Account(phase="Publishing", to_look_at=2_000, looked_at=1_000)
    account.note_sent([1024, 1024])
    account.note_problem("demo", "why")

    told = "Publishing: 1,000 of 2,000 projects, 2 objects written (2.0 KiB), 1 failed"
    assert how_far(account) == told
    assert how_far(Account()) == "Looking ..."


def test_line_is_on_standard_error_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """What is piped stays clean."""
    with progress_line(Account()):
        pass

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ({"outcome": "planned"}, ["would show `i` at serial 7: nothing has changed."]),
        (
            {"outcome": "planned", "objects": 2, "bytes": 9, "pages": 1, "names": ("a",) * 11},
            [
                "would show `i` at serial 7: 2 new files and metadata (9 bytes), 1 page changed.",
                f"Projects: {', '.join(['`a`'] * 10)}, ...",
            ],
        ),
        (
            {"objects": 3, "bytes": 10, "pages_gone": 2, "is_active": False},
            [
                "has `i` at serial 7: 3 objects (10 bytes) written, 0 pages changed, 2 pages gone.",
                "Clients get what they got before, until you say `--activate`.",
            ],
        ),
        (
            {"healed": 1, "strays": 2, "removed": 3, "waiting": 4},
            [
                "shows `i` at serial 7: 0 objects (0 bytes) written, 0 pages changed.",
                "Repaired: 1 missing or wrong object.",
                "Cleared away: 2 unknown objects.",
                "Removed: 3 objects that no page names any more.",
                LATER,
            ],
        ),
        (
            {"outcome": "unchanged", "healed": 2},
            [
                "shows `i` at serial 7 already: what was wrong there is put right.",
                "Repaired: 2 missing or wrong objects.",
            ],
        ),
        (
            {"outcome": "unchanged", "is_switched": True},
            ["shows `i` at serial 7 again: nothing had to be written."],
        ),
    ],
)
def test_report_is_told_in_sentences(
    report: dict[str, object], expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is said of what was none."""
    made: dict[str, object] = {"outcome": "done", "index": "i", "target": "t", "serial": 7}

    show_report(msgspec.convert({**made, **report}, Report))

    assert capsys.readouterr() == ("\n".join([f"`t` {expected[0]}", *expected[1:], ""]), "")


def test_what_could_not_be_published_is_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, so that whoever reads only that hears of it, and what to do."""
    problems = (Problem("demo", "its page cannot be made"), Problem("tool", "It is gone."))

    show_report(
        Report(outcome="done", index="main", target="t", serial=7, failed=2, problems=problems)
    )

    assert capsys.readouterr().err == (
        "`demo` stays as it was: its page cannot be made.\n"
        "`tool` stays as it was: It is gone.\n"
        "2 projects could not be published: publish again.\n"
    )
