"""``wheelyard project yank`` and ``unyank``, from the arguments to the rows."""

import pytest

from cli.contents import audit_of, files_of, publish
from cli.people import Console


@pytest.fixture(autouse=True)
def demo(console: Console) -> None:
    """Publish a project of two releases."""
    publish(console, "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", "demo-1.1.tar.gz")


def test_release_is_yanked_with_a_reason(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any spelling of its name; with the next step, and with who did it."""
    monkeypatch.setattr("os.getuid", lambda: 4_000_000)

    said = console.said("project yank DEMO 1.0.0 --reason broken")

    assert said == (
        "`DEMO` 1.0.0 in the index `main` is yanked: 2 files. Only who asks for exactly this "
        "version still gets it. Take it back with `wheelyard project unyank DEMO 1.0.0`.\n"
    )
    assert [file.yanked for file in files_of(console).values()] == ["broken", "broken", None]
    line = audit_of(console)[-1]
    assert (line.actor, line.origin) == ("uid 4000000", "command line")
    assert (line.action, line.index_name, line.project) == ("release.yanked", "main", "demo")


def test_yank_needs_no_reason(console: Console) -> None:
    """Source: PEP 592. The second time there is nothing to do, and that is said."""
    console.said("project yank demo 1.0")

    assert [file.yanked for file in files_of(console).values()] == ["", "", None]
    assert "is yanked already" in console.said("project yank demo 1.0")


def test_yank_is_taken_back(console: Console) -> None:
    """And once more: it is not yanked."""
    console.said("project yank demo 1.0 --reason broken")

    said = console.said("project unyank demo 1.0")

    assert said == "`demo` 1.0 in the index `main` is no longer yanked: 2 files.\n"
    assert [file.yanked for file in files_of(console).values()] == [None] * 3
    assert console.said("project unyank demo 1.0") == (
        "`demo` 1.0 in the index `main` is not yanked.\n"
    )


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("project yank demo 2.0", 1, "`demo` 2.0 does not exist at the index `main`, which has"),
        ("project unyank other 1.0", 1, "`other` does not exist at the index `main`"),
        ("project yank demo", 2, "Missing argument"),
        ("project yank -demo- 1.0", 2, "No such option"),
        ("project yank d/e 1.0", 2, "is not a project name"),
    ],
)
def test_bad_input_is_a_sentence(console: Console, line: str, code: int, sentence: str) -> None:
    """With the exit code that scripts look at."""
    found, _, errors = console.call(line)

    assert found == code
    assert sentence in errors
