"""What is wrong is put away and fetched anew, as for any client."""

import errno
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mirror.stores import CONTENTS, FIRST, SECOND, THIRD, Place, open_place
from support.hosted_files import publish
from wheelyard.blobs import Blob
from wheelyard.errors import Absent, Unavailable
from wheelyard.mirror import Finding, Repair, Report, repair, verify
from wheelyard.model import File, FileRef, Project, ProjectList
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class FakeIndex:
    """An index that lists both files, and fills the store when one is asked for."""

    place: Place
    is_down: bool = False
    unlisted: set[Sha256] = field(default_factory=set)
    before_put: Callable[[], None] = lambda: None

    async def projects(self) -> ProjectList:
        """Nobody asks."""
        raise Absent("The list")

    async def project(self, name: ProjectName) -> Project:
        """Return the page of one of the projects."""
        digest = {"first": FIRST, "second": SECOND}[name]
        filename = Filename(f"{name}-1.0.tar.gz")
        file = File(filename=filename, url="http://index.example/x", hashes=(("sha256", digest),))
        return Project(name=name, files=() if digest in self.unlisted else (file,))

    async def file(self, ref: FileRef) -> Blob:
        """Fetch a file."""
        if self.is_down:
            raise Unavailable(f"`{ref.file.filename}`", "nobody listens there")
        assert ref.file.sha256 is not None
        self.before_put()
        await self.place.store.put(CONTENTS[ref.file.sha256])
        blob = await self.place.store.find(ref.file.sha256)
        assert blob is not None
        return blob

    async def metadata(self, ref: FileRef) -> Blob:
        """Nobody asks."""
        raise Absent(f"`{ref.file.filename}`")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Return a store of three files, the third of them without a row."""
    async with open_place(tmp_path) as found:
        yield found


async def found(place: Place) -> Finding:
    """Return the one thing that is wrong."""
    (finding,) = (await verify(place.parts, lambda _: None)).findings
    return finding


async def repaired(place: Place, index: FakeIndex) -> Finding:
    """Return what has become of the one thing that was wrong."""
    parts = place.parts
    return await repair(Repair(parts.catalog, parts.store, parts.disk, index), await found(place))


async def is_sound(place: Place) -> bool:
    """Say whether a second look finds nothing."""
    report: Report = await verify(place.parts, lambda _: None)
    return report.is_sound


async def test_damaged_file_is_put_away_and_fetched_anew(place: Place) -> None:
    """Right bytes in the store, wrong bytes in the quarantine. Fault F38."""
    place.store.path(FIRST).write_bytes(b"wrong")

    finding = await repaired(place, FakeIndex(place))

    assert (finding.is_healed, finding.outcome) == (True, "fetched anew")
    assert place.quarantined() == [b"wrong"]
    assert await is_sound(place)


async def test_missing_file_is_fetched_anew(place: Place) -> None:
    """Fault F39."""
    place.store.path(SECOND).unlink()

    finding = await repaired(place, FakeIndex(place))

    assert finding.is_healed
    assert await is_sound(place)


async def test_file_that_cannot_be_had_is_not_healed(place: Place) -> None:
    """The reason is the doors'; the damaged bytes are out of the way all the same."""
    place.store.path(FIRST).write_bytes(b"wrong")

    finding = await repaired(place, FakeIndex(place, is_down=True))

    assert finding.is_healed is False
    assert "nobody listens there" in finding.outcome
    assert place.quarantined() == [b"wrong"]


async def test_file_that_no_page_lists_any_more_is_not_healed(place: Place) -> None:
    """Another file under its name would be another file."""
    place.store.path(FIRST).unlink()

    finding = await repaired(place, FakeIndex(place, unlisted={FIRST}))

    assert finding.is_healed is False
    assert "`first-1.0.tar.gz` with these bytes does not exist" in finding.outcome


