"""``wheelyard audit``: a line of JSON for each change."""

import json

import pytest

from cli.people import Console


def lines(console: Console, flags: str = "") -> list[dict[str, object]]:
    """Return what an export writes."""
    return [json.loads(line) for line in console.read(f"audit export {flags}").splitlines()]


@pytest.fixture(autouse=True)
def changes(console: Console) -> None:
    """Change something three times."""
    console.said("user add alice")
    console.said("role grant alice reader --index main --project flask")
    console.said("user remove alice")


def test_every_change_is_a_line(console: Console) -> None:
    """Who, from where, what, and about what."""
    exported = lines(console)

    assert [line["action"] for line in exported] == ["user.add", "role.grant", "user.remove"]
    assert {line["origin"] for line in exported} == {"command line"}
    line = exported[1]
    assert line == {
        "id": 2,
        "at": line["at"],
        "actor": line["actor"],
        "origin": "command line",
        "action": "role.grant",
        "index": "main",
        "project": "flask",
        "detail": {"subject": "alice", "role": "reader"},
    }


def test_export_goes_on_after_a_line(console: Console) -> None:
    """For a program that comes every hour and knows the last one it saw."""
    assert [line["id"] for line in lines(console, "--since 2")] == [3]
    assert lines(console, "--since 3") == []


def test_export_begins_at_a_date(console: Console) -> None:
    """In UTC, if it does not say."""
    assert len(lines(console, "--since 2000-01-01")) == 3
    assert lines(console, "--since 2999-01-01T00:00:00+02:00") == []


def test_bad_date_is_a_sentence(console: Console) -> None:
    """With an example."""
    code, output, errors = console.call("audit export --since yesterday")

    assert (code, output) == (2, "")
    assert "`--since`: expected a date such as `2026-11-01`" in errors
