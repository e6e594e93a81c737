"""The flat page of an index: whose files it shows, to whom, and when it is made."""

from collections.abc import Collection
from dataclasses import dataclass, field

import pytest

from wheelyard.decide.ownership import Ownership
from wheelyard.names import ProjectName
from wheelyard.pages.flat import FlatPage, FlatParts, Readable
from wheelyard.settings import NamePattern

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class Lines:
    """Lines that are there already."""

    texts: dict[str, bytes]
    version: int = 1

    @property
    def lines(self) -> dict[ProjectName, bytes]:
        """The lines by project."""
        return {ProjectName(name): text for name, text in self.texts.items()}

    async def refresh(self) -> None:
        """Do nothing: they are there."""


@dataclass(slots=True)
class Site:
    """An index with projects of its own, and what is held of an upstream."""

    own: list[Lines] = field(default_factory=lambda: [Lines({"demo": b"[demo]"})])
    outside: Lines = field(default_factory=lambda: Lines({"requests": b"[requests]"}))
    hosted: set[ProjectName] = field(default_factory=lambda: {ProjectName("demo")})
    serial: int = 1
    ownership: Ownership = field(default_factory=Ownership)
    page: FlatPage = field(init=False)

    def __post_init__(self) -> None:
        """Put the page together."""
        parts = FlatParts(
            self.own,
            lambda: self.serial,
            self.names,
            self.ownership,
            {"pypi": self.outside},
            "pypi",
        )
        self.page = FlatPage(parts)

    async def names(self) -> Collection[ProjectName]:
        """Return the names that any index has as its own."""
        return frozenset(self.hosted)

    async def shown(self, readable: Readable = "all") -> list[str]:
        """Return what the page has, in its order."""
        body = (await self.page.variant(readable, "identity")).body.decode()
        return [part.partition("]")[0] for part in body.split("[")[1:]]


async def test_flat_page_has_our_own_and_what_is_held() -> None:
    """By name."""
    assert await Site().shown() == ["demo", "requests"]


async def test_name_of_ours_shows_nothing_of_others() -> None:
    """Whatever was fetched under that name before it was ours, in whatever index it is."""
    site = Site(outside=Lines({"demo": b"[public]", "team-tool": b"[public]"}))
    site.hosted.add(ProjectName("team-tool"))

    assert await site.shown() == ["demo"]


async def test_first_owner_of_a_name_has_it() -> None:
    """An index's own project hides that of its base."""
    site = Site(own=[Lines({"demo": b"[mine]"}), Lines({"demo": b"[base]", "more": b"[more]"})])

    assert await site.shown() == ["mine", "more", "requests"]


async def test_reserved_and_blocked_names_show_nothing_that_is_held() -> None:
    """As on the index's own pages."""
    held = {"acme-x": b"[x]", "evil": b"[evil]", "good": b"[good]"}
    rules = Ownership([NamePattern("acme-*")], [NamePattern("evil"), NamePattern("demo")])
    site = Site(outside=Lines(held), ownership=rules)

    assert await site.shown() == ["good"]


async def test_merged_name_shows_both() -> None:
    """An operator asked for it by name."""
    site = Site(
        outside=Lines({"demo": b"[public]"}), ownership=Ownership(merge=[ProjectName("demo")])
    )

    assert await site.shown() == ["demo", "public"]


async def test_reader_sees_what_they_may_read_only() -> None:
    """And nobody's page is another's."""
    site = Site()

    assert await site.shown(frozenset({"demo"})) == ["demo"]
    assert await site.shown(frozenset({"requests", "unknown"})) == ["requests"]
    assert await site.shown() == ["demo", "requests"]


async def test_unchanged_page_is_not_put_together_again() -> None:
    """Whoever asks next gets the bytes that are there."""
    site = Site()
    first = await site.page.variant("all", "gzip")

    again = await site.page.variant("all", "gzip")

    assert again is first


async def test_changed_page_has_another_etag() -> None:
    """A client that asks whether it changed is told."""
    site = Site()
    first = await site.page.variant("all", "identity")
    site.own[0].texts["new"] = b"[new]"
    site.serial += 1

    second = await site.page.variant("all", "identity")

    assert second.etag != first.etag
    assert b"[new]" in second.body
