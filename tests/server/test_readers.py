"""Readers: who may see what of an index, decided before anything is looked up."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from pages.repository import FakeRepository
from server.chain import FakeChain, index_over
from wheelyard.access import ANONYMOUS, Action, Grant, Identity, Role, Scope
from wheelyard.access.shown import Shown
from wheelyard.access.signing_in import Access
from wheelyard.app import Index
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, LoginNeeded, Unavailable, WheelyardError
from wheelyard.model import ProjectEntry, ProjectList
from wheelyard.names import ProjectName
from wheelyard.server.readers import EVERYBODY, Readers
from wheelyard.settings import IndexSettings

pytestmark = pytest.mark.anyio

ACME, OTHER = ProjectName("acme"), ProjectName("other")


@dataclass(slots=True)
class FakeAccess:
    """Knows one identity by each header."""

    known: dict[str | None, Identity | WheelyardError]
    asked: list[str | None] = field(default_factory=list)

    async def identify(self, authorization: str | None, origin: str) -> Identity:
        """Return whose header it is."""
        self.asked.append(authorization)
        found = self.known.get(authorization, LoginNeeded("This"))
        if isinstance(found, WheelyardError):
            raise found
        return found


def index_of(clock: FrozenClock, rules: IndexSettings) -> Index:
    """Return an index with these rules."""
    found = index_over(FakeChain(FakeRepository(clock)))
    return Index(found.name, found.chain, found.shelf, found.links, rules)


READER = Identity("bob", grants=frozenset({Grant(Role.READER, "private")}))
OF_ACME = Identity("eve", grants=frozenset({Grant(Role.READER, "private", "acme")}))
STRANGER = Identity("mallory", grants=frozenset({Grant(Role.MANAGER, "elsewhere")}))
KNOWN: dict[str | None, Identity | WheelyardError] = {
    None: ANONYMOUS,
    "bob": READER,
    "eve": OF_ACME,
    "mallory": STRANGER,
    "down": Unavailable("The catalog"),
}
MEMBERS = IndexSettings(name="private", read="members")


def readers() -> tuple[Readers, FakeAccess]:
    """Return who finds out, and whom they ask."""
    access = FakeAccess(KNOWN)
    return Readers(cast("Access", access)), access


@pytest.mark.parametrize("header", [None, "bob", "wrong", "down"])
async def test_open_index_is_read_by_everybody(clock: FrozenClock, header: str | None) -> None:
    """Pip sends what it has for a host; on an open index nobody looks at it."""
    found, access = readers()

    reader = await found.of(index_of(clock, IndexSettings(name="private")), Shown(header, ""))

    assert reader is EVERYBODY
    assert access.asked == []


async def test_member_reads_all_of_an_index(clock: FrozenClock) -> None:
    """And what they get is for them alone."""
    reader = await readers()[0].of(index_of(clock, MEMBERS), Shown("bob", ""))

    assert reader.names == "all"
    assert reader.is_private
    assert reader.may_read is None
    reader.admit(OTHER)


async def test_reader_of_one_project_reads_that_one(clock: FrozenClock) -> None:
    """Any other is not there, in lists as by its name."""
    reader = await readers()[0].of(index_of(clock, MEMBERS), Shown("eve", ""))
    listed = ProjectList((ProjectEntry("AcMe"), ProjectEntry("other", 7)), 7)

    reader.admit(ACME)
    with pytest.raises(Absent) as caught:
        reader.admit(OTHER)
    assert str(caught.value) == str(Absent("`other`"))
    assert reader.may_read is not None
    assert [reader.may_read(ACME), reader.may_read(OTHER)] == [True, False]
    assert reader.readable(listed) == ProjectList((ProjectEntry("AcMe"),), None)


@pytest.mark.parametrize("header", [None, "wrong"])
async def test_closed_index_wants_a_login(clock: FrozenClock, header: str | None) -> None:
    """Without one, and with one that is not valid."""
    with pytest.raises(LoginNeeded):
        await readers()[0].of(index_of(clock, MEMBERS), Shown(header, ""))


async def test_closed_index_is_not_there_for_strangers(clock: FrozenClock) -> None:
    """A valid login without any right here says nothing about what is here."""
    with pytest.raises(Absent):
        await readers()[0].of(index_of(clock, MEMBERS), Shown("mallory", ""))


@pytest.mark.parametrize("rules", [MEMBERS, IndexSettings(name="private", fill="granted")])
async def test_nobody_is_let_in_while_nobody_can_be_recognised(
    clock: FrozenClock, rules: IndexSettings
) -> None:
    """Permission fails closed."""
    with pytest.raises(Unavailable):
        await readers()[0].of(index_of(clock, rules), Shown("down", ""))


@pytest.mark.parametrize(
    ("header", "fills"), [(None, False), ("bob", False), ("mallory", False), ("fill", True)]
)
async def test_filling_is_a_right_of_its_own(
    clock: FrozenClock,
    header: str | None,
    fills: bool,  # noqa: FBT001 - a case of the table
) -> None:
    """Everybody reads what is held; who was granted more has the rest fetched."""
    filler = Identity("fay", grants=frozenset({Grant(Role.FILLER, "private")}))
    access = FakeAccess({**KNOWN, "fill": filler})
    rules = IndexSettings(name="private", fill="granted")

    reader = await Readers(cast("Access", access)).of(index_of(clock, rules), Shown(header, ""))

    assert reader.names == "all"
    assert reader.fills is fills
    assert not reader.is_private


async def test_token_narrows_what_its_user_may_read(clock: FrozenClock) -> None:
    """A token for one project of a reader of all."""
    scope = Scope("private", "acme", frozenset({Action.READ}))
    narrowed = Identity("bob", grants=READER.grants, scope=scope, token="t")
    access = FakeAccess({"token": narrowed})

    reader = await Readers(cast("Access", access)).of(index_of(clock, MEMBERS), Shown("token", ""))

    assert reader.names == frozenset({"acme"})
