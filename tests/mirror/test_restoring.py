"""What goes with a file is found missing, and had again out of the file or from its upstream."""

import io
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mirror.yards import OLD, Yard, open_yard
from support.hosted_files import SOMEBODY, hosted_file
from support.packages import Package, make_sdist, make_wheel
from wheelyard.blobs import Blob
from wheelyard.catalog import HeldRow, Publication
from wheelyard.catalog.blob_names import BesideRow
from wheelyard.errors import Absent, Unavailable
from wheelyard.mirror import Finding, Kind, Repair, repair, verify, verify_evidence
from wheelyard.mirror.restoring import metadata_of
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName, Sha256

pytestmark = pytest.mark.anyio

WHEEL = make_wheel("demo", "1.0")
SDIST = make_sdist("demo", "1.0")


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    """Return an empty data directory."""
    async with open_yard(tmp_path / "data") as opened:
        yield opened


@dataclass(slots=True)
class FakeIndex:
    """An index with one project; what it has of metadata comes into the store when asked for."""

    yard: Yard
    page: Project | None = None
    metadata_bytes: bytes = b""

    async def projects(self) -> ProjectList:
        """Nobody asks."""
        raise Absent("The list")

    async def project(self, name: ProjectName) -> Project:
        """Return the page, if the index is up."""
        if self.page is None:
            raise Unavailable(f"`{name}`", "nobody listens there")
        return self.page

    async def file(self, ref: FileRef) -> Blob:
        """Nobody asks."""
        raise Absent(f"`{ref.file.filename}`")

    async def metadata(self, ref: FileRef) -> Blob:
        """Return the metadata."""
        digest = await self.yard.store.put(self.metadata_bytes)
        blob = await self.yard.store.find(digest)
        assert blob is not None, ref
        return blob


def pkg_info(package: Package) -> bytes:
    """Return the ``PKG-INFO`` of a source archive."""
    with tarfile.open(fileobj=io.BytesIO(package.content)) as archive:
        member = archive.extractfile("demo-1.0/PKG-INFO")
        assert member is not None
        return member.read()


async def look(yard: Yard) -> tuple[Finding, ...]:
    """Return what is wrong, after making sure that looking changed nothing."""
    before = yard.everything()
    report = await verify(yard.parts, lambda _: None)
    assert yard.everything() == before
    return report.findings


async def heal(yard: Yard, index: FakeIndex | None = None) -> Finding:
    """Repair the one thing that is wrong."""
    [finding] = await look(yard)
    index = index or FakeIndex(yard)
    return await repair(Repair(yard.catalog, yard.store, yard.parts.disk, index), finding)


async def wheel_with_metadata(yard: Yard) -> tuple[HeldRow, Sha256]:
    """Hold a wheel and its metadata."""
    wheel = await yard.hold(WHEEL.filename, content=WHEEL.content)
    return wheel, await yard.metadata_of(wheel, WHEEL.metadata or b"")


async def publish(
    yard: Yard,
    package: Package,
    *,
    metadata_sha256: Sha256 | None = None,
    provenance_sha256: Sha256 | None = None,
) -> HeldRow:
    """Publish a file of our own, with its bytes."""
    digest = await yard.put(package.content)
    file = replace(
        hosted_file(package.filename),
        sha256=digest,
        size=len(package.content),
        metadata_sha256=metadata_sha256,
        provenance_sha256=provenance_sha256,
    )
    await yard.catalog.hosting.publish(Publication(file, file.project), SOMEBODY)
    [row] = await yard.catalog.held.find(digest)
    return row


async def test_missing_metadata_of_a_wheel_are_found_and_read_out_of_it(yard: Yard) -> None:
    """Nobody has to be asked for them. A-36."""
    wheel, metadata = await wheel_with_metadata(yard)
    yard.store.path(metadata).unlink()

    [finding] = await look(yard)
    healed = await heal(yard)

    assert (finding.kind, finding.names) == (Kind.MISSING, (f"{wheel.filename}.metadata",))
    assert (healed.is_healed, healed.outcome) == (True, "read out of its file")
    assert yard.has(metadata)
    assert await look(yard) == ()


async def test_damaged_metadata_are_found_and_read_out_of_their_wheel(yard: Yard) -> None:
    """Flipped or cut off; the damaged bytes go into the quarantine."""
    _, metadata = await wheel_with_metadata(yard)
    yard.store.path(metadata).write_bytes(b"Metadata-Version: 9")

    [finding] = await look(yard)
    healed = await heal(yard)

    assert (finding.kind, finding.detail) == (Kind.DAMAGED, "it has other bytes")
    assert healed.is_healed
    assert await look(yard) == ()


async def test_metadata_that_the_wheel_does_not_have_come_from_upstream(yard: Yard) -> None:
    """It states other bytes than those in the wheel; its own file has them."""
    wheel = await yard.hold(WHEEL.filename, content=WHEEL.content)
    stated = b"Metadata-Version: 2.1\nName: stated\n"
    metadata = await yard.metadata_of(wheel, stated)
    yard.store.path(metadata).unlink()
    file = yard.file(wheel)
    listed = type(file)(file.filename, file.url, file.hashes, core_metadata=(("sha256", metadata),))
    page = Project(ProjectName("demo"), (listed,))

    healed = await heal(yard, FakeIndex(yard, page, stated))

    assert (healed.is_healed, healed.outcome) == (True, "fetched anew")
    assert yard.has(metadata)


