"""The result of ``wheelyard verify`` on a terminal of 80 columns."""

from pathlib import Path

import pytest

from wheelyard.cli.verified import progress_line, show_verified
from wheelyard.mirror import Finding, Kind, Report, Tally

DATA = Path("data")
DAMAGED = Finding(
    Kind.DAMAGED,
    "ab/cd/" + "abcd" * 16,
    "abcd" * 16,
    ("demo-1.0-py3-none-any.whl",),
    "it has other bytes",
)
UNKNOWN = Finding(Kind.UNKNOWN, "notes.txt", detail="its name is no digest; it is never served")


@pytest.fixture(autouse=True)
def terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the width that of the smallest terminal people use, whatever runs the tests."""
    for name in ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def shown(capsys: pytest.CaptureFixture[str], report: Report) -> str:
    """Return what is written, without the spaces at the ends of lines."""
    show_verified(DATA, report)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    return "\n".join(line.rstrip() for line in lines)


def test_sound_store(capsys: pytest.CaptureFixture[str]) -> None:
    """Two lines: how much was read, and that all is well."""
    text = shown(capsys, Report(1_200, 5 * 1024**2, 3))

    assert text == ("Read 1,200 files, 5.0 MiB, 3 of them without a name in data.\nAll is well.")


def test_findings_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """By file name where there is one, else by place."""
    text = shown(capsys, Report(1, 1024**2, 0, (DAMAGED, UNKNOWN)))

    assert (
        text
        == """\
Found    File                       What is wrong
damaged  demo-1.0-py3-none-any.whl  it has other bytes
unknown  notes.txt                  its name is no digest; it is never served

Read 1 file, 1.0 MiB in data.
2 files wrong. Heal it with `wheelyard verify --repair`."""
    )


def test_repair_has_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    """What has become of each, and the sum."""
    healed = Finding(Kind.DAMAGED, "x", names=("a.whl",), is_healed=True, outcome="fetched anew")
    failed = Finding(Kind.MISSING, "y", names=("b.whl",), is_healed=False, outcome="nobody has it")

    mended = shown(capsys, Report(1, 0, 0, (healed,)))
    partly = shown(capsys, Report(1, 0, 0, (healed, failed)))

    assert "fetched anew" in mended
    assert mended.endswith("1 file healed: all is well again.")
    assert "nobody has it" in partly
    assert partly.endswith("1 file of 2 could not be healed.")


def test_progress_line_stays_out_of_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    """It is for the person who waits: on standard error, and gone at the end."""
    with progress_line() as tell:
        tell(Tally(3, 1024, 0))

    assert capsys.readouterr().out == ""
