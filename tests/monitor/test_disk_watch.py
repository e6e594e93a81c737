"""The disk is watched: an alarm ends when everything works again, and not before."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from wheelyard.blobs import Alarms, Trouble
from wheelyard.catalog import DataDirectory, open_directory
from wheelyard.clock import FrozenClock
from wheelyard.errors import Unavailable
from wheelyard.monitor import DiskWatch

pytestmark = pytest.mark.anyio

TOO_MUCH = 1 << 60


@dataclass(slots=True)
class FakeCatalog:
    """A catalog that can be written, or cannot."""

    error: Unavailable | None = None
    writes: list[None] = field(default_factory=list)

    async def prove_writable(self) -> None:
        """Write, or fail."""
        if self.error is not None:
            raise self.error
        self.writes.append(None)


@pytest.fixture
def directory(tmp_path: Path, clock: FrozenClock) -> Iterator[DataDirectory]:
    """Return an open data directory."""
    with open_directory(tmp_path / "data", clock) as opened:
        yield opened


async def test_healthy_disk_is_not_written_to(directory: DataDirectory) -> None:
    """A look once a second must cost nothing."""
    catalog = FakeCatalog()
    watch = DiskWatch(Alarms(), directory, catalog, 0)

    await watch.look()

    assert watch.alarms.lasting == {}
    assert catalog.writes == []


async def test_little_room_is_an_alarm_before_anything_fails(directory: DataDirectory) -> None:
    """And the setting is named."""
    watch = DiskWatch(Alarms(), directory, FakeCatalog(), TOO_MUCH)

    await watch.look()

    assert "min_free_bytes" in watch.alarms.lasting[Trouble.NOT_KEPT].reason


async def test_alarm_ends_when_files_and_rows_can_be_written(directory: DataDirectory) -> None:
    """Without a restart, and without anybody asking for anything."""
    catalog = FakeCatalog(Unavailable("The catalog", "full"))
    watch = DiskWatch(Alarms(), directory, catalog, 0)
    watch.alarms.begin(Trouble.NOT_KEPT, "the disk is full")

    await watch.look()
    during = watch.alarms.lasting
    catalog.error = None
    await watch.look()

    assert during.keys() == {Trouble.NOT_KEPT}
    assert watch.alarms.lasting == {}


async def test_alarm_lasts_while_files_cannot_be_written(
    directory: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room alone is not enough: the disk may be read-only."""

    def refuse(_: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("wheelyard.monitor.disk_watch.prove_writable", refuse)
    watch = DiskWatch(Alarms(), directory, FakeCatalog(), 0)
    watch.alarms.begin(Trouble.NOT_KEPT, "the disk is read-only")

    await watch.look()

    assert watch.alarms.lasting.keys() == {Trouble.NOT_KEPT}


async def test_alarm_of_a_disk_that_says_nothing_of_its_room(
    directory: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is gone is an alarm and no traceback."""

    def fail(_: Path) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("wheelyard.catalog.directory.free_bytes", fail)
    watch = DiskWatch(Alarms(), directory, FakeCatalog(), 0)

    await watch.look()

    assert "Input/output error" in watch.alarms.lasting[Trouble.NOT_KEPT].reason


@pytest.mark.parametrize("is_there", [True, False])
async def test_file_that_can_be_read_again_or_is_gone_is_no_alarm(
    directory: DataDirectory, *, is_there: bool
) -> None:
    """Looked at now and then: it may be a large one."""
    path = directory.blobs / "file"
    if is_there:
        path.write_bytes(b"right")
    watch = DiskWatch(Alarms(), directory, FakeCatalog(), 0)
    watch.alarms.begin(Trouble.UNREADABLE, "it cannot be read", str(path))

    await watch.look()
    at_once = watch.alarms.lasting
    for _ in range(5):
        await watch.look()

    assert at_once.keys() == {Trouble.UNREADABLE}
    assert watch.alarms.lasting == {}


async def test_file_that_still_cannot_be_read_is_an_alarm(directory: DataDirectory) -> None:
    """A directory in its place cannot be read as a file."""
    watch = DiskWatch(Alarms(), directory, FakeCatalog(), 0)
    watch.alarms.begin(Trouble.UNREADABLE, "it cannot be read", str(directory.blobs))
    for _ in range(6):
        await watch.look()

    assert watch.alarms.lasting.keys() == {Trouble.UNREADABLE}