async def test_metadata_without_their_wheel_are_forgotten(yard: Yard) -> None:
    """They are made anew when somebody asks for them."""
    wheel, metadata = await wheel_with_metadata(yard)
    await yard.catalog.held.remove(wheel.sha256)
    yard.store.path(wheel.sha256).unlink()
    yard.store.path(metadata).unlink()

    healed = await heal(yard)

    assert healed.is_healed
    assert await look(yard) == ()


@pytest.mark.parametrize("package", [WHEEL, SDIST], ids=["wheel", "sdist"])
async def test_missing_metadata_of_our_own_file_are_read_out_of_it(
    yard: Yard, package: Package
) -> None:
    """Of a source archive as well: pages for people are made of them."""
    metadata = await yard.put(package.metadata or pkg_info(package))
    await publish(yard, package, metadata_sha256=metadata)
    yard.store.path(metadata).unlink()

    healed = await heal(yard)

    assert (healed.is_healed, healed.outcome) == (True, "read out of its file")
    assert yard.has(metadata)


async def test_missing_provenance_is_found_and_cannot_be_had_again(yard: Yard) -> None:
    """It came with the upload; to say that all is well would be a lie."""
    provenance = await yard.put(b"{}")
    row = await publish(yard, WHEEL, provenance_sha256=provenance)
    yard.store.path(provenance).unlink()

    healed = await heal(yard)

    assert healed.names == (f"{row.filename}.provenance",)
    assert healed.is_healed is False
    assert "nobody else has" in healed.outcome


async def test_our_own_file_without_a_note_that_it_is_held_is_found_and_noted(yard: Yard) -> None:
    """Its page lists it, so it must not look like a leftover."""
    row = await publish(yard, WHEEL)
    await yard.catalog.held.remove(row.sha256)

    [finding] = await look(yard)
    kept = await yard.collect()
    healed = await heal(yard)

    assert finding.kind is Kind.UNRECORDED
    assert kept.files == 0
    assert healed.is_healed
    [noted] = await yard.catalog.held.find(row.sha256)
    assert (noted.owner, noted.size, noted.stored_at) == (row.owner, row.size, OLD)
    assert await look(yard) == ()


async def test_page_without_a_file_is_found(yard: Yard) -> None:
    """A-36: neither bytes nor a note of them; a person has to upload it again."""
    row = await publish(yard, WHEEL)
    await yard.catalog.held.remove(row.sha256)
    yard.store.path(row.sha256).unlink()

    healed = await heal(yard)

    assert healed.kind is Kind.UNRECORDED
    assert healed.is_healed is False
    assert "upload or restore it" in healed.outcome


async def test_our_own_file_whose_bytes_are_gone_is_found(yard: Yard) -> None:
    """A-36: nobody else has them."""
    row = await publish(yard, WHEEL)
    yard.store.path(row.sha256).unlink()

    [finding] = await look(yard)

    assert (finding.kind, finding.names) == (Kind.MISSING, (str(row.filename),))


async def test_orphan_is_named_and_is_no_finding(yard: Yard) -> None:
    """A-36: a collection takes it; nothing is wrong with what is served."""
    digest = await yard.put(b"an orphan")

    report = await verify(yard.parts, lambda _: None)

    assert report.is_sound
    assert report.orphans == (f"{digest[:2]}/{digest[2:4]}/{digest}",)


async def test_evidence_of_a_sound_store_is_sound(yard: Yard) -> None:
    """Of others' files and of our own."""
    await wheel_with_metadata(yard)
    await publish(yard, SDIST)

    assert await verify_evidence(yard.parts) == ()


async def test_held_file_without_evidence_is_found_and_not_made_up(yard: Yard) -> None:
    """Evidence that is written afterwards is none."""
    row = await yard.hold("demo-1.0.tar.gz")
    other = replace(row, owner="other")
    changed = replace(row, sha256=await yard.put(b"other bytes"))
    longer = replace(await yard.hold("demo-2.0.tar.gz"), size=7)
    await yard.catalog.held.remove(longer.sha256)
    for each in (other, changed, longer):
        await yard.catalog.held.save(each)

    found = await verify_evidence(yard.parts)
    work = Repair(yard.catalog, yard.store, yard.parts.disk, FakeIndex(yard))
    healed = [await repair(work, finding) for finding in found]

    details = [finding.detail for finding in found]
    assert details[0] == f"the ledger of `corp` has other bytes for it: sha256 {row.sha256}"
    assert details[1] == "the ledger says 1500 bytes, and 7 are held"
    assert details[2] == "the ledger has no entry for it in `other`"
    assert {finding.kind for finding in found} == {Kind.UNPROVEN}
    assert {each.is_healed for each in healed} == {False}


async def test_ledger_that_could_be_changed_is_found(yard: Yard) -> None:
    """Somebody has taken off the guard."""
    await yard.catalog.write(
        lambda connection: connection.exec_driver_sql("DROP TRIGGER ledger_no_delete")
    )

    [finding] = await verify_evidence(yard.parts)

    assert finding.names == ("ledger_no_delete",)
    assert "restore a backup" in finding.detail


async def test_metadata_of_what_is_no_archive_cannot_be_read_out(yard: Yard) -> None:
    """Whatever is in it; the caller looks elsewhere."""
    for name in ("demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", "demo-1.0.zip"):
        row = await yard.hold(name)
        beside = BesideRow(
            Sha256("a" * 64), "metadata", row.sha256, "corp", row.project, row.filename
        )
        assert await metadata_of(yard.store, yard.parts.disk, beside) is None
