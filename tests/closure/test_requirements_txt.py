"""Requirement files: includes, options and formats, as pip has them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.closures import written
from wheelyard.closure.requirements_txt import RequirementFiles
from wheelyard.spelling import ProjectName


def read(path: Path, **environ: str) -> RequirementFiles:
    """Read a file."""
    files = RequirementFiles(environ)
    files.read(path)
    return files


def test_include_is_relative_to_the_file_that_includes(tmp_path: Path) -> None:
    """Also an include of an include, and with every spelling."""
    written(tmp_path, "three\n", "parts/deep/three.txt")
    written(tmp_path, "two\n-r deep/three.txt\n", "parts/two.txt")
    written(tmp_path, "four\n", "four.txt")
    path = written(tmp_path, "-rparts/two.txt\n--requirement=four.txt\none\n")

    files = read(path)

    assert [one.name for one in files.asked.requirements] == ["two", "three", "four", "one"]
    assert files.problems == []


def test_file_that_is_included_twice_counts_once(tmp_path: Path) -> None:
    """Two ways to one file are no circle."""
    written(tmp_path, "base\n", "base.txt")
    written(tmp_path, "-r base.txt\n", "left.txt")
    path = written(tmp_path, "-r base.txt\n-r left.txt\n")

    files = read(path)

    assert [one.name for one in files.asked.requirements] == ["base"]
    assert files.problems == []


def test_circle_of_includes_is_refused(tmp_path: Path) -> None:
    """The sentence shows the whole circle."""
    written(tmp_path, "-r requirements.txt\n", "other.txt")
    path = written(tmp_path, "one\n-r other.txt\n")

    files = read(path)

    assert len(files.problems) == 1
    assert "requirements.txt > " in files.problems[0]
    assert files.problems[0].count("other.txt") == 2


def test_what_constraints_include_are_constraints(tmp_path: Path) -> None:
    """`-r` inside of a file of constraints asks for nothing."""
    written(tmp_path, "limited<2\n", "more.txt")
    written(tmp_path, "-r more.txt\n", "limits.txt")

    files = read(written(tmp_path, "-c limits.txt\n"))

    assert files.asked.requirements == ()
    assert [one.text for one in files.asked.constraints] == ["limited<2"]


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    """There is a limit to what is read."""
    for number in range(210):
        written(tmp_path, f"-r {number + 1}.txt\n", f"{number}.txt")

    files = read(tmp_path / "0.txt")

    assert any("more than 200 files" in problem for problem in files.problems)


def test_variable_in_an_option_that_is_left_out_is_nobodys_problem(tmp_path: Path) -> None:
    """The password of an index that is not used need not be known."""
    path = written(tmp_path, "--index-url https://${TOKEN}@index.example/simple\ndemo\n")

    assert read(path).problems == []


def test_variable_in_a_name_is_replaced(tmp_path: Path) -> None:
    """Other values than the environment's are not asked for."""
    files = read(written(tmp_path, "demo==${WANTED}\n"), WANTED="1.0")

    assert files.asked.requirements[0].pinned == "1.0"


@pytest.mark.parametrize(
    ("lines", "wheels_forbidden", "sdists_forbidden"),
    [
        ("--no-binary demo", True, False),
        ("--only-binary demo,other", False, True),
        ("--no-binary :all:", True, False),
        ("--only-binary=:all:", False, True),
        ("--only-binary :all:\n--no-binary Demo", True, False),
        ("--no-binary :all:\n--only-binary demo", False, True),
        ("--no-binary demo\n--no-binary :none:", False, False),
        ("--no-binary :all:\n--only-binary :all:", False, True),
    ],
)
def test_formats_are_limited_as_pip_limits_them(
    tmp_path: Path, lines: str, *, wheels_forbidden: bool, sdists_forbidden: bool
) -> None:
    """The later option wins, and a name wins over `:all:`."""
    formats = read(written(tmp_path, f"{lines}\n")).asked.formats

    assert formats.forbids_wheels(ProjectName("demo")) is wheels_forbidden
    assert formats.forbids_sdists(ProjectName("demo")) is sdists_forbidden


@given(text=st.text(max_size=300))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever stands there becomes requirements, or sentences that name the file."""
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(text.encode("utf-8", "replace"))

    files = read(path)

    assert all("any.txt" in problem for problem in files.problems)
