"""The change feed of another Wheelyard: changes and removals, in parts, and never less than all."""

from dataclasses import dataclass, field

import pytest

from mirror.sync.sources.doors import Doors
from wheelyard.errors import Absent, Unavailable
from wheelyard.mirror.sync.listing import Changes, Listing
from wheelyard.mirror.sync.sources import ChangeFeed
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class Journal:
    """A feed that tells two changes at a time."""

    notes: list[tuple[int, str, str, str]] = field(default_factory=list)

    def __call__(self, since: int) -> object:
        """Return a part of it."""
        after = [note for note in self.notes if note[0] > since]
        told = after[:2]
        keys = ("serial", "kind", "index", "project")
        return {
            "changes": [
                {**dict(zip(keys, note, strict=True)), "at": "2026-11-21T08:00:00Z"}
                for note in told
            ],
            "next": told[-1][0] if told else since,
            "more": len(after) > 2,
        }


JOURNAL = Journal(
    [
        (5, "file.added", "main", "Foo.Bar"),
        (6, "file.added", "team", "secret"),
        (7, "release.yanked", "main", "other"),
        (8, "project.deleted", "main", "other"),
        (9, "project.deleted", "main", "back"),
        (10, "project.created", "main", "back"),
        (11, "file.added", "main", "not a name!"),
    ]
)


async def test_changes_are_told_with_the_last_serial_of_each_project() -> None:
    """Those of the main index; what was deleted and made again is there."""
    source = ChangeFeed(Doors(feed=JOURNAL).pages)

    assert await source.since("4") == Changes(
        {ProjectName("foo-bar"): 5, ProjectName("back"): 10},
        "11",
        frozenset({ProjectName("other")}),
    )
    assert await source.since("11") == Changes({}, "11")


async def test_mark_is_the_greatest_serial_of_the_list() -> None:
    """Everything up to there is in the list; the feed is looked at once, so that it exists."""
    doors = Doors(feed=JOURNAL)
    source = ChangeFeed(doors.pages)
    listing = Listing({ProjectName("a"): 3, ProjectName("b"): 4, ProjectName("c"): None})

    assert await source.begin(listing) == "4"
    assert doors.asked == ["changes 4"]
    assert await source.begin(Listing({})) == ""


async def test_feed_that_is_not_there_is_absent() -> None:
    """An older Wheelyard, or something else under that address."""
    with pytest.raises(Absent):
        await ChangeFeed(Doors().pages).since("4")
    with pytest.raises(Unavailable, match="not a change feed"):
        await ChangeFeed(Doors(feed=lambda _: b"<html>").pages).since("4")


async def test_feed_that_goes_back_is_read_as_a_whole() -> None:
    """The upstream was restored: its next change may have a serial that was told before."""
    back = {"changes": [], "next": 3, "more": False}

    assert await ChangeFeed(Doors(feed=lambda _: back).pages).since("4") is None


async def test_feed_without_an_end_is_given_up() -> None:
    """A list of everything costs less; nobody keeps us asking for ever."""
    doors = Doors(feed=lambda since: {"changes": [], "next": since + 1, "more": True})

    assert await ChangeFeed(doors.pages).since("4") is None
    assert len(doors.asked) == 200


async def test_feed_that_stands_still_ends() -> None:
    """It says that there is more, and does not go on."""
    doors = Doors(feed=lambda since: {"changes": [], "next": since, "more": True})

    assert await ChangeFeed(doors.pages).since("4") == Changes({}, "4")
