"""Passwords that a directory knows, as signing in asks for them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from access.place import ACTOR, Place, basic, open_place
from wheelyard.access import Action
from wheelyard.access.ldap import LdapPasswords, open_ldap
from wheelyard.access.passwords import hash_password
from wheelyard.errors import ConfigError, LoginNeeded, Throttled, Unavailable
from wheelyard.settings import LdapSettings

pytestmark = pytest.mark.anyio

HASH = hash_password("rosebud1")


@dataclass
class FakeDirectory:
    """Knows passwords and groups in memory; can be ``down``, and records who was ``asked`` for."""

    passwords: dict[str, str] = field(default_factory=lambda: {"alice": "rosebud2"})
    groups: frozenset[str] = frozenset()
    down: bool = False
    asked: list[str] = field(default_factory=list)

    async def verify(self, user: str, password: str) -> frozenset[str] | None:
        """Return the groups if the password is right. An empty one is, as in a real directory."""
        self.asked.append(user)
        await anyio.lowlevel.checkpoint()
        if self.down:
            raise Unavailable("The directory", "it is down.")
        return self.groups if password in {"", self.passwords.get(user)} else None


@pytest.fixture
def directory() -> FakeDirectory:
    """Return a directory that knows alice."""
    return FakeDirectory()


OpenedWith = Callable[..., Place]


@pytest.fixture
def opened(tmp_path: Path, directory: FakeDirectory) -> Iterator[OpenedWith]:
    """Return what makes a place with nobody in it, whose access asks the directory."""
    with open_place(tmp_path) as place:

        def make(*groups: str, adds_users: bool = False) -> Place:
            source = LdapPasswords(directory, place.catalog.arrivals, groups, adds_users)
            parts = place.access._parts
            place.access = type(place.access)(
                type(parts)(
                    parts.bearers, parts.tokens, parts.key, parts.clock, parts.spawn, source
                )
            )
            return place

        yield make


async def test_directory_knows_users_who_have_no_password_here(
    opened: OpenedWith, directory: FakeDirectory
) -> None:
    """In any case of letters; a wrong password is wrong."""
    place = opened()
    await place.add_user("alice")

    assert (await place.identify(basic("Alice", "rosebud2"))).name == "alice"
    with pytest.raises(LoginNeeded):
        await place.identify(basic("alice", "rosebud3"))
    assert directory.asked == ["alice", "alice"]


async def test_user_with_a_password_here_is_checked_here(
    opened: OpenedWith, directory: FakeDirectory
) -> None:
    """And the directory is not even asked, right or wrong."""
    place = opened()
    await place.add_user("alice", HASH)

    assert (await place.identify(basic("alice", "rosebud1"))).name == "alice"
    with pytest.raises(LoginNeeded):
        await place.identify(basic("alice", "rosebud2"))
    assert directory.asked == []


async def test_unknown_user_is_added_only_if_that_is_configured(
    opened: OpenedWith,
) -> None:
    """Without any role."""
    with pytest.raises(LoginNeeded):
        await opened().identify(basic("alice", "rosebud2"))

    identity = await opened(adds_users=True).identify(basic("alice", "rosebud2"))

    assert identity.name == "alice"
    assert not identity.grants
    assert not identity.is_admin


async def test_name_of_a_group_is_no_user(opened: OpenedWith) -> None:
    """Roles of the group would be theirs."""
    place = opened(adds_users=True)
    await place.catalog.people.add_group("alice", (), ACTOR)

    with pytest.raises(LoginNeeded):
        await place.identify(basic("alice", "rosebud2"))


async def test_groups_are_those_of_each_login(opened: OpenedWith, directory: FakeDirectory) -> None:
    """From the next time on that the directory is asked; other groups stay as they are."""
    place = opened("release", "devs")
    await place.add_user("alice")
    for group in ("release", "devs"):
        await place.catalog.people.add_group(group, (), ACTOR)
    await place.catalog.people.add_group("own", ["alice"], ACTOR)
    directory.groups = frozenset({"release", "own", "admins"})
    first = await place.identify(basic("alice", "rosebud2"))

    directory.groups = frozenset({"devs"})
    meanwhile = await place.identify(basic("alice", "rosebud2"))
    place.clock.forward(301)
    then = await place.identify(basic("alice", "rosebud2"))

    assert first.groups == meanwhile.groups == {"release", "own"}
    assert then.groups == {"devs", "own"}


async def test_right_password_is_asked_for_once(
    opened: OpenedWith, directory: FakeDirectory
) -> None:
    """In five minutes, and once for all who ask at the same time."""
    place = opened()
    await place.add_user("alice")

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(place.identify, basic("alice", "rosebud2"))
    await place.identify(basic("alice", "rosebud2"))

    assert directory.asked == ["alice"]


async def test_directory_that_is_down_is_no_answer(
    opened: OpenedWith, directory: FakeDirectory
) -> None:
    """Nobody is let in, and nobody is told that the password is wrong. Tokens work."""
    place = opened(adds_users=True)
    await place.add_user("alice")
    token = await place.add_token("alice", (Action.READ,))
    directory.down = True

    for user, password in (("alice", "rosebud2"), ("alice", "wrong"), ("nobody", "x")):
        with pytest.raises(Unavailable):
            await place.identify(basic(user, password))
    assert (await place.identify(f"Bearer {token}")).name == "alice"


async def test_guessing_is_throttled_and_an_outage_is_not_guessing(
    opened: OpenedWith, directory: FakeDirectory
) -> None:
    """The directory is spared, and so are the accounts that it would lock."""
    place = opened()
    await place.add_user("alice")
    directory.down = True
    for _ in range(20):
        with pytest.raises(Unavailable):
            await place.identify(basic("alice", "rosebud2"))
    directory.down = False
    directory.asked.clear()

    for number in range(10):
        with pytest.raises(LoginNeeded):
            await place.identify(basic("alice", f"guess {number}"))
    with pytest.raises(Throttled):
        await place.identify(basic("alice", "rosebud2"))

    assert len(directory.asked) == 10


async def test_empty_password_is_not_asked_about(
    opened: OpenedWith, directory: FakeDirectory
) -> None:
    """The directory would say yes, to anybody. Source: RFC 4513, 5.1.2."""
    source = opened(adds_users=True).access._parts.elsewhere
    assert source is not None

    for password in ("", "\0", "\0\0"):
        assert not await source.knows("alice", password)
        assert not await source.knows("nobody", password)
    assert directory.asked == []


async def test_name_that_nobody_has_here_is_not_asked_about(
    opened: OpenedWith, directory: FakeDirectory
) -> None:
    """Whatever a directory would make of it."""
    source = opened(adds_users=True).access._parts.elsewhere
    assert source is not None

    for user in ("*", "al*", "alice)(uid=*", "alice,ou=x", "alice\0", "älice", "a b", "\\61l", ""):
        assert not await source.knows(user, "rosebud2")
    assert directory.asked == []


async def test_nobody_is_asked_offline(opened: OpenedWith) -> None:
    """It is said, and is neither yes nor no."""
    arrivals = opened().catalog.arrivals
    settings = LdapSettings(url="ldap://127.0.0.1:1", bind_dn_pattern="uid={user}")
    source = open_ldap(settings, arrivals, is_offline=True)
    assert source is not None

    with pytest.raises(Unavailable, match="offline"):
        await source.knows("alice", "rosebud2")


async def test_source_is_what_the_settings_say(
    opened: OpenedWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None by default; the extra is needed with an address and not before."""
    arrivals = opened().catalog.arrivals
    settings = LdapSettings(
        url="ldap://127.0.0.1:1", bind_dn_pattern="uid={user}", groups=("devs",), add_users=True
    )

    source = open_ldap(settings, arrivals, is_offline=False)

    assert isinstance(source, LdapPasswords)
    assert (source.groups, source.adds_users) == (("devs",), True)
    monkeypatch.setattr("wheelyard.transport.ldap.find_spec", lambda _: None)
    assert open_ldap(LdapSettings(), arrivals, is_offline=False) is None
    with pytest.raises(ConfigError, match="extra"):
        open_ldap(settings, arrivals, is_offline=True)
