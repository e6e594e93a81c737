"""Drafts: an index goes in page by page."""

import hashlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from publish.snapshot.small_index import (
    ABOUT,
    CLICK,
    DAYS,
    FAST,
    FLASK_1,
    drafted,
    make_snapshot,
    metadata,
    small_index,
    wheel,
)
from wheelyard.blobs import DiskThreads, LocalBlobs, MemoryBlob, Quarantine
from wheelyard.errors import Corrupt, Unavailable
from wheelyard.model import ProjectStatus
from wheelyard.names import ProjectName, Sha256
from wheelyard.publish.snapshot import open_draft

pytestmark = pytest.mark.anyio


def column(path: Path, query: str) -> list[object]:
    """Return the first column of what a query brings."""
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute(query)]
    finally:
        connection.close()


async def test_snapshot_has_what_is_shown_but_for_quarantine(tmp_path: Path) -> None:
    """Each project, and no trace of the one in quarantine or of people."""
    report = await make_snapshot(small_index(), tmp_path / "s.sqlite")
    content = (tmp_path / "s.sqlite").read_bytes()

    assert column(tmp_path / "s.sqlite", "SELECT name FROM projects") == [
        *("click", "early", "fast", "flask", "old-stuff", "withdrawn"),
    ]
    assert (report.projects, report.releases, report.files) == (6, 12, 13)
    for word in (b"hostile", b"malware", b"not-shown", b"people.example", b"Ann", b"Bob"):
        assert word not in content


async def test_next_snapshot_reads_only_what_has_changed(tmp_path: Path) -> None:
    """Of a page that is as before no metadata are read."""
    shown, working = small_index(), tmp_path / "w"
    await make_snapshot(shown, tmp_path / "s.sqlite", working)
    asked_first, shown.asked = shown.asked, []
    new = metadata("click", "Requires-Dist: colorama")
    shown.hold(new)
    shown.put("click", *shown.pages[ProjectName("click")].files, wheel("click-9.0", new))
    report = await make_snapshot(shown, tmp_path / "s.sqlite", working)
    fresh = await make_snapshot(shown, tmp_path / "fresh.sqlite")

    assert len(asked_first) == 8
    assert sorted(shown.asked[:4]) == [
        *("click-7.0-py2.py3-none-any.whl", "click-8.0-py3-none-any.whl"),
        *("click-8.1-py3-none-any.whl", "click-9.0-py3-none-any.whl"),
    ]
    assert (report.changed, report.is_new, fresh.is_new) == (1, False, True)
    assert report.sha256 == fresh.sha256


async def test_project_that_goes_into_quarantine_is_gone(tmp_path: Path) -> None:
    """With everything that was known of it."""
    shown, working = small_index(), tmp_path / "w"
    await make_snapshot(shown, tmp_path / "s.sqlite", working)
    flask = shown.pages[ProjectName("flask")]
    shown.pages[flask.name] = msgspec.structs.replace(flask, status=ProjectStatus("quarantined"))
    report = await make_snapshot(shown, tmp_path / "s.sqlite", working)

    assert report.removed == 1
    assert b"flask" not in (tmp_path / "s.sqlite").read_bytes().lower().replace(
        b"framework :: flask :: extension", b""
    )


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("metadata", "the disk failed"),
        Corrupt("metadata", expected="a", actual="b"),
    ],
)
async def test_metadata_that_cannot_be_read_are_tried_again(
    error: Unavailable | Corrupt, tmp_path: Path
) -> None:
    """The snapshot is made without; the next one has them, though no page has changed."""
    shown, working = small_index(), tmp_path / "w"
    shown.failing["flask-1.0-py3-none-any.whl"] = error
    without = await make_snapshot(shown, tmp_path / "s.sqlite", working)
    known = "SELECT metadata_from IS NOT NULL FROM releases WHERE project = 'flask' ORDER BY 1"
    known_before = column(tmp_path / "s.sqlite", known)
    shown.failing.clear()
    report = await make_snapshot(shown, tmp_path / "s.sqlite", working)
    fresh = await make_snapshot(shown, tmp_path / "fresh.sqlite")

    assert (without.unread, known_before) == (1, [0, 1, 1])
    assert (report.unread, report.changed) == (0, 1)
    assert report.sha256 == fresh.sha256


async def test_metadata_that_say_nothing_are_none(tmp_path: Path) -> None:
    """They are not tried again: they will say the same."""
    shown, working = small_index(), tmp_path / "w"
    shown.hold(b"nothing")
    shown.put("empty", wheel("empty-1.0", b"nothing"))
    await make_snapshot(shown, tmp_path / "s.sqlite", working)
    report = await make_snapshot(shown, tmp_path / "s.sqlite", working)

    assert (report.changed, report.unread) == (0, 0)
    assert column(
        tmp_path / "s.sqlite", "SELECT metadata_from FROM releases WHERE project = 'empty'"
    ) == [None]


