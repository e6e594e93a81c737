"""People whom somebody else has signed in."""

import pytest

from wheelyard.catalog import Catalog
from wheelyard.catalog.arrivals import Arrival
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.people import NewUser

pytestmark = pytest.mark.anyio

ROOT = Actor("root", "command line")
ALICE = Actor("alice", "192.0.2.1")


async def groups_of(catalog: Catalog, user: str) -> set[str]:
    """Return the groups of a user."""
    return {row.name for row in await catalog.people.groups() if user in row.members}


async def test_groups_follow_what_the_other_side_says(catalog: Catalog) -> None:
    """In and out at each arrival, and only in the groups that were put under it."""
    await catalog.people.add_user(NewUser("alice"), ROOT)
    for group in ("devs", "release", "own"):
        await catalog.people.add_group(group, ["alice"] if group == "own" else [], ROOT)
    managed = ("devs", "release", "missing")

    first = await catalog.arrivals.note(
        Arrival("alice", frozenset({"devs", "missing", "own"}), managed), ALICE
    )
    after_first = await groups_of(catalog, "alice")
    second = await catalog.arrivals.note(Arrival("alice", frozenset({"release"}), managed), ALICE)

    assert (first, second) == (True, True)
    assert after_first == {"devs", "own"}
    assert await groups_of(catalog, "alice") == {"release", "own"}
    log = [(row.action, row.detail["group"]) for row in await catalog.audit.since(5)]
    assert log == [("member.add", "devs"), ("member.remove", "devs"), ("member.add", "release")]


async def test_arrival_that_changes_nothing_writes_nothing(catalog: Catalog) -> None:
    """Most logins are like the last one."""
    await catalog.people.add_user(NewUser("alice"), ROOT)
    before = len(await catalog.audit.since())

    assert await catalog.arrivals.note(Arrival("alice"), ALICE)

    assert len(await catalog.audit.since()) == before


async def test_stranger_is_no_user_unless_that_was_allowed(catalog: Catalog) -> None:
    """Whoever an issuer vouches for is not let in for that alone."""
    refused = await catalog.arrivals.note(Arrival("bob"), Actor("bob"))
    before = await catalog.people.users()
    added = await catalog.arrivals.note(Arrival("bob", adds_user=True), Actor("bob"))

    assert (refused, added) == (False, True)
    assert before == ()
    (user,) = await catalog.people.users()
    assert (user.name, user.is_admin, user.has_password) == ("bob", False, False)


async def test_name_of_a_group_is_never_a_new_user(catalog: Catalog) -> None:
    """A role of the group would be the user's."""
    await catalog.people.add_group("devs", [], ROOT)

    assert not await catalog.arrivals.note(Arrival("devs", adds_user=True), Actor("devs"))


@pytest.mark.parametrize("links_any", [False, True], ids=["careful", "linking"])
@pytest.mark.parametrize(
    "guarded",
    [NewUser("alice", is_admin=True), NewUser("alice", password_hash="$argon2id$x")],
    ids=["administrator", "password"],
)
async def test_guarded_user_is_taken_only_where_that_was_allowed(
    catalog: Catalog,
    guarded: NewUser,
    links_any: bool,  # noqa: FBT001 - a case
) -> None:
    """At many issuers people choose what they are called, and would choose to be root."""
    await catalog.people.add_user(guarded, ROOT)

    taken = await catalog.arrivals.note(Arrival("alice", links_any=links_any), ALICE)

    assert taken is links_any
