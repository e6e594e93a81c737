"""Names and blobs that go, looked at once more in the transaction that takes them."""

from dataclasses import replace

import pytest

from support.hosted_files import MAIN_OWNER, hosted_file, publish
from wheelyard.catalog import Catalog, HeldRow, MetadataRow
from wheelyard.clock import FrozenClock, Instant
from wheelyard.decide.evict import Reason, Removal
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

DIGEST = Sha256("ab" + "0" * 62)
METADATA = Sha256("cd" + "0" * 62)
ROW = HeldRow(
    DIGEST,
    "corp",
    ProjectName("demo"),
    Filename("demo-1.0-py3-none-any.whl"),
    10,
    Instant(1.0),
    Instant(2.0),
)


async def planned(catalog: Catalog, *, takes_blob: bool = True) -> Removal:
    """Return the removal of all that is known of the file now."""
    blob = await catalog.blob_names.of_digest(DIGEST)
    assert blob is not None
    return Removal(blob, blob.names, Reason.QUOTA, takes_blob=takes_blob)


async def test_names_go_with_a_row_of_the_journal_each(catalog: Catalog) -> None:
    """A server sees them; the blob is loose then."""
    for row in (ROW, replace(ROW, owner="other")):
        await catalog.held.save(row)

    [removed] = await catalog.removals.remove_names([await planned(catalog)])

    assert removed.loose == (DIGEST,)
    assert await catalog.held.find(DIGEST) == ()
    rows = await catalog.journal.since(0)
    assert [(row.kind, row.owner) for row in rows] == [
        ("file.removed", "corp"),
        ("file.removed", "other"),
    ]
    assert rows[0].detail["reason"] == "quota"


async def test_removal_of_one_name_leaves_the_blob(catalog: Catalog) -> None:
    """Another one has it."""
    for row in (ROW, replace(ROW, owner="other")):
        await catalog.held.save(row)
    removal = await planned(catalog, takes_blob=False)

    [removed] = await catalog.removals.remove_names([replace(removal, names=removal.names[:1])])

    assert removed.loose == ()
    assert [row.owner for row in await catalog.held.find(DIGEST)] == ["other"]


async def test_metadata_go_with_their_wheel(catalog: Catalog) -> None:
    """Both are loose, and nothing says any more whose they are."""
    await catalog.held.save(ROW)
    await catalog.metadata_files.save(MetadataRow(DIGEST, METADATA, 5, "wheel", Instant(1.0)))

    [removed] = await catalog.removals.remove_names([await planned(catalog)])

    assert removed.loose == (DIGEST, METADATA)
    assert await catalog.metadata_files.load(DIGEST) is None


async def test_metadata_of_another_wheel_stay(catalog: Catalog) -> None:
    """Two wheels may have the same."""
    await catalog.held.save(ROW)
    for wheel in (DIGEST, Sha256("ef" + "0" * 62)):
        await catalog.metadata_files.save(MetadataRow(wheel, METADATA, 5, "wheel", Instant(1.0)))

    [removed] = await catalog.removals.remove_names([await planned(catalog)])

    assert removed.loose == (DIGEST,)


async def test_what_is_not_as_planned_stays(catalog: Catalog, clock: FrozenClock) -> None:
    """Somebody used it since."""
    await catalog.held.save(ROW)
    removal = await planned(catalog)
    clock.forward(10_000)
    await catalog.held.used([DIGEST])

    assert await catalog.removals.remove_names([removal]) == ()
    assert await catalog.held.find(DIGEST) != ()


async def test_only_what_nothing_names_is_put_away(catalog: Catalog) -> None:
    """It is asked in the transaction in which nobody else can write."""
    await catalog.held.save(ROW)
    asked: list[Sha256] = []

    def put_away(digest: Sha256) -> bool:
        asked.append(digest)
        return digest == METADATA

    gone = Sha256("99" + "0" * 62)

    assert await catalog.removals.put_away([DIGEST, METADATA, gone], put_away) == (METADATA,)
    assert asked == [METADATA, gone]


async def test_file_of_our_own_that_was_replaced_is_noted(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """A volatile index has other bytes for its name: the old ones count from now."""
    file = hosted_file("ours-1.0.tar.gz")
    await publish(catalog, file.filename)
    old = replace(ROW, sha256=METADATA, owner=MAIN_OWNER, project=file.project)
    await catalog.held.save(replace(old, filename=file.filename))
    await catalog.held.save(ROW)

    first = await catalog.removals.note_replaced()
    again = await catalog.removals.note_replaced()

    assert (first, again) == (1, 0)
    [replaced] = await catalog.held.find(METADATA)
    [listed] = await catalog.held.find(file.sha256)
    assert (replaced.unlisted_at, listed.unlisted_at) == (clock.now(), None)
