"""``wheelyard role``, from the arguments to the rows."""

import pytest

from cli.people import Console


@pytest.fixture(autouse=True)
def user_and_group(console: Console) -> None:
    """Add a user and a group."""
    console.said("user add alice")
    console.said("group add team alice")


def test_role_is_given_and_taken_back(console: Console) -> None:
    """To a user or a group, with the project's name in its one spelling."""
    place = "--index main --project Flask_Login"
    said = console.said(f"role grant Team uploader {place}")

    assert said == "`team` is now uploader of `flask-login` in the index `main`.\n"
    assert console.said(f"role grant team uploader {place}").startswith("`team` was already")
    assert console.documents("role list") == [
        {"subject": "team", "role": "uploader", "index": "main", "project": "flask-login"}
    ]

    said = console.said(f"role revoke team uploader {place}")
    assert said == "`team` is no longer uploader of `flask-login` in the index `main`.\n"
    assert "`wheelyard role grant USER uploader`" in console.read("role list")


def test_role_without_a_place_counts_everywhere(console: Console) -> None:
    """And the list says so."""
    console.said("role grant alice manager")
    console.said("role grant team reader --index main")

    assert console.documents("role list alice") == [
        {"subject": "alice", "role": "manager", "index": None, "project": None}
    ]
    table = [line.split("  ") for line in console.read("role list").splitlines()]
    assert [cell.strip() for cell in table[1] if cell] == [
        *("alice", "manager", "every one", "every one")
    ]
    assert "team" in table[2][0]


def test_index_that_is_not_known_is_told(console: Console) -> None:
    """It may be in another configuration, so it is no error."""
    said = console.said("role grant alice reader --index prud")

    assert said.startswith("No index `prud` is known here, only `main`")
    assert "`alice` is now reader of the index `prud`." in said


def test_index_of_the_configuration_is_known(console: Console) -> None:
    """Nothing is said about it."""
    console.data.with_name("wheelyard.toml").write_text("[index.prod]\n", "utf-8")

    assert console.said("role grant alice reader --index prod").startswith("`alice` is now")


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("role grant alice emperor", 2, "'emperor' is not one of 'reader', 'filler', 'uploader'"),
        ("role grant nobody reader", 1, "A user or group `nobody` does not exist"),
        ("role grant alice reader --project -", 2, "is not a project name"),
        ("role revoke alice reader", 1, "The role `reader` of `alice` does not exist"),
        ("role grant alice", 2, "Missing argument 'ROLE'"),
    ],
)
def test_bad_input_is_a_sentence(console: Console, line: str, code: int, sentence: str) -> None:
    """And changes nothing."""
    answer, _, errors = console.call(line)

    assert answer == code
    assert sentence in errors
    assert console.documents("role list") == []
