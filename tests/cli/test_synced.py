"""How a sync looks on a terminal."""

import re

import pytest
from msgspec.structs import replace

from wheelyard.cli.synced import how_far, progress_line, show_plan, show_report
from wheelyard.clock import Instant
from wheelyard.mirror.sync import Account, PlanReport, Problem, Report
from wheelyard.mirror.sync.report import Amount

REPORT = Report(
    index="main",
    outcome="done",
    started_at=0.0,
    seconds=61.0,
    mirrored=1_000,
    projects=3,
    looked_at=3,
    files=1,
    bytes=2_048,
)
PLAN = PlanReport(
    index="main",
    projects=2,
    files=5,
    bytes=1_024,
    unread=0,
    names=("a", "b"),
    removed=1,
    removals=("c",),
    held_back=0,
)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a terminal on which sentences are not broken."""
    monkeypatch.setenv("COLUMNS", "300")


def shown(report: Report, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what a person reads."""
    show_report(report)
    return capsys.readouterr().out


def with_(**values: object) -> Report:
    """Return the report with other values."""
    return replace(REPORT, **values)


def test_complete_run_in_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """What was done, and that it is enough."""
    assert shown(REPORT, capsys) == (
        "3 projects of `main` looked at, 1 file fetched (2.0 KiB) in 1 min 1 s.\n"
        "Everything wanted is here.\n"
    )


def test_problems_come_first_and_not_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line says what to do."""
    problems = tuple(Problem(f"demo-{number:02}", "no answer") for number in range(50))
    out = shown(with_(outcome="partial", failed=120, problems=problems), capsys)

    assert "demo-00" in out
    assert "demo-49" not in out
    assert "and 100 more" in out
    assert out.endswith("Not everything wanted is here: run it again to try the rest.\n")


def test_brake_says_what_to_do_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """To run it again as it was would change nothing."""
    out = shown(with_(outcome="partial", held_back=500), capsys)

    assert "does not list 500 mirrored projects of 1,000 any more" in out
    assert "`--allow-removals`" in out
    assert "run it again to try the rest" not in out


def test_stopped_run_says_that_nothing_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """And how much it did not come to."""
    out = shown(with_(outcome="stopped", not_asked=7, waiting=2, removed=1), capsys)

    assert "1 removed, 7 not asked for, 2 left alone for now." in out
    assert out.endswith("Stopped. What is done stays done; run it again to go on.\n")


def test_plan_tells_names_files_and_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    """And that nothing was done."""
    show_plan(PLAN)
    out = capsys.readouterr().out

    assert out.splitlines() == [
        "  a",
        "  b",
        "  c: not listed any more",
        "2 projects of `main` to look at, 5 files to fetch (1.0 KiB). Nothing was done.",
    ]


@pytest.mark.parametrize(
    ("bytes_", "unsized", "expected"),
    [
        (1_024, 0, "5 files to fetch (1.0 KiB)."),
        (1_024, 2, "5 files to fetch (at least 1.0 KiB)."),
        (0, 5, "5 files to fetch (of unknown size)."),
    ],
)
def test_unknown_size_is_not_said_to_be_nothing(
    bytes_: int, unsized: int, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Many pages state no sizes."""
    show_plan(replace(PLAN, bytes=bytes_, unsized=unsized))

    assert expected in capsys.readouterr().out


def test_plan_and_report_tell_what_is_held_already(capsys: pytest.CaptureFixture[str]) -> None:
    """What was there before, or came when requirements were resolved, is not fetched again."""
    show_plan(replace(PLAN, files=0, bytes=0, held=7))
    show_report(with_(held=7))
    out = capsys.readouterr().out

    assert "0 files to fetch, 7 held already. Nothing was done." in out
    assert "1 file fetched (2.0 KiB) in 1 min 1 s, 7 held already." in out


def test_long_plan_is_cut_and_says_what_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody reads a million names."""
    show_plan(replace(PLAN, projects=1_002, unread=1_000, held_back=4))
    out = capsys.readouterr().out

    assert "and 1,000 more" in out
    assert "the files of 1,000 projects are not known yet" in out
    assert "`--allow-removals`" in out


def test_progress_goes_to_standard_error_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Standard output is the result's."""
    account = Account("main", Instant(0.0))
    with progress_line(account):
        account.projects, account.looked_at = 10, 3

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (Account("main", Instant(0.0)), "Looking what there is, and what has changed"),
        (
            Account("main", Instant(0.0), projects=10, looked_at=3, failed=1),
            "3 of 10 projects, 1 failed",
        ),
        (
            Account(
                "main",
                Instant(0.0),
                projects=10,
                looked_at=3,
                wanted=Amount(4, 4_096),
                fetched=Amount(1, 1_024),
            ),
            "3 of 10 projects, 1 of 4 files (1.0 KiB of 4.0 KiB",
        ),
        (
            Account(
                "main",
                Instant(0.0),
                projects=10,
                looked_at=3,
                wanted=Amount(4, 4_096, unsized=2),
                fetched=Amount(1, 1_024),
            ),
            "3 of 10 projects, 1 of 4 files (1.0 KiB",
        ),
    ],
)
def test_progress_says_how_far_it_is(
    account: Account,
    expected: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Projects, files and bytes, as far as they are known."""
    monkeypatch.setattr("rich.console.Console.is_terminal", property(lambda _: True))

    with progress_line(account):
        pass

    assert expected in capsys.readouterr().err


def test_rate_is_told_once_there_is_one() -> None:
    """What came, by the time that it took; not in the first second, which says nothing."""
    account = Account(
        "main",
        Instant(0.0),
        projects=10,
        looked_at=3,
        wanted=Amount(4, 4_096),
        fetched=Amount(2, 2_048),
    )

    assert how_far(account, 2.0).endswith("2 of 4 files (2.0 KiB of 4.0 KiB, 1.0 KiB/s)")
    assert how_far(account, 1.0).endswith("2 of 4 files (2.0 KiB of 4.0 KiB)")


def test_progress_says_how_long_it_will_take(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as anybody can tell; until then with dashes."""
    monkeypatch.setattr("rich.console.Console.is_terminal", property(lambda _: True))

    with progress_line(Account("main", Instant(0.0), projects=10, looked_at=3)):
        pass

    assert re.search(r"3 of 10 projects.*(--:--|\d:\d\d)", capsys.readouterr().err)
