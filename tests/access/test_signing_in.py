"""From a header to who is asking, with the roles of this moment."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from access.place import ACTOR, KEY, Place, basic, open_place
from wheelyard.access import ANONYMOUS, Action, Grant, Identity, Role, Scope
from wheelyard.access.passwords import hash_password
from wheelyard.access.signing_in import AccessParts, make_identity, open_access
from wheelyard.access.tokens import make_token, read_token_id
from wheelyard.catalog import open_catalog
from wheelyard.catalog.bearers import PersonRow
from wheelyard.catalog.people import GrantRow
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import LoginNeeded, Throttled, Unavailable

pytestmark = pytest.mark.anyio

HASH = hash_password("rosebud1")
EVERYTHING = Scope(actions=frozenset(Action))


async def refusal(place: Place, header: str) -> str:
    """Return the sentence with which a header is refused."""
    with pytest.raises(LoginNeeded) as caught:
        await place.identify(header)
    return str(caught.value)


async def test_no_header_is_anonymous(place: Place) -> None:
    """Which is somebody too: who reads what is open to all."""
    assert await place.identify(None) == ANONYMOUS
    assert ANONYMOUS.is_anonymous


async def test_password_shows_a_user(place: Place) -> None:
    """In any case of letters, with every group and role, and no narrowing."""
    await place.add_user("alice", HASH, is_admin=True)
    await place.catalog.people.add_group("team", ["alice"], ACTOR)
    await place.catalog.people.grant(GrantRow("team", "reader", "main"), ACTOR)
    await place.catalog.people.grant(GrantRow("alice", "uploader", "", "flask"), ACTOR)

    identity = await place.identify(basic("Alice", "rosebud1"))

    grants = {Grant(Role.READER, "main"), Grant(Role.UPLOADER, "", "flask")}
    assert identity == Identity(
        "alice", is_admin=True, groups=frozenset({"team"}), grants=frozenset(grants)
    )


@pytest.mark.parametrize("form", ["basic", "owner", "bearer", "token", "spaces"])
async def test_token_shows_its_user(place: Place, form: str) -> None:
    """However a client sends it; and what the token is good for."""
    await place.add_user("alice")
    token = await place.add_token("alice", (Action.READ,), index="main", project="flask")
    headers = {
        "basic": basic("__token__", token),
        "owner": basic("ALICE", token),
        "bearer": f"Bearer {token}",
        "token": f"token {token}",
        "spaces": basic("__token__", f" {token}\r\n"),
    }

    identity = await place.identify(headers[form])

    assert identity.name == "alice"
    assert identity.scope == Scope("main", "flask", frozenset({Action.READ}))
    assert identity.token == read_token_id(token)


async def test_everything_wrong_gets_the_same_sentence(place: Place) -> None:
    """Nobody learns what exists, what has ended, or how near a guess was."""
    await place.add_user("alice", HASH)
    await place.add_user("robot")
    good = await place.add_token("alice")
    expired = await place.add_token("alice", expires_at=place.clock.now())
    revoked = await place.add_token("alice")
    await place.catalog.tokens.revoke(str(read_token_id(revoked)), ACTOR)
    headers = [
        basic("alice", "wrong"),
        basic("nobody", "rosebud1"),
        basic("robot", "rosebud1"),
        basic("robot", good),
        *(f"Bearer {token}" for token in (expired, revoked, make_token(KEY).text, good[:-1] + "x")),
        f"Bearer {good[:21]}{make_token(KEY).text[21:]}",
        *("Bearer nonsense", "Basic ?", "Digest x", ""),
    ]

    sentences = {await refusal(place, header) for header in headers}

    assert len(sentences) == 1
    assert (await place.identify(f"Bearer {good}")).name == "alice"


async def test_token_of_another_directory_is_unknown(place: Place) -> None:
    """Even if its row came along: the digest is keyed."""
    await place.add_user("alice")
    token = await place.add_token("alice")
    parts = replace(place.access._parts, key=bytes(32))

    with pytest.raises(LoginNeeded):
        await type(place.access)(parts).identify(f"Bearer {token}", "")


async def test_token_ends_at_its_time(place: Place) -> None:
    """Not a moment later."""
    await place.add_user("alice")
    token = await place.add_token("alice", expires_at=Instant(place.clock.now() + 60))
    place.clock.forward(59.5)

    assert (await place.identify(f"Bearer {token}")).name == "alice"

    place.clock.forward(0.5)
    await refusal(place, f"Bearer {token}")


async def test_revoked_token_is_refused_with_the_next_request(place: Place) -> None:
    """Nothing is kept: threat T44, within one node."""
    await place.add_user("alice")
    token = await place.add_token("alice")
    await place.identify(f"Bearer {token}")

    await place.catalog.tokens.revoke(str(read_token_id(token)), ACTOR)

    await refusal(place, f"Bearer {token}")


async def test_removed_user_takes_everything_along(place: Place) -> None:
    """And nobody who gets the name later inherits anything."""
    await place.add_user("alice", HASH, is_admin=True)
    token = await place.add_token("alice")
    await place.catalog.people.grant(GrantRow("alice", "manager"), ACTOR)
    await place.identify(basic("alice", "rosebud1"))
    await place.catalog.people.remove_user("alice", ACTOR)
    await refusal(place, basic("alice", "rosebud1"))

    await place.add_user("alice", hash_password("rosebud2"))

    await refusal(place, f"Bearer {token}")
    await refusal(place, basic("alice", "rosebud1"))
    assert await place.identify(basic("alice", "rosebud2")) == Identity("alice")


async def test_right_password_is_checked_once(place: Place) -> None:
    """An installer asks dozens of times a minute; each check would take a tenth of a second."""
    await place.add_user("alice", HASH)
    checks = count_checks(place)

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(place.identify, basic("alice", "rosebud1"))
    for _ in range(50):
        await place.identify(basic("alice", "rosebud1"))

    assert checks == [HASH]

    place.clock.forward(301)
    await place.identify(basic("alice", "rosebud1"))
    assert checks == [HASH, HASH]


async def test_changed_password_counts_at_once(place: Place) -> None:
    """The old one is forgotten, though it was right a moment ago."""
    await place.add_user("alice", HASH)
    await place.identify(basic("alice", "rosebud1"))

    await place.catalog.people.set_password("alice", hash_password("rosebud2"), ACTOR)

    await refusal(place, basic("alice", "rosebud1"))
    assert (await place.identify(basic("alice", "rosebud2"))).name == "alice"


async def test_roles_are_those_of_this_moment(place: Place) -> None:
    """Also for a password that is remembered."""
    await place.add_user("alice", HASH)
    grant = GrantRow("alice", "reader", "main")
    await place.catalog.people.grant(grant, ACTOR)
    assert (await place.identify(basic("alice", "rosebud1"))).grants

    await place.catalog.people.revoke(grant, ACTOR)

    assert not (await place.identify(basic("alice", "rosebud1"))).grants


async def test_wrong_passwords_are_limited(place: Place) -> None:
    """Ten at once for an account, then one every half minute; tokens are not concerned."""
    await place.add_user("alice", HASH)
    token = await place.add_token("alice")
    count_checks(place)
    for _ in range(10):
        await refusal(place, basic("alice", "wrong"))

    with pytest.raises(Throttled) as caught:
        await place.identify(basic("alice", "rosebud1"), "192.0.2.99")

    assert caught.value.retry_seconds == 30
    assert (await place.identify(f"Bearer {token}")).name == "alice"
    place.clock.forward(30)
    assert (await place.identify(basic("alice", "rosebud1"))).name == "alice"


async def test_remembered_password_is_not_limited(place: Place) -> None:
    """Who attacks an account does not lock out whoever uses it."""
    await place.add_user("alice", HASH)
    count_checks(place)
    await place.identify(basic("alice", "rosebud1"))
    for _ in range(10):
        await refusal(place, basic("alice", "wrong"))

    assert (await place.identify(basic("alice", "rosebud1"))).name == "alice"


async def test_last_use_is_written_once_a_minute_and_behind(place: Place) -> None:
    """No request waits for it."""
    await place.add_user("alice")
    token = await place.add_token("alice")
    start = place.clock.now()
    for _ in range(5):
        await place.identify(f"Bearer {token}")
    assert len(place.tasks) == 1
    await place.run_tasks()
    place.clock.forward(59)
    await place.identify(f"Bearer {token}")
    assert place.tasks == []

    (row,) = await place.catalog.tokens.load()
    assert row.last_used_at == start

    place.clock.forward(1)
    await place.identify(f"Bearer {token}")
    await place.run_tasks()
    (row,) = await place.catalog.tokens.load()
    assert row.last_used_at == start + 60


async def test_last_use_that_cannot_be_written_harms_nobody(
    place: Place, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line in the log, with the id alone."""
    await place.add_user("alice")
    token = await place.add_token("alice")

    async def fail(number: str, at: Instant) -> None:
        raise Unavailable("The catalog", "the disk is full")

    monkeypatch.setattr(place.catalog.tokens, "note_use", fail)
    await place.identify(f"Bearer {token}")
    await place.run_tasks()

    assert "was not written down" in caplog.text
    assert token not in caplog.text


