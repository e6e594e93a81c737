"""Sessions: what opens one, what ends one, and what it is good for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.catalogs import new_catalog
from wheelyard.access.sessions import SessionParts, Sessions
from wheelyard.access.signing_in import make_identity
from wheelyard.access.tokens import make_token, read_token_id
from wheelyard.catalog import Catalog
from wheelyard.catalog.arrivals import Arrival
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.people import NewUser
from wheelyard.catalog.tokens import TokenRow
from wheelyard.clock import FrozenClock
from wheelyard.errors import Refused

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking(reason="looks sessions up in place, as requests do"),
]

KEY = bytes(32)
ROOT = Actor("root", "command line")
ALICE = Actor("alice", "192.0.2.1")


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with new_catalog(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
async def sessions(catalog: Catalog, clock: FrozenClock) -> Sessions:
    """Return the sessions of a catalog that knows Alice."""
    await catalog.people.add_user(NewUser("alice"), ROOT)
    parts = SessionParts(
        catalog.bearers, catalog.tokens, catalog.arrivals, KEY, clock, seconds=3_600
    )
    return Sessions(parts)


async def test_session_is_good_until_it_ends(sessions: Sessions, clock: FrozenClock) -> None:
    """To the second."""
    issued = await sessions.open(Arrival("alice"), ALICE)

    found = sessions.find(issued.text)
    clock.forward(3_599)
    last = sessions.find(issued.text)
    clock.forward(1)

    assert found is not None
    assert found == last
    assert (found.user, found.expires_at) == ("alice", issued.expires_at)
    assert sessions.find(issued.text) is None


async def test_session_ends_when_it_is_closed(sessions: Sessions) -> None:
    """At once, and closing it again does no harm."""
    issued = await sessions.open(Arrival("alice"), ALICE)
    session = sessions.find(issued.text)
    assert session is not None

    await sessions.close(session, "192.0.2.1")
    await sessions.close(session, "192.0.2.1")

    assert sessions.find(issued.text) is None


async def test_session_ends_with_its_user(sessions: Sessions, catalog: Catalog) -> None:
    """Also if somebody of the same name comes later."""
    issued = await sessions.open(Arrival("alice"), ALICE)
    await catalog.people.remove_user("alice", ROOT)
    gone = sessions.find(issued.text)
    await catalog.people.add_user(NewUser("alice"), ROOT)

    assert gone is None
    assert sessions.find(issued.text) is None


async def test_user_who_is_none_has_no_session(sessions: Sessions) -> None:
    """The sentence says who can change that, and how."""
    with pytest.raises(Refused, match="user add bob"):
        await sessions.open(Arrival("bob"), Actor("bob"))


async def test_session_is_no_token_and_no_token_a_session(
    sessions: Sessions, catalog: Catalog
) -> None:
    """A narrow token that was stolen cannot become a wide one through a cookie."""
    issued = await sessions.open(Arrival("alice"), ALICE)
    made = make_token(KEY)
    await catalog.tokens.add(TokenRow(made.id, "alice", made.digest, actions=("read",)), ROOT)

    shown = catalog.bearers.token_now(read_token_id(issued.text) or "")

    assert sessions.find(made.text) is None
    assert shown is not None
    scope = make_identity(shown.person, shown).scope
    assert scope is not None
    assert scope.actions == frozenset()


@pytest.mark.parametrize("text", ["", "x", "wyd_0000000000000000_" + "0" * 64])
async def test_cookie_that_is_none_is_nobody(sessions: Sessions, text: str) -> None:
    """Made up."""
    assert sessions.find(text) is None


async def test_secret_counts_and_not_only_the_id(sessions: Sessions) -> None:
    """The id is shown in lists."""
    issued = await sessions.open(Arrival("alice"), ALICE)
    changed = issued.text[:-1] + ("0" if issued.text[-1] != "0" else "1")

    assert sessions.find(changed) is None


async def test_token_that_is_handed_out_reads_and_uploads(
    sessions: Sessions, catalog: Catalog, clock: FrozenClock
) -> None:
    """For a while, and in the audit log with the address that asked."""
    issued = await sessions.open(Arrival("alice"), ALICE)
    session = sessions.find(issued.text)
    assert session is not None

    handed = await sessions.hand_out(session, "192.0.2.9")

    rows = {row.id: row for row in await catalog.tokens.load()}
    row = rows[read_token_id(handed.text) or ""]
    assert (row.user_name, row.actions) == ("alice", ("read", "upload"))
    assert row.expires_at == clock.now() + 3_600
    assert (await catalog.audit.since())[-1].origin == "192.0.2.9"
    await catalog.people.remove_user("alice", ROOT)
    with pytest.raises(Refused, match="no user"):
        await sessions.hand_out(session, "192.0.2.9")
