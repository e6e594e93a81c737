"""Choosing by what the upstream answers: the least is asked, and in doubt everything."""

import pytest

from mirror.sync.sources.doors import Doors
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable
from wheelyard.mirror.sync.listing import Changes, Listing
from wheelyard.mirror.sync.sources import Chosen
from wheelyard.mirror.sync.sources.choosing import WHOLE_EVERY_SECONDS
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

FOO, BAR = ProjectName("foo"), ProjectName("bar")
PLAIN = ["https://index.example/simple/"]
HOSTED = ["https://index.example/hosted/simple/"]
DIRECTORY = ["file:///srv/mirror/web/simple/"]
LIST, STAMP = "list", "last-modified last-modified"
LAST, ALL = "call changelog_last_serial", "call list_packages_with_serial"
RAN, RAN_AGAIN = b"20261121T08:00:00\n", b"20261121T09:00:00\n"


async def asked_by(source: Chosen, doors: Doors, mark: str) -> tuple[Listing | Changes, list[str]]:
    """Return the news, and what it took to have them."""
    doors.asked.clear()
    news = await source.news(mark)
    return news, list(doors.asked)


async def test_list_with_serials_is_all_that_is_asked(clock: FrozenClock) -> None:
    """Every time; it is asked for on condition that it changed."""
    doors = Doors({"Foo": 3, "bar": None})
    source = Chosen(doors.pages, clock, PLAIN)

    for _ in range(2):
        news, asked = await asked_by(source, doors, "")
        assert news == Listing({FOO: 3, BAR: None})
        assert asked == [LIST]


async def test_what_another_one_has_of_its_own_is_followed_by_its_feed(clock: FrozenClock) -> None:
    """The list once, then changes alone."""
    note = {"serial": 4, "kind": "file.added", "index": "main", "project": "foo"}
    doors = Doors({"foo": 3}, feed=lambda since: {
        "changes": [note] if since < 4 else [], "next": 4, "more": False,
    })  # fmt: skip
    source = Chosen(doors.pages, clock, HOSTED)
    listing, _ = await asked_by(source, doors, "")

    news, asked = await asked_by(source, doors, listing.mark)
    later, _ = await asked_by(source, doors, news.mark)

    assert isinstance(listing, Listing)
    assert isinstance(news, Changes)
    assert (dict(news.serials), asked) == ({FOO: 4}, ["changes 3"])
    assert later == Changes({}, news.mark)


async def test_list_without_serials_is_laid_over_those_of_calls(clock: FrozenClock) -> None:
    """The list once, then the changelog."""
    doors = Doors(
        {"foo": None},
        methods={
            "changelog_last_serial": lambda: 8,
            "list_packages_with_serial": lambda: {"foo": 7, "bar": 8},
            "changelog_since_serial": lambda _: [["bar", None, 1, "add file", 9]],
        },
    )
    source = Chosen(doors.pages, clock, PLAIN)

    listing, first = await asked_by(source, doors, "")
    news, second = await asked_by(source, doors, listing.mark)

    assert dict(listing.serials) == {FOO: 7, BAR: 8}
    assert (first, second) == ([LIST, LAST, ALL], ["call changelog_since_serial"])
    assert isinstance(news, Changes)
    assert dict(news.serials) == {BAR: 9}


async def test_index_without_a_list_may_answer_calls(clock: FrozenClock) -> None:
    """If nobody does either, it has no news."""
    doors = Doors(
        Absent("The project list"),
        methods={
            "changelog_last_serial": lambda: 8,
            "list_packages_with_serial": lambda: {"foo": 7},
        },
    )

    news = await Chosen(doors.pages, clock, PLAIN).news("")

    assert dict(news.serials) == {FOO: 7}
    doors.methods = {}
    with pytest.raises(Absent):
        await Chosen(doors.pages, clock, PLAIN).news("")
    with pytest.raises(Absent):
        await Chosen(doors.pages, clock, DIRECTORY).news("")


async def test_mirror_without_serials_is_gated_by_its_last_run(clock: FrozenClock) -> None:
    """The date is older than the list; as long as it is the same nothing else is asked."""
    clock.seconds += 0.9  # a mark in whole seconds is not ahead of its time
    doors = Doors({"foo": None}, RAN)
    source = Chosen(doors.pages, clock, PLAIN)

    listing, first = await asked_by(source, doors, "")
    quiet, second = await asked_by(source, doors, listing.mark)
    doors.stamp = RAN_AGAIN
    news, third = await asked_by(source, doors, quiet.mark)

    assert first == [LIST, LAST, STAMP, LIST]
    assert (quiet, second) == (Changes({}, listing.mark), [STAMP])
    assert isinstance(news, Listing)
    assert third[0] == STAMP


async def test_directory_is_not_called(clock: FrozenClock) -> None:
    """Nobody answers there; its mirror may have left a date."""
    doors = Doors({"foo": None}, RAN)

    _, asked = await asked_by(Chosen(doors.pages, clock, DIRECTORY), doors, "")

    assert asked == [LIST, STAMP, LIST]


async def test_index_that_tells_nothing_is_read_page_by_page(clock: FrozenClock) -> None:
    """Each wanted page is asked for, on condition that it has changed."""
    doors = Doors({"foo": None})

    news = await Chosen(doors.pages, clock, PLAIN).news("")

    assert news == Listing({FOO: None})


async def test_shortcut_that_fails_costs_the_list(clock: FrozenClock) -> None:
    """No news are no reason to stop while everything can be read."""
    doors = Doors({"foo": None}, RAN)
    source = Chosen(doors.pages, clock, PLAIN)
    listing = await source.news("")
    doors.stamp = Unavailable("The date", "503")

    news, asked = await asked_by(source, doors, listing.mark)

    assert news == Listing({FOO: None})
    assert LIST in asked


async def test_everything_is_read_once_a_day(clock: FrozenClock) -> None:
    """Whatever a shortcut says; and so it is when the clock was set back."""
    doors = Doors({"foo": None}, RAN)
    source = Chosen(doors.pages, clock, PLAIN)
    mark = (await source.news("")).mark
    clock.seconds += WHOLE_EVERY_SECONDS

    assert isinstance(await source.news(mark), Listing)
    clock.seconds -= WHOLE_EVERY_SECONDS + 10
    assert isinstance(await source.news(mark), Listing)


@pytest.mark.parametrize(
    "mark", ["x", "a\nb\nc", "change feed\n0\n", "nobody\n0\n1", "xml-rpc\n0\nx"]
)
async def test_mark_that_is_none_is_no_mark(clock: FrozenClock, mark: str) -> None:
    """It was written by another version, or by nobody."""
    doors = Doors({"foo": 3})
    clock.seconds = 5

    assert await Chosen(doors.pages, clock, PLAIN).news(mark) == Listing({FOO: 3})


async def test_upstream_that_cannot_answer_has_no_news(clock: FrozenClock) -> None:
    """The run says that it is not complete."""
    with pytest.raises(Unavailable):
        await Chosen(Doors(Unavailable("The list", "503")).pages, clock, PLAIN).news("")
