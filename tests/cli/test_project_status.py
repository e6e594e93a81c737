"""``wheelyard project status``, from the arguments to the rows."""

import json

import pytest

from cli.contents import audit_of, publish
from cli.people import Console


@pytest.fixture(autouse=True)
def demo(console: Console) -> None:
    """Publish a project."""
    publish(console, "demo-1.0.tar.gz")


def test_status_is_shown_without_a_new_one(console: Console) -> None:
    """For people and for programs; nothing is changed."""
    shown = console.read("project status Demo")

    assert shown == "`demo` is active: it takes new files, and all of them are given out.\n"
    assert json.loads(console.read("project status demo --json")) == {
        "name": "demo",
        "index": "main",
        "status": "active",
        "reason": None,
    }


@pytest.mark.parametrize("status", ["archived", "deprecated", "quarantined"])
def test_status_is_changed_with_a_reason(console: Console, status: str) -> None:
    """And the sentence says what it means. Source: PEP 792."""
    said = console.said(f"project status demo {status} --reason moved")

    assert said.startswith(f"`demo` in the index `main` is {status} now: it takes ")
    assert f"`demo` is {status} (moved): " in console.read("project status demo")
    assert audit_of(console)[-1].action == "project.status"
    again = console.said(f"project status demo {status} --reason moved")
    assert f"is {status} already" in again


def test_project_becomes_active_without_a_reason(console: Console) -> None:
    """There is nothing to explain."""
    console.said("project status demo archived --reason done")

    document = json.loads(console.read("project status demo active --json"))

    assert (document["status"], document["reason"]) == ("active", None)


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("project status demo archived", 2, "Say why `demo` is to be archived with `--reason`"),
        ("project status demo --reason moved", 2, "name the new state, too"),
        ("project status demo gone --reason x", 2, "'gone' is not one of"),
        ("project status other", 1, "`other` does not exist at the index `main`"),
        ("project status other archived --reason x", 1, "`other` does not exist"),
    ],
)
def test_bad_input_is_a_sentence(console: Console, line: str, code: int, sentence: str) -> None:
    """With the exit code that scripts look at."""
    found, _, errors = console.call(line)

    assert found == code
    assert sentence in errors
