"""Held files: names of blobs, and a coarse note of their use."""

from dataclasses import replace

import pytest

from wheelyard.catalog import Catalog, HeldRow, LedgerRow, OddPathRow
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Conflict
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
ROW = HeldRow(
    sha256=Sha256("a" * 64),
    owner="pypi",
    project=FLASK,
    filename=Filename("flask-1.0.tar.gz"),
    size=5_000_000_000,
    stored_at=Instant(100.25),
    last_used_at=Instant(100.25),
)
ENTRY = LedgerRow("pypi", FLASK, ROW.filename, ROW.sha256, ROW.size, Instant(100.25), "pypi")
PATH = OddPathRow("pypi", "/x/42/download", FLASK, ROW.filename)
DAY = 86_400
HOUR = 3_600


async def test_kept_file_is_in_ledger_and_store_and_at_its_path(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """One call writes down all that follows from a proven download."""
    bound = await catalog.held.keep(ENTRY, PATH)

    assert bound == ENTRY == await catalog.ledger.load("pypi", FLASK, ROW.filename)
    expected = replace(ROW, stored_at=clock.now(), last_used_at=clock.now())
    assert await catalog.held.find(ROW.sha256) == (expected,)
    assert await catalog.odd_paths.load("pypi", "/x/42/download") == PATH


async def test_file_kept_again_changes_nothing(catalog: Catalog, clock: FrozenClock) -> None:
    """The first note is the one that counts, in both tables."""
    await catalog.held.keep(ENTRY)
    held = await catalog.held.find(ROW.sha256)
    clock.forward(DAY)

    assert await catalog.held.keep(replace(ENTRY, first_seen=clock.now())) == ENTRY

    assert await catalog.held.find(ROW.sha256) == held


async def test_file_with_other_bytes_is_not_held(catalog: Catalog) -> None:
    """Without evidence there is no file: the conflict leaves no trace of it."""
    other = Sha256("b" * 64)
    await catalog.held.keep(ENTRY)

    with pytest.raises(Conflict):
        await catalog.held.keep(replace(ENTRY, sha256=other), PATH)

    assert await catalog.held.find(other) == ()
    assert await catalog.odd_paths.load("pypi", "/x/42/download") is None


async def test_blob_is_found_under_every_name(catalog: Catalog) -> None:
    """The same bytes may be held for two owners."""
    private = replace(ROW, owner="private")
    await catalog.held.save(ROW)
    await catalog.held.save(private)

    assert await catalog.held.find(ROW.sha256) == (private, ROW)


async def test_projects_are_those_with_a_held_file(catalog: Catalog) -> None:
    """Each once, in order, of one owner."""
    other = Filename("flask-2.0.tar.gz")
    await catalog.held.save(ROW)
    await catalog.held.save(replace(ROW, filename=other))
    await catalog.held.save(replace(ROW, project=ProjectName("click")))
    await catalog.held.save(replace(ROW, owner="private", project=ProjectName("secret")))

    assert await catalog.held.projects("pypi") == ("click", "flask")


async def test_blob_saved_again_keeps_its_first_note(catalog: Catalog) -> None:
    """When it was stored is when it was stored first."""
    await catalog.held.save(ROW)

    await catalog.held.save(replace(ROW, stored_at=Instant(999), last_used_at=Instant(999)))

    assert await catalog.held.find(ROW.sha256) == (ROW,)


async def test_use_a_day_later_is_noted(catalog: Catalog, clock: FrozenClock) -> None:
    """Eviction sees which files are still wanted."""
    await catalog.held.save(replace(ROW, last_used_at=clock.now()))
    clock.forward(DAY)

    await catalog.held.used([ROW.sha256])

    (row,) = await catalog.held.find(ROW.sha256)
    assert row.last_used_at == clock.now()


async def test_use_within_an_hour_is_not_written(catalog: Catalog, clock: FrozenClock) -> None:
    """A popular file costs one write an hour."""
    start = clock.now()
    await catalog.held.save(replace(ROW, last_used_at=start))
    clock.forward(HOUR - 1)

    await catalog.held.used([ROW.sha256])

    (row,) = await catalog.held.find(ROW.sha256)
    assert row.last_used_at == start


async def test_use_of_nothing_or_the_unknown_is_harmless(catalog: Catalog) -> None:
    """A file may be collected between its use and the note of it."""
    await catalog.held.used([])
    await catalog.held.used([ROW.sha256])

    assert await catalog.held.find(ROW.sha256) == ()


async def test_files_of_a_project_are_those_of_one_owner(catalog: Catalog) -> None:
    """What can be served of a project without an upstream, by file name."""
    wheel = replace(ROW, filename=Filename("flask-1.0-py3-none-any.whl"), sha256=Sha256("b" * 64))
    for row in (ROW, wheel, replace(ROW, owner="private")):
        await catalog.held.save(row)

    assert await catalog.held.of_project("pypi", FLASK) == (wheel, ROW)


async def test_shelf_has_the_digests_that_begin_like_it(catalog: Catalog) -> None:
    """The first and the last of them too, and none of the next shelf."""
    digests = [Sha256(start + 62 * rest) for start in ("aa", "ab", "b0") for rest in "0f"]
    for digest in reversed(digests):
        await catalog.held.save(replace(ROW, sha256=digest))

    assert [row.sha256 for row in await catalog.held.of_shelf("ab")] == digests[2:4]
    assert await catalog.held.of_shelf("ac") == ()


async def test_removed_blob_is_gone_under_every_name(catalog: Catalog) -> None:
    """A blob that turned out damaged is held by nobody."""
    await catalog.held.save(ROW)
    await catalog.held.save(replace(ROW, owner="private"))

    await catalog.held.remove(ROW.sha256)

    assert await catalog.held.find(ROW.sha256) == ()


async def test_file_is_unlisted_from_the_first_look_that_missed_it(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """The grace period counts from there, and a file that comes back is as if it never left."""
    await catalog.held.save(ROW)
    began = clock.now()

    first = await catalog.held.note_unlisted("pypi", FLASK, [], began)
    again = await catalog.held.note_unlisted("pypi", FLASK, [], Instant(began + DAY))
    (lost,) = await catalog.held.find(ROW.sha256)
    await catalog.held.note_unlisted("pypi", FLASK, [ROW.filename], clock.now())

    assert (first, again, lost.unlisted_at) == (1, 0, began)
    assert await catalog.held.find(ROW.sha256) == (ROW,)


async def test_unlisted_is_a_matter_of_one_owner_and_project(catalog: Catalog) -> None:
    """Another index may list the same bytes still."""
    other = replace(ROW, owner="private")
    for row in (ROW, other):
        await catalog.held.save(row)

    await catalog.held.note_unlisted("pypi", FLASK, [], Instant(7.0))

    assert await catalog.held.find(ROW.sha256) == (other, replace(ROW, unlisted_at=Instant(7.0)))


async def test_held_under_one_name_is_not_held_under_another(catalog: Catalog) -> None:
    """The bytes may be here all the same."""
    await catalog.held.save(ROW)

    assert await catalog.held.has(ROW)
    assert not await catalog.held.has(replace(ROW, owner="private"))