async def test_damaged_file_without_a_name_is_put_away(place: Place) -> None:
    """Metadata are made anew when they are asked for."""
    place.store.path(THIRD).write_bytes(b"wrong")

    finding = await repaired(place, FakeIndex(place))

    assert finding.is_healed
    assert place.quarantined() == [b"wrong"]
    assert await is_sound(place)


async def test_damaged_provenance_of_our_own_file_is_not_healed(place: Place) -> None:
    """It came with an upload, and nobody else has it: to say that all is well would be a lie."""
    await publish(place.parts.catalog, "demo-1.0.tar.gz", provenance_sha256=THIRD)
    index = FakeIndex(place, unlisted={FIRST, SECOND})
    place.store.path(THIRD).write_bytes(b"wrong")
    parts = place.parts
    [wrong] = [
        each for each in (await verify(parts, lambda _: None)).findings if each.sha256 == THIRD
    ]

    finding = await repair(Repair(parts.catalog, parts.store, parts.disk, index), wrong)

    assert finding.is_healed is False
    assert "provenance of a file of our own" in finding.outcome
    assert place.quarantined() == [b"wrong"]


async def test_unknown_file_is_put_away(place: Place) -> None:
    """It is nobody's in the store, and not lost."""
    (place.store.directory / "notes.txt").write_bytes(b"mine")

    finding = await repaired(place, FakeIndex(place))

    assert finding.is_healed
    assert place.quarantined() == [b"mine"]
    assert await is_sound(place)


async def test_file_that_was_healed_meanwhile_is_left_alone(place: Place) -> None:
    """A running server was faster."""
    place.store.path(FIRST).write_bytes(b"wrong")
    finding = await found(place)
    await FakeIndex(place).file(
        FileRef(
            project=ProjectName("first"),
            file=File(filename=Filename("x-1.tar.gz"), url="", hashes=(("sha256", FIRST),)),
        )
    )

    parts = place.parts
    work = Repair(parts.catalog, parts.store, parts.disk, FakeIndex(place, is_down=True))
    assert (await repair(work, finding)).is_healed


async def test_disk_that_refuses_is_an_outcome(place: Place) -> None:
    """One file that cannot be moved does not end the run."""
    (place.store.directory / "notes.txt").write_bytes(b"mine")
    (place.path / "quarantine").write_bytes(b"a file in its place")

    finding = await repaired(place, FakeIndex(place))

    assert finding.is_healed is False
    assert finding.outcome.startswith("the disk says: ")


def unreadable(patch: pytest.MonkeyPatch) -> None:
    """Have the disk read nothing any more."""

    def read(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    patch.setattr(os, "read", read)


async def test_file_that_the_disk_cannot_read_is_replaced(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person asked for it: a good one from elsewhere, the old one in the quarantine. F37."""
    index = FakeIndex(place)
    place.store.path(FIRST).write_bytes(b"cannot be read")
    finding = await found(place)
    parts = place.parts
    with monkeypatch.context() as broken:
        unreadable(broken)
        index.before_put = broken.undo
        healed = await repair(Repair(parts.catalog, parts.store, parts.disk, index), finding)

    assert (healed.is_healed, healed.outcome) == (True, "fetched anew")
    assert place.store.path(FIRST).read_bytes() == CONTENTS[FIRST]
    assert place.quarantined() == [b"cannot be read"]


async def test_file_that_the_disk_cannot_read_stays_if_there_is_no_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be the last copy, and right: nothing is worse than before. F37."""
    index = FakeIndex(place, is_down=True)
    place.store.path(FIRST).write_bytes(b"cannot be read")
    finding, before = await found(place), place.files()
    parts = place.parts
    with monkeypatch.context() as broken:
        unreadable(broken)
        healed = await repair(Repair(parts.catalog, parts.store, parts.disk, index), finding)

    assert healed.is_healed is False
    assert "nobody listens there" in healed.outcome
    assert place.files() == before
