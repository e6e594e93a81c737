"""``wheelyard user``, from the arguments to the rows."""

import anyio
import click
import pytest

from access.place import basic
from cli.people import Console
from wheelyard.access.signing_in import open_access
from wheelyard.catalog import open_catalog
from wheelyard.cli import user
from wheelyard.clock import SystemClock
from wheelyard.errors import LoginNeeded


def knows(console: Console, name: str, password: str) -> bool:
    """Say whether a server on the data directory would let somebody in."""
    clock = SystemClock()
    with open_catalog(console.data, clock) as catalog:
        access = open_access(catalog, console.data, clock)
        try:
            identity = anyio.run(access.identify, basic(name, password), "192.0.2.1")
        except LoginNeeded:
            return False
        return identity.name == name


def test_first_administrator_gets_a_random_password(console: Console) -> None:
    """Written alone, so that a script can keep it; there is no default one: A-54."""
    code, output, errors = console.call("user add root --admin")

    password = output.removesuffix("\n")
    assert code == 0
    assert len(password) == 24
    assert errors == (
        "The administrator `root` was added.\nThis is the password; it is shown this once:\n"
    )
    assert knows(console, "root", password)
    assert console.read("user add other --admin") != output


def test_password_comes_from_standard_input(console: Console) -> None:
    """Without the end of its line; the command makes the data directory."""
    said = console.said("user add Alice --password-stdin", "rosebud12\n")

    assert said == "The user `alice` was added.\n"
    assert knows(console, "alice", "rosebud12")
    assert not knows(console, "alice", "rosebud12\n")


def test_user_without_password_has_tokens_alone(console: Console) -> None:
    """Such as a pipeline."""
    said = console.said("user add robot")

    assert "make a token with `wheelyard token add robot`" in said
    assert not knows(console, "robot", "")
    assert not knows(console, "robot", "None")


def test_terminal_is_asked_for_the_password(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hidden, and twice."""
    asked: list[dict[str, object]] = []

    def prompt(text: str, **options: object) -> str:
        asked.append(options)
        return "rosebud12"

    monkeypatch.setattr(user, "_has_terminal", lambda: True)
    monkeypatch.setattr(click, "prompt", prompt)
    console.said("user add alice")

    assert asked[0]["hide_input"]
    assert asked[0]["confirmation_prompt"]
    assert knows(console, "alice", "rosebud12")


def test_empty_answer_is_no_password(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or, for an administrator, a random one."""
    monkeypatch.setattr(user, "_has_terminal", lambda: True)
    monkeypatch.setattr(click, "prompt", lambda *_, **__: "")

    assert "Without a password" in console.said("user add alice")
    password = console.read("user add root --admin").removesuffix("\n")
    assert knows(console, "root", password)


def test_users_are_listed(console: Console) -> None:
    """For people and for programs, without anything secret."""
    console.read("user add root --admin")
    console.said("user add alice")
    console.said("group add team alice")

    alice, root = console.documents("user list")

    added = alice.pop("added")
    assert str(added).endswith("Z")
    assert alice == {
        "name": "alice",
        "admin": False,
        "password": False,
        "groups": ["team"],
        "added_by": alice["added_by"],
    }
    assert (root["admin"], root["password"]) == (True, True)
    table = console.read("user list").splitlines()
    assert table[0].split() == ["User", "Administrator", "Password", "Groups", "Added", "By"]
    assert table[1].split()[:2] == ["alice", "team"]
    assert table[2].split()[:3] == ["root", "yes", "yes"]


def test_list_of_nobody_says_how_to_begin(console: Console) -> None:
    """A fresh directory has no user, and no default one."""
    console.said("group add team")

    assert "`wheelyard user add NAME --admin`" in console.read("user list")
    assert console.documents("user list") == []


def test_removed_user_is_gone(console: Console) -> None:
    """And twice is once too often."""
    console.said("user add alice --password-stdin", "rosebud12")

    console.said("user remove ALICE")

    assert not knows(console, "alice", "rosebud12")
    code, _, errors = console.call("user remove alice")
    assert code == 1
    assert errors == (
        "wheelyard: The user `alice` does not exist at this server: `wheelyard user list` shows "
        "who does.\n"
    )


def test_password_is_replaced(console: Console) -> None:
    """From standard input here."""
    console.said("user add alice --password-stdin", "rosebud12")

    said = console.said("user password alice --password-stdin", "rosebud34")

    assert said == "The user `alice` has a new password.\n"
    assert not knows(console, "alice", "rosebud12")
    assert knows(console, "alice", "rosebud34")


@pytest.mark.parametrize(
    ("line", "given", "sentence"),
    [
        ("user add __token__", b"", "is not a name for a user or a group"),
        ("user add alice --password-stdin", b"", "has 0 characters: choose one with 8"),
        ("user add alice --password-stdin", b"seven77\n", "has 7 characters"),
        ("user add alice --password-stdin", b"rosebud\xff", "is not UTF-8 text"),
        ("user add alice --password-stdin", b"two\nlines of it", "cannot be typed"),
        ("user password alice", b"", "give `--password-stdin`"),
        ("user list", b"", "holds no data: name the directory of your server with `--data`"),
        ("user", b"", "Commands:"),
        ("user invite alice", b"", "No such command 'invite'"),
        ("user add", b"", "Missing argument 'NAME'"),
    ],
)
def test_bad_input_is_a_sentence(console: Console, line: str, given: bytes, sentence: str) -> None:
    """Exit code 2, and no data directory is made for it."""
    code, output, errors = console.call(line, given)

    assert (code, output) == (2, "")
    assert sentence in errors
    assert not console.data.exists()


def test_name_that_is_taken_is_told(console: Console) -> None:
    """Nothing is changed about whoever has it."""
    console.said("user add alice --password-stdin", "rosebud12")

    code, _, errors = console.call("user add alice --admin --password-stdin", "rosebud34")

    assert code == 1
    assert "The name `alice`: a user has it already; choose another one." in errors
    assert knows(console, "alice", "rosebud12")
    assert not console.documents("user list")[0]["admin"]