async def test_metadata_without_end_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory has an end."""
    monkeypatch.setattr("wheelyard.publish.snapshot.drafting._MAX_METADATA_BYTES", 10)
    report = await make_snapshot(small_index(), tmp_path / "s.sqlite")

    assert column(tmp_path / "s.sqlite", "SELECT count(*) FROM requirements") == [0]
    assert report.unread == 0


async def test_metadata_that_are_held_are_read_without_asking(tmp_path: Path) -> None:
    """Only for what is not held, or is damaged, somebody is asked who can heal it."""
    shown, blobs = small_index(), tmp_path / "blobs"
    store = LocalBlobs(blobs, tmp_path, DiskThreads(), Quarantine(tmp_path / "quarantine"))
    for content in shown.contents.values():
        path = store.path(Sha256(hashlib.sha256(content).hexdigest()))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if content != FAST else b"damaged")
    async with open_draft(tmp_path / "w", shown, store) as draft:
        for name in sorted(shown.pages):
            await draft.add(shown.pages[name], shown.written[name])
        report = await draft.finish(tmp_path / "s.sqlite", ABOUT)
    without = await make_snapshot(small_index(), tmp_path / "without.sqlite", days=())

    assert {name.partition("-")[0] for name in shown.asked} == {"fast"}
    assert report.sha256 == without.sha256


async def test_page_that_is_told_twice_counts_as_told_last(tmp_path: Path) -> None:
    """Whoever walks an index may come back to a page."""
    shown = small_index()
    flask = shown.pages[ProjectName("flask")]
    async with open_draft(tmp_path / "w", shown) as draft:
        await draft.add(msgspec.structs.replace(flask, files=()), "Flask")
        await draft.add(flask, "Flask")
        await draft.remove([ProjectName("nobody")])
        await draft.add(flask, "Flask")
        await draft.add(msgspec.structs.replace(flask, files=flask.files[:1]), "Flask")
        report = await draft.finish(tmp_path / "s.sqlite", ABOUT)

    assert (report.projects, report.files) == (1, 1)


async def test_mark_is_that_of_the_last_snapshot_that_was_finished(tmp_path: Path) -> None:
    """Who knows it knows from when to tell changes; a draft that was given up changes nothing."""
    shown = small_index()
    await make_snapshot(shown, tmp_path / "s.sqlite", tmp_path / "w")
    async with open_draft(tmp_path / "w", shown) as draft:
        mark, is_new = draft.mark, draft.is_new
        await draft.remove([ProjectName("flask")])
    async with open_draft(tmp_path / "w", shown) as draft:
        mark_again = draft.mark
        report = await draft.finish(tmp_path / "s.sqlite", ABOUT, "next")

    assert (mark, is_new, mark_again) == ("mark", False, "mark")
    assert (report.projects, report.is_same) == (6, True)


async def test_snapshot_that_could_not_be_written_has_no_mark(tmp_path: Path) -> None:
    """Whoever tells only changes has to tell everything again."""
    shown = small_index()
    await make_snapshot(shown, tmp_path / "s.sqlite", tmp_path / "w")
    with pytest.raises(Unavailable):
        await make_snapshot(shown, tmp_path / "missing" / "s.sqlite", tmp_path / "w")
    async with open_draft(tmp_path / "w", shown) as draft:
        assert (draft.mark, draft.is_new) == ("", False)


async def test_days_are_counted_anew_one_by_one(tmp_path: Path) -> None:
    """A day of which nothing more was counted stays; one that was forgotten goes."""
    shown = small_index()
    async with drafted(shown, tmp_path / "w") as draft:
        for day in DAYS:
            await draft.put_day(day)
        await draft.finish(tmp_path / "s.sqlite", ABOUT)
    async with open_draft(tmp_path / "w", shown) as draft:
        counted = await draft.day_counts()
        await draft.forget_days(["2026-01-01"])
        await draft.put_day(replace(DAYS[1], counted="13 1", projects={"flask": (9, 9)}))
        await draft.finish(tmp_path / "s.sqlite", ABOUT)

    assert counted == {"2026-01-01": "5 2", "2026-01-02": "12 1"}
    assert column(tmp_path / "s.sqlite", "SELECT day || downloads FROM downloads_daily") == [
        "2026-01-029"
    ]


def test_blob_of_metadata_is_what_a_repository_gives() -> None:
    """The fake repository of these tests gives what the real one does."""
    blob = MemoryBlob(CLICK, Sha256("00" * 32))

    assert (blob.size, FLASK_1 != CLICK) == (len(CLICK), True)
