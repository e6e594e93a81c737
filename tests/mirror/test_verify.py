"""Every row has its file, every file is what its name says; nothing is changed by looking."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from mirror.stores import CONTENTS, FIRST, SECOND, THIRD, Place, open_place
from wheelyard.mirror import Finding, Kind, Report, Tally, verify

pytestmark = pytest.mark.anyio


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Return a store of three files, the third of them without a row."""
    async with open_place(tmp_path) as found:
        yield found


async def verified(place: Place) -> Report:
    """Return the report, after making sure that nothing was changed by making it."""
    before = place.files()
    report = await verify(place.parts, lambda _: None)
    assert place.files() == before
    return report


def only(report: Report) -> Finding:
    """Return the one finding that there is."""
    (finding,) = report.findings
    return finding


async def test_sound_store_has_no_findings(place: Place) -> None:
    """All is read; a good file that nobody has a name for is counted, and is all right."""
    report = await verified(place)

    size = sum(len(content) for content in CONTENTS.values())
    orphan = str(place.store.path(THIRD).relative_to(place.store.directory))
    assert report == Report(files=3, bytes=size, nameless=1, orphans=(orphan,))
    assert report.is_sound


async def test_progress_is_told_after_every_file(place: Place) -> None:
    """In files and in bytes, up to all of them."""
    seen: list[tuple[int, int]] = []

    def tell(tally: Tally) -> None:
        seen.append((tally.files, tally.bytes))

    report = await verify(place.parts, tell)

    assert [files for files, _ in seen] == [1, 2, 3]
    assert seen[-1] == (report.files, report.bytes)


@pytest.mark.parametrize(
    ("bytes_now", "detail"),
    [
        (b"x" * len(CONTENTS[FIRST]), "it has other bytes"),
        (CONTENTS[FIRST][:5], f"it has 5 of {len(CONTENTS[FIRST])} bytes"),
        (b"", f"it has 0 of {len(CONTENTS[FIRST])} bytes"),
    ],
)
async def test_damaged_file_is_found(place: Place, bytes_now: bytes, detail: str) -> None:
    """With every name under which it is held. Fault F38."""
    place.store.path(FIRST).write_bytes(bytes_now)

    report = await verified(place)

    finding = only(report)
    assert (finding.kind, finding.sha256, finding.detail) == (Kind.DAMAGED, FIRST, detail)
    assert finding.names == ("first-1.0.tar.gz",)
    assert finding.path.endswith(FIRST)
    assert not report.is_sound


async def test_missing_file_is_found(place: Place) -> None:
    """The catalog promises it. Fault F39."""
    place.store.path(SECOND).unlink()

    finding = only(await verified(place))

    assert (finding.kind, finding.sha256) == (Kind.MISSING, SECOND)


async def test_file_that_somebody_is_fetching_is_not_missing(place: Place) -> None:
    """A server that heals it at this moment is not something wrong."""
    place.store.path(SECOND).unlink()
    lock = await place.parts.disk.run(place.parts.locks.try_lock, SECOND)
    assert lock is not None

    report = await verified(place)
    await place.parts.disk.run(lock.release)

    assert report.findings == ()


async def test_damaged_file_without_a_row_is_found(place: Place) -> None:
    """It would be served as somebody's metadata."""
    place.store.path(THIRD).write_bytes(b"")

    finding = only(await verified(place))

    assert (finding.kind, finding.names) == (Kind.DAMAGED, ())


@pytest.mark.parametrize("where", ["notes.txt", "ab/notes.txt"])
async def test_file_that_no_store_has_put_there_is_unknown(place: Place, where: str) -> None:
    """Beside the shelves or on one."""
    stray = place.store.directory / where
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"mine")

    finding = only(await verified(place))

    assert (finding.kind, finding.path, finding.sha256) == (Kind.UNKNOWN, where, "")


async def test_blob_under_two_names_is_read_once(place: Place) -> None:
    """The same bytes have one place, and one line in the report."""
    (row,) = await place.parts.catalog.held.find(FIRST)
    await place.parts.catalog.held.save(replace(row, owner="private"))
    place.store.path(FIRST).unlink()

    report = await verified(place)

    assert report.files == 2
    assert only(report).names == ("first-1.0.tar.gz",)


def test_report_is_sound_once_everything_is_healed() -> None:
    """What was found and mended is not wrong any more; what was only found is."""
    healed = Finding(Kind.DAMAGED, "x", is_healed=True)

    assert Report(1, 1, 0, (healed,)).is_sound
    assert not Report(1, 1, 0, (healed, Finding(Kind.MISSING, "y", is_healed=False))).is_sound
    assert not Report(1, 1, 0, (Finding(Kind.MISSING, "y"),)).is_sound
