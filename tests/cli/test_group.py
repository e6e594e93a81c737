"""``wheelyard group``, from the arguments to the rows."""

import pytest

from cli.people import Console


@pytest.fixture(autouse=True)
def two_users(console: Console) -> None:
    """Add two users."""
    for name in ("alice", "bob"):
        console.said(f"user add {name}")


def members(console: Console) -> dict[str, object]:
    """Return who is in which group."""
    return {str(group["name"]): group["members"] for group in console.documents("group list")}


def test_group_is_made_with_its_members(console: Console) -> None:
    """In one go, or empty first."""
    assert console.said("group add Team Alice bob") == "`alice`, `bob` are in the group `team`.\n"
    assert console.said("group add empty") == "The group `empty` was added.\n"

    assert members(console) == {"empty": [], "team": ["alice", "bob"]}
    table = console.read("group list").splitlines()
    assert table[0].split() == ["Group", "Members", "Added", "By"]
    assert table[2].split()[:3] == ["team", "alice,", "bob"]


def test_members_are_taken_out(console: Console) -> None:
    """The group stays."""
    console.said("group add team alice bob")

    assert console.said("group remove team bob") == "`bob` is no longer in the group `team`.\n"

    assert members(console) == {"team": ["alice"]}


def test_group_is_removed(console: Console) -> None:
    """Without users it is the group itself that is meant."""
    console.said("group add team alice")

    assert console.said("group remove team").startswith("The group `team` was removed")

    assert members(console) == {}
    assert "`wheelyard group add NAME USER`" in console.read("group list")


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("group add team carol", 1, "The user `carol` does not exist"),
        ("group add alice bob", 1, "a user has it already"),
        ("group add a:b", 2, "is not a name for a user or a group"),
        ("group remove team", 1, "The group `team` does not exist"),
        ("group remove", 2, "Missing argument"),
    ],
)
def test_bad_input_is_a_sentence(console: Console, line: str, code: int, sentence: str) -> None:
    """And changes nothing."""
    answer, _, errors = console.call(line)

    assert answer == code
    assert sentence in errors
    assert members(console) == {}
