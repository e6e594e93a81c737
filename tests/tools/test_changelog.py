"""`tools/changelog.py`: fragments become a section, or a sentence says why not."""

from pathlib import Path

import pytest

import changelog
from support.house import ROOT

FIRST = f"# Changelog\n\n{changelog.MARK}\n"
SECOND = f"{FIRST}\n## 0.1.0 (2026-11-30)\n\n### Added\n\n- Everything.\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project that prepares its first release and has two changes."""
    tmp_path.joinpath("src/wheelyard").mkdir(parents=True)
    tmp_path.joinpath("src/wheelyard/__init__.py").write_text('__version__ = "0.1.0"\n', "utf-8")
    tmp_path.joinpath("changes").mkdir()
    tmp_path.joinpath("changes/README.md").write_text("How to write one.\n", "utf-8")
    tmp_path.joinpath("changes/2.fixed.md").write_text("A leak\nis closed.\n", "utf-8")
    tmp_path.joinpath("changes/2.added.md").write_text("`serve` serves. Try it.\n", "utf-8")
    tmp_path.joinpath("CHANGELOG.md").write_text(FIRST, "utf-8")
    return tmp_path


def test_this_project_fits_together() -> None:
    """Fragments, version and changelog of this very clone agree."""
    changelog.check(ROOT)


def test_release_moves_fragments_into_the_changelog(project: Path) -> None:
    """Each kind under its heading, each change one line; the fragments are gone."""
    status = changelog.main([], root=project)

    text = project.joinpath("CHANGELOG.md").read_text("utf-8")
    assert status == 0
    assert "### Added\n\n- `serve` serves. Try it.\n\n### Fixed\n\n- A leak is closed.\n" in text
    assert [path.name for path in project.joinpath("changes").iterdir()] == ["README.md"]


def test_release_twice_keeps_the_newest_first(project: Path) -> None:
    """The second release goes above the first, and the file still fits."""
    changelog.main([], root=project)
    project.joinpath("src/wheelyard/__init__.py").write_text('__version__ = "0.10.0"\n', "utf-8")
    project.joinpath("changes/3.added.md").write_text("More.\n", "utf-8")

    status = changelog.main([], root=project)

    text = project.joinpath("CHANGELOG.md").read_text("utf-8")
    assert status == 0
    assert text.index("## 0.10.0") < text.index("## 0.1.0")
    assert changelog.check(project) == ("0.10.0", [])


@pytest.mark.parametrize("option", ["--check", "--draft"])
def test_looking_changes_nothing(project: Path, option: str) -> None:
    """A draft is only printed."""
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}

    status = changelog.main([option], root=project)

    assert status == 0
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("2.news.md", "New.", "the name is not"),
        ("Big Change.added.md", "New.", "the name is not"),
        ("2.added.txt", "New.", "the name is not"),
        ("3.added.md", " \n", "it is empty"),
        ("3.added.md", "- New.", "the list come by themselves"),
        ("3.added.md", "New", "ends with a full stop"),
        ("3.added.md", "One. Two. Three.", "more than 2 sentences"),
    ],
)
def test_bad_fragment_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, sentence: str
) -> None:
    """The message names the file and what is wrong with it."""
    project.joinpath("changes", name).write_text(text, "utf-8")

    status = changelog.main(["--check"], root=project)

    message = capsys.readouterr().err
    assert status == 1
    assert f"`changes/{name}`" in message
    assert sentence in message


@pytest.mark.parametrize(
    ("version", "text", "sentence"),
    [
        ("0.1.0", SECOND, "raise `__version__` above it"),
        ("0.0.9", SECOND, "raise `__version__` above it"),
        ("0.2.0", "# Changelog\n", "has lost the line"),
        ("0.4.0", f"{SECOND}\n## 0.3.0 (2027-01-01)\n", "not in order"),
    ],
)
def test_version_that_disagrees_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], version: str, text: str, sentence: str
) -> None:
    """Nothing is released twice, backwards, or into a file that lost its shape."""
    package = project / "src/wheelyard/__init__.py"
    package.write_text(f'__version__ = "{version}"\n', "utf-8")
    project.joinpath("CHANGELOG.md").write_text(text, "utf-8")

    status = changelog.main([], root=project)

    assert status == 1
    assert sentence in capsys.readouterr().err
    assert project.joinpath("CHANGELOG.md").read_text("utf-8") == text


def test_release_of_nothing_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A version that no fragment explains is not released."""
    for path in project.glob("changes/2.*"):
        path.unlink()

    status = changelog.main([], root=project)

    assert status == 1
    assert "say in a fragment what is new" in capsys.readouterr().err
