"""The reference pages say what the code says."""

from pathlib import Path

import pytest

import reference
from reference import UnknownPartError, load_pages, render_page, render_parts
from wheelyard import errors
from wheelyard.cli import COMMANDS
from wheelyard.settings import SECTIONS

PAGE = "# A\n\n<!-- from the code: metrics -->\nold\n<!-- end -->\n\nBy hand.\n"


def test_pages_are_up_to_date() -> None:
    """Whoever changes a setting, flag, metric or error runs `just docs`."""
    parts = render_parts()
    old = [path.name for path, text in load_pages().items() if render_page(text, parts) != text]

    assert old == []


def test_part_is_renewed_and_the_rest_is_left_alone() -> None:
    """What is written by hand stays."""
    text = render_page(PAGE, {"metrics": "new"})

    assert text == PAGE.replace("\nold\n", "\n\nnew\n\n")
    assert render_page(text, {"metrics": "new"}) == text


def test_part_that_does_not_exist_is_an_error() -> None:
    """A section that was renamed must not leave an old copy behind."""
    with pytest.raises(UnknownPartError, match="metrics"):
        render_page(PAGE, {})


def test_part_that_no_page_shows_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new command needs a place in the reference."""
    (tmp_path / "page.md").write_text(PAGE, "utf-8")
    monkeypatch.setattr(reference, "FOLDER", tmp_path)

    with pytest.raises(UnknownPartError, match="command serve"):
        load_pages()


def test_every_section_and_command_is_a_part() -> None:
    """The names under which pages ask for them."""
    expected = {f"settings {section}" for section in SECTIONS}
    expected |= {f"command {row.name}" for row in COMMANDS} | {"command", "metrics", "errors"}
    expected |= {"snapshot tables", "snapshot queries", "metrics redirect"}

    assert render_parts().keys() == expected


def test_every_error_has_its_answer() -> None:
    """The only part of the page about errors that the code does not say."""
    assert reference.OUTCOMES.keys() == set(errors.__all__) - {"WheelyardError"}


@pytest.mark.parametrize(("arguments", "code"), [(["--check"], 1), ([], 0)])
def test_check_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
) -> None:
    """It only says what would be written."""
    parts = "\n".join(f"<!-- from the code: {name} -->\n<!-- end -->" for name in render_parts())
    page = tmp_path / "docs" / "reference" / "page.md"
    page.parent.mkdir(parents=True)
    page.write_text(parts, "utf-8")
    monkeypatch.setattr(reference, "FOLDER", page.parent)
    monkeypatch.setattr(reference, "ROOT", tmp_path)

    assert reference.main(arguments) == code
    assert "docs/reference/page.md is" in capsys.readouterr().out
    assert (page.read_text("utf-8") == parts) == bool(code)
