"""``wheelyard project delete``, from the arguments to the rows."""

import pytest

from cli.contents import audit_of, files_of, publish
from cli.people import Console


@pytest.fixture(autouse=True)
def demo(console: Console) -> None:
    """Publish a project of two releases, one more of it in a volatile index."""
    publish(console, "demo-1.0.tar.gz", "demo-1.1.tar.gz")
    console.said("index add scratch --volatile")
    publish(console, "demo-1.0.tar.gz", index="scratch")


def test_release_of_an_immutable_index_goes_with_a_reason(console: Console) -> None:
    """And its names are not given to other bytes: the sentence says what to do then."""
    said = console.said("project delete demo 1.0 --reason leaked")

    assert said.startswith("`demo` 1.0 is deleted from the index `main`: 1 file.\n")
    assert "`wheelyard project accept demo FILE`" in said
    assert list(files_of(console)) == ["demo-1.1.tar.gz"]
    assert audit_of(console)[-1].detail["reason"] == "leaked"


def test_release_of_a_volatile_index_goes_without(console: Console) -> None:
    """Its names may be used again."""
    said = console.said("project delete demo 1.0 --index scratch")

    assert "may be uploaded again" in said
    assert files_of(console, index="scratch") == {}
    assert len(files_of(console)) == 2


def test_whole_project_goes_and_its_name_stays_ours(console: Console) -> None:
    """Unless it is given up, in as many words."""
    said = console.said("project delete demo --whole-project --reason renamed")
    assert "`demo` is deleted from the index `main`: 2 files." in said
    assert "The name `demo` stays ours" in said
    assert files_of(console) == {}

    said = console.said("project delete demo --whole-project --give-up-name --index scratch")

    assert "may get what the upstream has under it" in said


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("project delete demo", 2, "Name the version to be deleted"),
        ("project delete demo 1.0", 2, "say why with `--reason`"),
        ("project delete demo --whole-project", 2, "say why with `--reason`"),
        ("project delete demo 1.0 --whole-project --reason x", 2, "leave the version out"),
        ("project delete demo 1.0 --give-up-name --reason x", 2, "leave the version out"),
        ("project delete demo 9 --reason x", 1, "`demo` 9 does not exist"),
    ],
)
def test_bad_input_is_a_sentence(console: Console, line: str, code: int, sentence: str) -> None:
    """And nothing is deleted."""
    found, _, errors = console.call(line)

    assert found == code
    assert sentence in errors
    assert len(files_of(console)) == 2
