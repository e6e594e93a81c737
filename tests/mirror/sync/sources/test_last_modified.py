"""A mirror's own date of its last run, as a reason not to look at any page."""

import pytest

from mirror.sync.sources.doors import Doors
from wheelyard.errors import Absent, Unavailable
from wheelyard.mirror.sync.listing import Changes, Listing
from wheelyard.mirror.sync.sources import LastModified

pytestmark = pytest.mark.anyio

RAN = b"20261121T08:00:00\n"
RAN_AGAIN = b"20261121T09:00:00\n"


async def test_same_run_means_that_nothing_changed() -> None:
    """No list, no page: one question."""
    doors = Doors(stamp=RAN)
    source = LastModified(doors.pages)
    mark = await source.begin(Listing({}))
    doors.asked.clear()

    assert await source.since(mark) == Changes({}, mark)
    assert doors.asked == ["last-modified last-modified"]


async def test_another_run_means_that_everything_may_have_changed() -> None:
    """Also an earlier one: the mirror was restored."""
    doors = Doors(stamp=RAN_AGAIN)
    source = LastModified(doors.pages)
    mark = await source.begin(Listing({}))
    doors.stamp = RAN

    assert await source.since(mark) is None


async def test_index_that_states_no_date_has_no_mark() -> None:
    """Nor has one that has a page for people there."""
    doors = Doors(stamp=Absent("The date"))
    source = LastModified(doors.pages)

    with pytest.raises(Absent):
        await source.begin(Listing({}))
    doors.stamp = b"<html>not found</html>"
    with pytest.raises(Unavailable, match="expected a moment"):
        await source.begin(Listing({}))
