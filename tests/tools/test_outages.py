"""The tables of the page about outages come from the matrix."""

from pathlib import Path

import pytest

import outages
from outages import main, render_parts
from scenario.outage.matrix import OUTAGES
from scenario.outage.words import Class

PAGE = "# A\n\n<!-- from the code: outages lies -->\nold\n<!-- end -->\n\nBy hand.\n"


def test_every_outage_has_a_row_in_the_table_of_its_class() -> None:
    """With a cell for each column, and nothing twice."""
    parts = render_parts()

    for kind in Class:
        rows = parts[f"outages {kind.value}"].splitlines()[2:]
        texts = [outage.text for outage in OUTAGES if outage.kind is kind]
        assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == texts
        assert {row.count("|") for row in rows} == {7}


def test_things_with_different_fates_are_told_apart() -> None:
    """A large file that is wrong is cut, a small one is an error."""
    rows = render_parts()["outages corrupt"].splitlines()
    [row] = [row for row in rows if "wrong bytes" in row]

    assert "metadata, small file: 503, `Retry-After: 1`; large file: cut off" in row


@pytest.mark.parametrize(("arguments", "code"), [(["--check"], 1), ([], 0)])
def test_check_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
) -> None:
    """It only says what would be written; what is written is up to date."""
    page = tmp_path / "outages.md"
    page.write_text(PAGE, "utf-8")
    monkeypatch.setattr(outages, "PAGE", page)

    assert main(arguments) == code
    assert "outages.md is" in capsys.readouterr().out
    assert (page.read_text("utf-8") == PAGE) == bool(code)
    assert main(["--check"]) == code
