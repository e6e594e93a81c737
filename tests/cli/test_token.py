"""``wheelyard token``, from the arguments to somebody being recognised."""

import re
from datetime import datetime

import anyio
import pytest

from cli.people import Console
from wheelyard.access import Action, Identity, Scope
from wheelyard.access.signing_in import open_access
from wheelyard.catalog import open_catalog
from wheelyard.clock import SystemClock
from wheelyard.errors import LoginNeeded


@pytest.fixture(autouse=True)
def user(console: Console) -> None:
    """Add a user."""
    console.said("user add alice")


def identify(console: Console, token: str) -> Identity | None:
    """Return whom a server on the data directory would recognise."""
    clock = SystemClock()
    with open_catalog(console.data, clock) as catalog:
        access = open_access(catalog, console.data, clock)
        try:
            return anyio.run(access.identify, f"Bearer {token}", "192.0.2.1")
        except LoginNeeded:
            return None


def test_token_is_written_alone(console: Console) -> None:
    """So that `TOKEN=$(wheelyard token add alice)` is all it takes."""
    code, output, errors = console.call("token add Alice")

    assert (code, errors) == (0, "")
    assert re.fullmatch(r"wyd_[0-9a-f]{16}_[0-9a-f]{64}\n", output)
    every = frozenset(Action) - {Action.FILL}  # filling goes with reading
    identity = identify(console, output.strip())
    assert identity is not None
    assert (identity.name, identity.scope) == ("alice", Scope(actions=every))


def test_token_is_as_narrow_as_the_flags_say(console: Console) -> None:
    """Index, project in its one spelling, and actions."""
    line = "token add alice --index main --project Flask_Login --action read --action upload"
    token = console.read(line).strip()

    identity = identify(console, token)

    assert identity is not None
    actions = frozenset({Action.READ, Action.UPLOAD})
    assert identity.scope == Scope("main", "flask-login", actions)


def test_token_expires(console: Console) -> None:
    """After the duration, counted from now."""
    console.read("token add alice --expires P30D")

    (token,) = console.documents("token list")

    made, end = (datetime.fromisoformat(str(token[key])) for key in ("made", "expires"))
    assert 30 * 86_400 - 1 <= (end - made).total_seconds() <= 30 * 86_400 + 60


def test_tokens_are_listed_without_themselves(console: Console) -> None:
    """The id, and never the secret or its digest."""
    text = console.read("token add alice --action read --label CI").strip()
    number, secret = text.removeprefix("wyd_").split("_")

    (token,) = console.documents("token list alice")

    assert token == {
        "id": number,
        "user": "alice",
        "label": "CI",
        "actions": ["read"],
        "index": None,
        "project": None,
        "made": token["made"],
        "made_by": token["made_by"],
        "expires": None,
        "last_used": None,
        "revoked": None,
        "state": "good",
    }
    table = console.read("token list")
    assert table.splitlines()[1].split()[:4] == [number, "alice", "CI", "read"]
    assert "never" in table
    assert secret not in table + str(token)
    assert console.documents("token list bob") == []


@pytest.mark.parametrize("form", ["id", "itself"])
def test_token_is_revoked_at_once(console: Console, form: str) -> None:
    """By its id, or by what leaked."""
    token = console.read("token add alice").strip()
    number = token.split("_")[1]

    said = console.said(f"token revoke {number if form == 'id' else token}")

    assert said == f"The token `{number}` is revoked.\n"
    assert identify(console, token) is None
    assert [row["state"] for row in console.documents("token list")] == ["revoked"]


def test_index_that_is_not_known_is_told(console: Console) -> None:
    """On standard error: the output is the token alone."""
    code, output, errors = console.call("token add alice --index prud")

    assert code == 0
    assert output.count("\n") == 1
    assert errors.startswith("No index `prud` is known here")


def test_empty_list_says_how_to_begin(console: Console) -> None:
    """With the next step."""
    assert "`wheelyard token add USER`" in console.read("token list")


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("token add nobody", 1, "The user `nobody` does not exist"),
        ("token add alice --action fill", 2, "'fill' is not one of 'read', 'upload', 'yank'"),
        ("token add alice --expires 30", 2, "expected a duration such as `P30D` (30 days)"),
        ("token add alice --project -", 2, "is not a project name"),
        ("token revoke 0123456789abcdef", 1, "The token `0123456789abcdef` does not exist"),
        ("token revoke", 2, "Missing argument"),
    ],
)
def test_bad_input_is_a_sentence(console: Console, line: str, code: int, sentence: str) -> None:
    """And there is no token."""
    answer, output, errors = console.call(line)

    assert (answer, output) == (code, "")
    assert sentence in errors
    assert console.documents("token list") == []
