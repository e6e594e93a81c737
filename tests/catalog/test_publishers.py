"""Trusted publishers, and assertions that are used once."""

import anyio
import pytest

from wheelyard.catalog import Catalog
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.publishers import NewPublisher, PublisherRow, SeenAssertion
from wheelyard.catalog.tokens import TokenRow
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Absent, Conflict
from wheelyard.names import IndexName, ProjectName

pytestmark = pytest.mark.anyio

ACTOR = Actor("root", "command line")
PUBLISHER = NewPublisher(
    IndexName("main"), ProjectName("app"), "github", {"repository": "acme/app"}
)


def token(publisher: PublisherRow, number: int = 0) -> TokenRow:
    """Return a token for a publisher."""
    return TokenRow(f"id-{number}", f"publisher:{publisher.id}", "digest")


def used(clock: FrozenClock, number: str = "jti", *, seconds: float = 600) -> SeenAssertion:
    """Return an assertion that is of use for some time."""
    return SeenAssertion("github", number, Instant(clock.now() + seconds))


async def test_publisher_is_listed_until_it_is_removed(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """What was written down is read back, and both ends are in the audit log."""
    added = await catalog.publishers.add(PUBLISHER, ACTOR)
    listed = await catalog.publishers.load("github")
    await catalog.publishers.remove(added.id, ACTOR)

    assert listed == (added,)
    assert added.claims == {"repository": "acme/app"}
    assert added.created_at == clock.now()
    assert await catalog.publishers.load() == ()
    assert await catalog.publishers.load("gitlab") == ()
    actions = [row.action for row in await catalog.audit.since()]
    assert actions == ["publisher.add", "publisher.remove"]


async def test_publisher_is_added_once(catalog: Catalog) -> None:
    """The same claims for the same project are the same publisher."""
    added = await catalog.publishers.add(PUBLISHER, ACTOR)

    with pytest.raises(Conflict, match=added.id):
        await catalog.publishers.add(PUBLISHER, ACTOR)


async def test_unknown_publisher_cannot_be_removed(catalog: Catalog) -> None:
    """The sentence says where the ids are to be found."""
    with pytest.raises(Absent, match="publisher list"):
        await catalog.publishers.remove("nobody", ACTOR)


async def test_assertion_is_used_once(catalog: Catalog, clock: FrozenClock) -> None:
    """A second use makes no token, and says so."""
    publisher = await catalog.publishers.add(PUBLISHER, ACTOR)
    await catalog.publishers.mint(used(clock), token(publisher, 1), ACTOR)

    with pytest.raises(Conflict, match="used before"):
        await catalog.publishers.mint(used(clock), token(publisher, 2), ACTOR)

    assert [row.id for row in await catalog.tokens.load()] == ["id-1"]


async def test_t45_of_200_uses_at_once_one_succeeds(catalog: Catalog, clock: FrozenClock) -> None:
    """The database is the arbiter, not a look before the leap."""
    publisher = await catalog.publishers.add(PUBLISHER, ACTOR)
    outcomes: list[str] = []

    async def use(number: int) -> None:
        try:
            await catalog.publishers.mint(used(clock), token(publisher, number), ACTOR)
        except Conflict:
            outcomes.append("refused")
        else:
            outcomes.append("made")

    async with anyio.create_task_group() as tasks:
        for number in range(200):
            tasks.start_soon(use, number)

    assert sorted(outcomes) == ["made"] + ["refused"] * 199
    assert len(await catalog.tokens.load()) == 1


async def test_assertion_of_a_removed_publisher_is_not_used_up(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """Either there is a token and the assertion is gone, or neither."""
    publisher = await catalog.publishers.add(PUBLISHER, ACTOR)
    await catalog.publishers.remove(publisher.id, ACTOR)
    with pytest.raises(Absent):
        await catalog.publishers.mint(used(clock), token(publisher), ACTOR)
    again = await catalog.publishers.add(PUBLISHER, ACTOR)

    made = await catalog.publishers.mint(used(clock), token(again), ACTOR)

    assert made.user_name == f"publisher:{again.id}"


async def test_assertion_is_remembered_until_it_could_not_be_used(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """Rows do not pile up, and none goes a second too early."""
    publisher = await catalog.publishers.add(PUBLISHER, ACTOR)
    await catalog.publishers.mint(used(clock, seconds=600), token(publisher, 1), ACTOR)

    clock.forward(600)
    with pytest.raises(Conflict):
        await catalog.publishers.mint(used(clock), token(publisher, 2), ACTOR)
    clock.forward(1)
    await catalog.publishers.mint(used(clock), token(publisher, 3), ACTOR)

    assert len(await catalog.tokens.load()) == 2


async def test_tokens_end_with_their_publisher(catalog: Catalog, clock: FrozenClock) -> None:
    """Who is trusted no longer cannot go on for the rest of a quarter of an hour."""
    publisher = await catalog.publishers.add(PUBLISHER, ACTOR)
    await catalog.publishers.mint(used(clock), token(publisher), ACTOR)

    await catalog.publishers.remove(publisher.id, ACTOR)

    (row,) = await catalog.tokens.load()
    assert row.revoked_at == clock.now()
