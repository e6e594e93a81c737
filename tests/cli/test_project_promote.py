"""``wheelyard project promote``, from the arguments to the rows."""

import pytest

from cli.contents import files_of, publish
from cli.people import Console
from wheelyard.names import Sha256


@pytest.fixture(autouse=True)
def staged(console: Console) -> None:
    """Publish a release of two files in an index for it."""
    console.said("index add staging")
    publish(console, "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", index="staging")


def test_release_is_promoted(console: Console) -> None:
    """Once; the second time that is said, and it is no mistake."""
    line = "project promote Demo 1.0 --from staging --to main"

    said = console.said(line)

    assert said == (
        "`Demo` 1.0 is promoted from the index `staging` to `main`: 2 files, with the same bytes.\n"
    )
    assert {file.promoted_from for file in files_of(console).values()} == {"staging"}
    assert "is in the index `main` already, with the same bytes" in console.said(line)


def test_promotion_is_reported_for_programs(console: Console) -> None:
    """File by file."""
    [wheel, sdist] = console.documents("project promote demo 1.0 --from staging --to main")

    assert (wheel["filename"], sdist["outcome"]) == ("demo-1.0-py3-none-any.whl", "new")
    assert sdist["promoted_from"] == "staging"


def test_other_bytes_in_the_target_are_exit_code_1(console: Console) -> None:
    """With both digests' names, and nothing promoted."""
    publish(console, "demo-1.0.tar.gz", sha256=Sha256("b" * 64))

    code, _, errors = console.call("project promote demo 1.0 --from staging --to main")

    assert code == 1
    assert "File already exists" in errors
    assert list(files_of(console)) == ["demo-1.0.tar.gz"]


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("project promote demo 9 --from staging --to main", 1, "which has 1.0"),
        ("project promote demo 1.0 --from stagin --to main", 2, "`--from`: there is no index"),
        ("project promote demo 1.0 --from staging --to prod", 2, "`--to`: there is no index"),
        ("project promote demo 1.0 --from main --to main", 2, "are both the index `main`"),
        ("project promote demo 1.0 --from staging", 2, "Missing option '--to'"),
    ],
)
def test_bad_input_is_a_sentence(console: Console, line: str, code: int, sentence: str) -> None:
    """With the exit code that scripts look at."""
    found, _, errors = console.call(line)

    assert found == code
    assert sentence in errors
