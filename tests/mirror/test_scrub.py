"""The scrubber, a shelf at a time: what it finds, what it does about it, how fast."""

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from mirror.stores import CONTENTS, FIRST, SECOND, Place, open_place
from mirror.test_repair import FakeIndex
from wheelyard.blobs import Alarms, Trouble
from wheelyard.clock import FrozenClock, Instant
from wheelyard.decide.scrub import Course, Pace, Work
from wheelyard.errors import Unavailable
from wheelyard.mirror import Repair, Scrubber, ScrubParts

pytestmark = pytest.mark.anyio

FAST = Pace(days=0.0, bytes_per_second=1 << 40)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Return a store of three files, the third of them without a row."""
    async with open_place(tmp_path) as found:
        yield found


def parts_of(place: Place, *, is_offline: bool = False) -> ScrubParts:
    """Return what a scrubber of ``place`` works with."""
    parts = place.parts
    healing = Repair(parts.catalog, parts.store, parts.disk, FakeIndex(place))
    clock = FrozenClock(Instant(100.0))
    return ScrubParts(parts, Alarms(), clock, Work, None if is_offline else healing)


async def full_pass(parts: ScrubParts) -> Course:
    """Return the course before the end of a pass that began at its beginning."""
    scrubber, course = Scrubber(parts, FAST), Course(0.0)
    for _ in range(255):
        course = await scrubber.scrub_shelf(course)
    return course


async def test_sound_store_is_read_and_left_alone(place: Place) -> None:
    """Every file, with a row or without."""
    before = place.files()
    course = await full_pass(parts_of(place))

    assert (course.files, course.wrong) == (3, 0)
    assert course.bytes == sum(map(len, CONTENTS.values()))
    assert place.files() == before


async def test_damaged_file_is_put_away_and_fetched_anew(place: Place) -> None:
    """Also if this process has proven it before, and its stamp says nothing. Fault F38."""
    assert await place.store.find(FIRST) is not None
    place.store.path(FIRST).write_bytes(b"wrong")

    course = await full_pass(parts_of(place))

    assert (course.wrong, course.healed, course.total_wrong) == (1, 1, 1)
    assert place.store.path(FIRST).read_bytes() == CONTENTS[FIRST]
    assert place.quarantined() == [b"wrong"]


async def test_missing_file_is_fetched_anew(place: Place) -> None:
    """The catalog promises it. Fault F39."""
    place.store.path(SECOND).unlink()

    course = await full_pass(parts_of(place))

    assert (course.wrong, course.healed) == (1, 1)
    assert place.store.path(SECOND).read_bytes() == CONTENTS[SECOND]


async def test_offline_nothing_is_fetched(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """What is damaged is told and never served."""
    place.store.path(FIRST).write_bytes(b"wrong")

    course = await full_pass(parts_of(place, is_offline=True))

    assert (course.wrong, course.healed) == (1, 0)
    assert not place.store.path(FIRST).exists()
    assert "nobody may be asked" in caplog.text


async def test_file_that_the_disk_cannot_read_stays_and_is_an_alarm(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be as right as ever. Fault F37."""
    parts, before = parts_of(place), place.files()

    def read(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "read", read)
        course = await full_pass(parts)

    assert course.wrong == 3
    assert course.healed == 0
    assert place.files() == before
    assert parts.alarms.lasting.keys() == {Trouble.UNREADABLE}


async def test_catalog_that_cannot_be_read_is_an_error(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same shelf is read again when it can."""

    def walk(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("wheelyard.mirror.scrub.list_shelf", walk)
    with pytest.raises(Unavailable, match="Permission denied"):
        await Scrubber(parts_of(place), FAST).scrub_shelf(Course(0.0))


async def test_only_one_scrubs_and_what_it_did_is_written_down(place: Place) -> None:
    """Of two on one data directory; the second one takes its turn when the first is gone."""
    place.store.path(FIRST).write_bytes(b"wrong")
    parts = parts_of(place)

    async def has_ended() -> bool:
        course = await place.parts.catalog.scrubs.load()
        return course is not None and course.ended_at is not None

    with anyio.fail_after(180):
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(Scrubber(parts, FAST).run)
            while not await has_ended():  # noqa: ASYNC110  the catalog has no event
                await anyio.sleep(0.001)
            tasks.cancel_scope.cancel()

    course = await place.parts.catalog.scrubs.load()
    assert course is not None
    assert course.total_wrong == 1
    assert list((place.path / "locks").iterdir()) == []


async def test_speed_is_bounded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each piece it rests for as long as that much should have taken."""
    rests: list[float] = []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr("wheelyard.mirror.scrub.anyio.sleep", sleep)
    scrubber, course = Scrubber(parts_of(place), Pace(days=0.0, bytes_per_second=1000)), Course(0.0)
    for _ in range(255):
        course = await scrubber.scrub_shelf(course)

    expected = course.bytes / 1000
    assert 0.5 * expected < sum(rests) <= expected


async def test_clients_come_first(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a download runs nothing more is read, but for a minute at a time at most."""
    rests: list[float] = []
    now = [1000.0]

    async def sleep(seconds: float) -> None:
        rests.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("wheelyard.mirror.scrub.anyio.sleep", sleep)
    monkeypatch.setattr("wheelyard.mirror.scrub.anyio.current_time", lambda: now[0])
    parts = parts_of(place)
    busy = ScrubParts(parts.store, parts.alarms, parts.clock, lambda: Work(0, 1))
    scrubber, course = Scrubber(busy, FAST), Course(0.0)
    for _ in range(255):
        course = await scrubber.scrub_shelf(course)

    assert course.files == 3
    assert 60 <= sum(rests) <= 3 * 61
