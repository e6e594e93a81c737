"""Rows of tokens: whose they are, and that only their owner ends them."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from wheelyard.catalog import Catalog
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.people import NewUser
from wheelyard.catalog.tokens import PUBLISHER_PREFIX, TokenRow
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Absent, Conflict

pytestmark = pytest.mark.anyio

ACTOR = Actor("root", "command line")
DIGEST = "d" * 64


@pytest.fixture
async def users(catalog: Catalog) -> None:
    """Add two users."""
    for name in ("alice", "bob"):
        await catalog.people.add_user(NewUser(name), ACTOR)


@pytest.mark.usefixtures("users")
async def test_token_is_kept_as_it_was_made(catalog: Catalog, clock: FrozenClock) -> None:
    """With who made it and when; the digest is not shown."""
    token = TokenRow(
        *("t1", "alice", DIGEST, "CI", "main", "flask", ("read", "upload")),
        expires_at=Instant(clock.now() + 60),
    )

    added = await catalog.tokens.add(token, ACTOR)

    assert added == replace(token, created_at=clock.now(), created_by="root")
    assert await catalog.tokens.load() == (added,)
    assert DIGEST not in repr(added)
    last = (await catalog.audit.since())[-1]
    assert (last.action, last.index_name, last.project) == ("token.add", "main", "flask")
    assert last.detail == {
        "token": "t1",
        "user": "alice",
        "actions": ["read", "upload"],
        "expires_at": clock.now() + 60,
    }


@pytest.mark.usefixtures("users")
async def test_tokens_are_listed_by_user(catalog: Catalog, clock: FrozenClock) -> None:
    """Oldest first."""
    for number, name in enumerate(("bob", "alice", "alice")):
        await catalog.tokens.add(TokenRow(f"t{number}", name, DIGEST), ACTOR)
        clock.forward(1)

    assert [token.id for token in await catalog.tokens.load()] == ["t0", "t1", "t2"]
    assert [token.id for token in await catalog.tokens.load("alice")] == ["t1", "t2"]
    assert await catalog.tokens.load("carol") == ()


@pytest.mark.usefixtures("users")
async def test_id_belongs_to_one_token(catalog: Catalog) -> None:
    """Nothing is overwritten."""
    await catalog.tokens.add(TokenRow("t1", "alice", DIGEST), ACTOR)

    with pytest.raises(Conflict):
        await catalog.tokens.add(TokenRow("t1", "bob", DIGEST), ACTOR)

    assert [token.user_name for token in await catalog.tokens.load()] == ["alice"]


@pytest.mark.parametrize("name", ["nobody", f"{PUBLISHER_PREFIX}nobody"])
async def test_token_of_nobody_is_refused(catalog: Catalog, name: str) -> None:
    """Neither users nor publishers are made by the way."""
    with pytest.raises(Absent, match="`nobody` does not exist"):
        await catalog.tokens.add(TokenRow("t1", name, DIGEST), ACTOR)

    assert await catalog.tokens.load() == ()
    assert await catalog.journal.last() == 0


async def test_publisher_may_have_tokens(catalog: Catalog, tmp_path: Path) -> None:
    """Those that are minted for it."""
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as other, other:
        other.execute("INSERT INTO publishers VALUES ('p1', '', '', '', '{}', 0, '')")

    await catalog.tokens.add(TokenRow("t1", f"{PUBLISHER_PREFIX}p1", DIGEST), ACTOR)

    assert [token.id for token in await catalog.tokens.load()] == ["t1"]


@pytest.mark.usefixtures("users")
async def test_revoked_token_has_ended(catalog: Catalog, clock: FrozenClock) -> None:
    """Once; it stays in the list, and the log says whose it was."""
    await catalog.tokens.add(TokenRow("t1", "alice", DIGEST, "", "main", "flask"), ACTOR)

    await catalog.tokens.revoke("t1", ACTOR)

    assert [token.revoked_at for token in await catalog.tokens.load()] == [clock.now()]
    last = (await catalog.audit.since())[-1]
    assert (last.action, last.index_name, last.project) == ("token.revoke", "main", "flask")
    assert last.detail == {"token": "t1", "user": "alice"}
    with pytest.raises(Absent, match="The token `t1` does not exist"):
        await catalog.tokens.revoke("t1", ACTOR)


@pytest.mark.usefixtures("users")
async def test_token_of_somebody_else_does_not_exist(catalog: Catalog) -> None:
    """Whoever knows its id can neither end it nor learn that it is there: threat T42."""
    await catalog.tokens.add(TokenRow("t1", "alice", DIGEST), ACTOR)
    serial = await catalog.journal.last()
    sentences = set()
    for number in ("t1", "t2"):
        with pytest.raises(Absent) as caught:
            await catalog.tokens.revoke(number, ACTOR, "bob")
        sentences.add(str(caught.value).replace(number, "ID"))

    assert len(sentences) == 1
    assert await catalog.journal.last() == serial

    await catalog.tokens.revoke("t1", ACTOR, "alice")


@pytest.mark.usefixtures("users")
async def test_last_use_is_no_change_for_others(catalog: Catalog) -> None:
    """Nobody is told, and nothing is logged."""
    await catalog.tokens.add(TokenRow("t1", "alice", DIGEST), ACTOR)
    serial = await catalog.journal.last()

    await catalog.tokens.note_use("t1", Instant(7.5))

    assert [token.last_used_at for token in await catalog.tokens.load()] == [7.5]
    assert await catalog.journal.last() == serial


@pytest.mark.usefixtures("users")
async def test_expired_tokens_are_forgotten_in_the_end(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """Minted tokens come by the thousand; after a month nobody looks for them."""
    end = Instant(clock.now() + 60)
    await catalog.tokens.add(TokenRow("short", "alice", DIGEST, expires_at=end), ACTOR)
    await catalog.tokens.add(TokenRow("long", "alice", DIGEST), ACTOR)
    for days in (29, 2):
        clock.forward(days * 86_400)
        await catalog.tokens.add(TokenRow(f"after {days}", "alice", DIGEST), ACTOR)
        rows = await catalog.tokens.load()
        assert ("short" in {row.id for row in rows}) == (days == 29)
