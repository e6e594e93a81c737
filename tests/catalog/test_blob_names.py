"""What names a blob, wherever in the catalog its digest is."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from support.hosted_files import MAIN_OWNER, SOMEBODY, hosted_file, publish
from wheelyard.catalog import Catalog, HeldRow, MetadataRow
from wheelyard.catalog.blob_names import BesideRow, Unrecorded, select_is_named
from wheelyard.catalog.curation import Removal as Deletion
from wheelyard.catalog.pins import Pin
from wheelyard.clock import FrozenClock, Instant
from wheelyard.decide.evict import Blob, Name
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

DIGEST = Sha256("ab" + "0" * 62)
WHEEL = Sha256("cd" + "0" * 62)
DEMO = ProjectName("demo")
ROW = HeldRow(DIGEST, "corp", DEMO, Filename("demo-1.0.tar.gz"), 10, Instant(1.0), Instant(2.0))
NAME = Name("corp", DEMO, ROW.filename, Instant(2.0))


async def held(catalog: Catalog) -> None:
    """Name it as a held file."""
    await catalog.held.save(ROW)


async def metadata(catalog: Catalog) -> None:
    """Name it as the metadata of a wheel."""
    await catalog.metadata_files.save(MetadataRow(WHEEL, DIGEST, 5, "wheel", Instant(1.0)))


async def own(catalog: Catalog) -> None:
    """Name it as a file of our own."""
    await publish(catalog, "ours-1.0.tar.gz", sha256=DIGEST)


async def own_metadata(catalog: Catalog) -> None:
    """Name it as the metadata of a file of our own."""
    await publish(catalog, "ours-1.0.tar.gz", metadata_sha256=DIGEST)


async def own_provenance(catalog: Catalog) -> None:
    """Name it as the provenance of a file of our own."""
    await publish(catalog, "ours-1.0.tar.gz", provenance_sha256=DIGEST)


async def pin(catalog: Catalog) -> None:
    """Name it as a pinned file."""
    wanted = Pin("corp", DEMO, ROW.filename, "kept", DIGEST, Instant(1.0), "ada", "{}")
    await catalog.pins.add([wanted], SOMEBODY)


@pytest.mark.parametrize("name_it", [held, metadata, own, own_metadata, own_provenance, pin])
async def test_blob_is_named_wherever_its_digest_is(
    catalog: Catalog, name_it: Callable[[Catalog], Awaitable[None]]
) -> None:
    """A place that is forgotten here is a blob that is collected."""
    before = await catalog.read(select_is_named, DIGEST)

    await name_it(catalog)

    assert not before
    assert await catalog.read(select_is_named, DIGEST)
    assert await catalog.blob_names.of_digest(DIGEST) is not None
    assert [blob.sha256 for blob in await catalog.blob_names.of_shelf("ab")] == [DIGEST]
    assert await catalog.blob_names.of_shelf("ac") == ()


async def test_blob_that_nothing_names_is_none(catalog: Catalog) -> None:
    """Which is what a collection looks for."""
    assert await catalog.blob_names.of_digest(DIGEST) is None


async def test_blob_has_all_its_names(catalog: Catalog) -> None:
    """Of every owner, with what else it is."""
    other = replace(ROW, owner="other", last_used_at=Instant(7.0), unlisted_at=Instant(3.0))
    for row in (ROW, other):
        await catalog.held.save(row)
    await metadata(catalog)
    await pin(catalog)

    blob = await catalog.blob_names.of_digest(DIGEST)

    lost = Name("other", DEMO, ROW.filename, Instant(7.0), gone_at=Instant(3.0))
    assert blob == Blob(DIGEST, 10, (NAME, lost), is_pinned=True, is_beside=True)


async def test_file_of_our_own_is_gone_since_it_was_deleted(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """Its tombstone says when; whatever else is noted."""
    file = hosted_file("ours-1.0.tar.gz")
    await publish(catalog, file.filename)
    before = await catalog.blob_names.of_digest(file.sha256)
    clock.forward(5)
    await catalog.curator.delete(Deletion(MAIN_OWNER, file.project, None, ""), SOMEBODY)
    deleted_at = clock.now()
    clock.forward(5)

    after = await catalog.blob_names.of_digest(file.sha256)

    assert before is not None
    assert after is not None
    assert [(name.is_ours, name.gone_at) for name in before.names] == [(True, None)]
    assert [(name.is_ours, name.gone_at) for name in after.names] == [(True, deleted_at)]


async def test_what_goes_with_files_is_found_by_shelf(catalog: Catalog) -> None:
    """With the file that it belongs to, if that is held."""
    await metadata(catalog)
    own_digest = Sha256("ab" + "1" * 62)
    await publish(catalog, "ours-1.0.tar.gz", provenance_sha256=own_digest)
    file = hosted_file("ours-1.0.tar.gz")

    assert await catalog.blob_names.beside("ab") == (
        BesideRow(DIGEST, "metadata", WHEEL),
        BesideRow(own_digest, "provenance", file.sha256, MAIN_OWNER, file.project, file.filename),
    )
    assert await catalog.blob_names.metadata(DIGEST) == (BesideRow(DIGEST, "metadata", WHEEL),)


async def test_longest_unused_come_first_in_pages(catalog: Catalog) -> None:
    """By time, then by digest; of some owners or of all."""
    rows = [
        replace(ROW, sha256=Sha256(f"{number:064x}"), last_used_at=Instant(at), owner=owner)
        for number, (at, owner) in enumerate([(5.0, "corp"), (3.0, "other"), (3.0, "corp")])
    ]
    for row in rows:
        await catalog.held.save(row)
    first = (Instant(-1.0), Sha256(""))

    page = await catalog.blob_names.longest_unused(first, None, 2)
    rest = await catalog.blob_names.longest_unused(page[-1][0], None, 2)
    corp = await catalog.blob_names.longest_unused(first, ["corp"], 9)

    assert [blob.sha256 for _, blob in page] == [rows[1].sha256, rows[2].sha256]
    assert [blob.sha256 for _, blob in rest] == [rows[0].sha256]
    assert [blob.sha256 for _, blob in corp] == [rows[2].sha256, rows[0].sha256]


async def test_bytes_count_once_and_by_owner(catalog: Catalog) -> None:
    """Under however many names they are held."""
    for row in (ROW, replace(ROW, owner="other"), replace(ROW, sha256=WHEEL, size=7)):
        await catalog.held.save(row)

    names = catalog.blob_names

    assert (await names.bytes_of(), await names.bytes_of(["other"])) == (17, 10)
    assert await names.bytes_of(["nobody"]) == 0


async def test_projects_come_in_pages(catalog: Catalog) -> None:
    """So that a mirror of everything is walked through in pieces."""
    for name in ("c", "a", "b"):
        await catalog.held.save(replace(ROW, project=ProjectName(name)))
    await catalog.held.save(replace(ROW, owner="other"))

    names = catalog.blob_names

    assert await names.owners() == ("corp", "other")
    assert await names.projects("corp", ProjectName(""), 2) == ("a", "b")
    assert await names.projects("corp", ProjectName("b"), 2) == ("c",)


async def test_file_of_our_own_that_no_row_says_is_held_is_found(catalog: Catalog) -> None:
    """Its page lists it."""
    file = hosted_file("ours-1.0.tar.gz")
    await publish(catalog, file.filename)
    before = await catalog.blob_names.unrecorded()

    await catalog.held.remove(file.sha256)

    assert before == ()
    assert await catalog.blob_names.unrecorded() == (
        Unrecorded(file.sha256, MAIN_OWNER, file.project, file.filename, file.size),
    )