async def test_unreadable_catalog_lets_nobody_in(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail closed: who cannot be recognised is not served as somebody."""
    await place.add_user("alice", HASH)
    token = await place.add_token("alice")
    await place.identify(basic("alice", "rosebud1"))

    def fail(*_: object) -> None:
        raise Unavailable("The catalog", "the disk is gone")

    monkeypatch.setattr(place.catalog._connections, "read_now", fail)

    for header in (basic("alice", "rosebud1"), f"Bearer {token}"):
        with pytest.raises(Unavailable):
            await place.identify(header)
    assert await place.identify(None) == ANONYMOUS


async def test_user_who_was_recognised_elsewhere(place: Place) -> None:
    """A session or a trusted proxy names a user, who must still exist."""
    await place.add_user("alice", is_admin=True)

    assert place.access.identify_user("Alice") == Identity("alice", is_admin=True)

    with pytest.raises(LoginNeeded):
        place.access.identify_user("bob")


async def test_check_that_did_not_happen_is_not_counted(place: Place) -> None:
    """An outage of whoever knows the passwords locks nobody out."""
    await place.add_user("alice", HASH)

    async def fail(password_hash: str | None, password: str) -> bool:
        raise Unavailable("The directory")

    place.access._passwords.check = fail  # type: ignore[method-assign]  # an outage
    for _ in range(20):
        with pytest.raises(Unavailable):
            await place.identify(basic("alice", "rosebud1"))
    count_checks(place)

    assert (await place.identify(basic("alice", "rosebud1"))).name == "alice"


class Directory:
    """Another place that knows one password."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def knows(self, user: str, password: str) -> bool:
        """Say whether the password is right."""
        self.asked.append(user)
        return password == "elsewhere1"


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_password_may_be_known_elsewhere(tmp_path: Path) -> None:
    """For users who have none here; who is nobody here stays nobody."""
    directory = Directory()
    with open_place(tmp_path, directory) as place:
        await place.add_user("alice")
        await place.add_user("bob", HASH)

        assert (await place.identify(basic("Alice", "elsewhere1"))).name == "alice"
        assert (await place.identify(basic("alice", "elsewhere1"))).name == "alice"
        for user in ("bob", "nobody"):
            await refusal(place, basic(user, "elsewhere1"))

    assert directory.asked == ["alice", "nobody"]


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_publisher_signs_in_with_its_tokens(tmp_path: Path) -> None:
    """A token that was minted for a trusted publisher is a token like others."""
    with open_place(tmp_path) as place:
        with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as other, other:
            other.execute(
                "INSERT INTO publishers VALUES ('p1', 'main', 'flask', 'https://i/', '{}', 0, '')"
            )
        token = await place.add_token("publisher:p1", (Action.UPLOAD,), project="flask")

        identity = await place.identify(f"Bearer {token}")

        assert identity.name == "publisher:p1"
        assert identity.grants == {Grant(Role.UPLOADER, "main", "flask")}
        with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as other, other:
            other.execute("DELETE FROM publishers")
        await refusal(place, f"Bearer {token}")


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_access_to_a_directory_uses_its_key(tmp_path: Path, clock: FrozenClock) -> None:
    """Tokens that a command made are good in a server."""
    with open_catalog(tmp_path, clock) as catalog:
        first, second = (open_access(catalog, tmp_path, clock) for _ in range(2))

        assert first._parts.key == second._parts.key
        assert first._parts.key.hex() not in repr(first._parts)
        assert isinstance(first._parts, AccessParts)


async def test_roles_and_actions_of_a_newer_version_allow_nothing(place: Place) -> None:
    """A row that this program does not understand is no right."""
    await place.add_user("alice")
    await place.add_token("alice")
    rows = (GrantRow("alice", "emperor"), GrantRow("alice", "reader"))
    shown = place.catalog.bearers.token_now((await place.catalog.tokens.load())[0].id)
    assert shown is not None

    identity = make_identity(
        PersonRow("alice", grants=rows), replace(shown, actions=("read", "conquer"))
    )

    assert identity.grants == {Grant(Role.READER)}
    assert identity.scope == Scope(actions=frozenset({Action.READ}))


def count_checks(place: Place) -> list[str | None]:
    """Return the hashes that passwords are checked against from now on; the check is quick."""
    checks: list[str | None] = []

    async def check(password_hash: str | None, password: str) -> bool:
        checks.append(password_hash)
        await anyio.lowlevel.checkpoint()
        return password_hash is not None and password == "rosebud1"

    place.access._passwords.check = check  # type: ignore[method-assign]  # counted
    return checks
