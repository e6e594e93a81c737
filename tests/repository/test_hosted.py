"""Hosted: our own projects, as they are at this moment, and from nobody else."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from blobs.fakes import read_all
from support.hosted_files import MAIN_OWNER, SOMEBODY, publish
from support.packages import make_wheel
from wheelyard.blobs import DiskThreads, LocalBlobs, Quarantine
from wheelyard.catalog import Catalog, open_catalog
from wheelyard.catalog.curation import Removal, StatusChange, Yank
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Absent, Refused, Unavailable
from wheelyard.model import FileRef, ProjectEntry, ProjectStatus
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.repository.hosted import Hosted, HostedParts, upload_time
from wheelyard.repository.policy import Policy
from wheelyard.wire.metadata import NeedMore, extract, find_metadata

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking(reason="the revision of a project is one look-up in place"),
]

DEMO = ProjectName("demo")
PACKAGE = make_wheel("demo", "1.0")


def metadata_of(content: bytes, filename: str) -> bytes:
    """Return the core metadata inside a wheel."""
    found = find_metadata(content, len(content), Filename(filename))
    assert not isinstance(found, NeedMore)
    return extract(content[found.start : found.stop], found)


METADATA = metadata_of(PACKAGE.content, PACKAGE.filename)


@pytest.fixture
def store(tmp_path: Path) -> LocalBlobs:
    """Return an empty store."""
    for name in ("blobs", "spool"):
        (tmp_path / name).mkdir()
    return LocalBlobs(
        tmp_path / "blobs", tmp_path / "spool", DiskThreads(), Quarantine(tmp_path / "quarantine")
    )


@pytest.fixture
def parts(catalog: Catalog, store: LocalBlobs, clock: FrozenClock) -> HostedParts:
    """Return what the projects of `main` are answered from."""
    return HostedParts(MAIN_OWNER, catalog, store, clock)


@pytest.fixture
def hosted(parts: HostedParts) -> Hosted:
    """Return the projects of `main`."""
    return Hosted(parts)


@pytest.fixture
def elsewhere(catalog: Catalog, tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open the same catalog as another process does."""
    assert catalog.identity.instance
    with open_catalog(tmp_path, clock) as opened:
        yield opened


async def publish_wheel(catalog: Catalog, store: LocalBlobs) -> None:
    """Publish a wheel with its bytes and its metadata."""
    digest = await store.put(PACKAGE.content)
    details: dict[str, object] = {
        "sha256": digest,
        "size": len(PACKAGE.content),
        "metadata_sha256": Sha256(hashlib.sha256(METADATA).hexdigest()),
        "requires_python": ">=3.11",
        "uploaded_at": Instant(1_700_000_000.123456),
    }
    await publish(catalog, PACKAGE.filename, MAIN_OWNER, **details)


async def first(hosted: Hosted) -> FileRef:
    """Return the first file of the project."""
    project = await hosted.project(DEMO)
    return project.ref(project.files[0])


async def test_page_says_all_that_is_known(
    hosted: Hosted, catalog: Catalog, store: LocalBlobs, clock: FrozenClock
) -> None:
    """Digest, size, upload time, the Pythons, its metadata: installers need each. PEP 700, 658."""
    await publish_wheel(catalog, store)

    project = await hosted.project(DEMO)

    [file] = project.files
    assert (file.filename, file.url, file.size) == (PACKAGE.filename, "", len(PACKAGE.content))
    assert file.sha256 == hashlib.sha256(PACKAGE.content).hexdigest()
    assert file.metadata_sha256 == hashlib.sha256(METADATA).hexdigest()
    assert file.upload_time == "2023-11-14T22:13:20.123456Z"
    assert (file.requires_python, file.yanked) == (">=3.11", False)
    assert (project.versions, project.serial) == (("1.0",), None)
    assert project.known is not None
    assert (project.known.how, project.known.checked_at) == ("own", clock.now())
    assert project.known.revision == await catalog.journal.last()


async def test_source_archive_advertises_no_metadata(hosted: Hosted, catalog: Catalog) -> None:
    """Only a wheel's are what an installation has. Source: PEP 658."""
    await publish(catalog, "demo-1.0.tar.gz", metadata_sha256=Sha256("c" * 64))

    [file] = (await hosted.project(DEMO)).files

    assert file.core_metadata is False


async def test_name_that_is_not_ours_is_absent(hosted: Hosted, catalog: Catalog) -> None:
    """Also if another index has it."""
    await publish(catalog, "demo-1.0.tar.gz", "hosted:staging")

    assert not hosted.has(DEMO)
    with pytest.raises(Absent):
        await hosted.project(DEMO)
    with pytest.raises(Absent):
        await hosted.projects()


async def test_change_of_another_process_is_on_the_next_page(
    hosted: Hosted, elsewhere: Catalog
) -> None:
    """At once: whoever uploads through one worker installs through the next one."""
    await publish(elsewhere, "demo-1.0.tar.gz")
    assert len((await hosted.project(DEMO)).files) == 1
    await publish(elsewhere, "demo-1.1.tar.gz")
    assert len((await hosted.project(DEMO)).files) == 2

    await elsewhere.curator.yank(Yank(MAIN_OWNER, DEMO, "1.0", "broken"), SOMEBODY)
    yanked = [file.yanked for file in (await hosted.project(DEMO)).files]
    await elsewhere.curator.delete(Removal(MAIN_OWNER, DEMO, None), SOMEBODY)

    assert yanked == ["broken", False]
    assert not hosted.has(DEMO)
    with pytest.raises(Absent):
        await hosted.project(DEMO)


async def test_page_that_did_not_change_is_not_put_together_again(
    hosted: Hosted, catalog: Catalog
) -> None:
    """A project of ten thousand files costs one small look-up."""
    await publish(catalog, "demo-1.0.tar.gz")
    before = await hosted.project(DEMO)
    await publish(catalog, "other-1.0.tar.gz")

    assert (await hosted.project(DEMO)).files is before.files


async def test_yank_without_a_reason_is_a_yank(hosted: Hosted, catalog: Catalog) -> None:
    """Source: PEP 592."""
    await publish(catalog, "demo-1.0.tar.gz", yanked="")

    assert [file.yanked for file in (await hosted.project(DEMO)).files] == [True]


async def test_list_has_names_as_they_were_first_spelled(
    hosted: Hosted, catalog: Catalog, elsewhere: Catalog
) -> None:
    """And follows every change, whoever made it."""
    await publish(catalog, "demo-1.0.tar.gz")
    assert (await hosted.projects()).projects == (ProjectEntry("demo"),)

    await publish(elsewhere, "other-1.0.tar.gz")

    listed = await hosted.projects()
    assert [entry.name for entry in listed.projects] == ["demo", "other"]
    assert listed.serial is None


async def test_list_of_nothing_but_deleted_projects_is_empty(
    hosted: Hosted, catalog: Catalog
) -> None:
    """There is a list; nothing is on it."""
    await publish(catalog, "demo-1.0.tar.gz")
    await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, None), SOMEBODY)

    assert (await hosted.projects()).projects == ()


async def test_list_is_without_what_is_in_quarantine(hosted: Hosted, catalog: Catalog) -> None:
    """As PyPI's is; the page is there and says why. It is back when the project is."""
    await publish(catalog, "demo-1.0.tar.gz")
    quarantined = ProjectStatus("quarantined", "malware")
    await catalog.curator.set_status(StatusChange(MAIN_OWNER, DEMO, quarantined), SOMEBODY)
    assert (await hosted.projects()).projects == ()
    assert (await hosted.project(DEMO)).status == quarantined

    await catalog.curator.set_status(StatusChange(MAIN_OWNER, DEMO, ProjectStatus()), SOMEBODY)

    assert (await hosted.projects()).projects == (ProjectEntry("demo"),)


async def test_serials_are_the_journal_s_where_they_count_alone(
    parts: HostedParts, catalog: Catalog
) -> None:
    """An index of nothing but our own may be mirrored by serial."""
    hosted = Hosted(
        HostedParts(parts.owner, parts.catalog, parts.store, parts.clock, has_serials=True)
    )
    await publish(catalog, "demo-1.0.tar.gz")
    published = await publish(catalog, "demo-1.1.tar.gz")

    listed = await hosted.projects()

    assert (await hosted.project(DEMO)).serial == published.serial
    assert listed.projects == (ProjectEntry("demo", published.serial),)
    assert listed.serial == published.serial


async def test_bytes_are_those_of_the_store(
    hosted: Hosted, catalog: Catalog, store: LocalBlobs
) -> None:
    """All of them."""
    await publish_wheel(catalog, store)

    assert await read_all(await hosted.file(await first(hosted))) == PACKAGE.content


async def test_missing_bytes_are_unavailable(hosted: Hosted, catalog: Catalog) -> None:
    """Never absent: an installer would look elsewhere, and nobody else has them."""
    await publish(catalog, "demo-1.0.tar.gz")

    with pytest.raises(Unavailable, match="missing in the store, or were damaged"):
        await hosted.file(await first(hosted))


async def test_damaged_bytes_are_unavailable(
    hosted: Hosted, catalog: Catalog, store: LocalBlobs
) -> None:
    """Not a single one of them is given out."""
    await publish_wheel(catalog, store)
    ref = await first(hosted)
    digest = ref.file.sha256
    assert digest is not None
    store.path(digest).write_bytes(b"X" * len(PACKAGE.content))

    with pytest.raises(Unavailable, match="damaged"):
        await hosted.file(ref)


async def test_metadata_are_extracted_again_if_they_are_lost(
    hosted: Hosted, catalog: Catalog, store: LocalBlobs
) -> None:
    """Out of the wheel itself; and they are kept then."""
    await publish_wheel(catalog, store)
    ref = await first(hosted)
    digest = ref.file.metadata_sha256
    assert digest is not None
    assert await store.find(digest) is None

    assert await read_all(await hosted.metadata(ref)) == METADATA

    assert await store.find(digest) is not None
    assert await read_all(await hosted.metadata(ref)) == METADATA


async def test_metadata_that_the_wheel_does_not_have_are_unavailable(
    hosted: Hosted, catalog: Catalog, store: LocalBlobs
) -> None:
    """A digest that was promised is kept, or nothing is given out."""
    await publish_wheel(catalog, store)
    other = make_wheel("demo", "2.0")
    digest = await store.put(other.content)
    promised = Sha256("c" * 64)
    details: dict[str, object] = {
        "sha256": digest,
        "size": len(other.content),
        "metadata_sha256": promised,
    }
    await publish(catalog, other.filename, MAIN_OWNER, **details)
    project = await hosted.project(DEMO)

    with pytest.raises(Unavailable, match="other metadata than it had"):
        await hosted.metadata(project.ref(project.files[1]))


async def test_file_without_metadata_has_none(hosted: Hosted, catalog: Catalog) -> None:
    """As its page says."""
    await publish(catalog, "demo-1.0.tar.gz")

    with pytest.raises(Absent):
        await hosted.metadata(await first(hosted))


async def test_provenance_is_what_was_uploaded(
    hosted: Hosted, catalog: Catalog, store: LocalBlobs
) -> None:
    """Absent without one, unavailable if it is lost."""
    await publish(catalog, "demo-1.0.tar.gz", provenance_sha256=await store.put(b"{}"))
    await publish(catalog, "demo-1.1.tar.gz")
    await publish(catalog, "demo-1.2.tar.gz", provenance_sha256=Sha256("d" * 64))

    assert await read_all(await hosted.provenance(DEMO, "demo-1.0.tar.gz")) == b"{}"
    for filename in ("demo-1.1.tar.gz", "demo-9.tar.gz"):
        with pytest.raises(Absent):
            await hosted.provenance(DEMO, filename)
    with pytest.raises(Unavailable):
        await hosted.provenance(DEMO, "demo-1.2.tar.gz")


async def test_quarantined_project_shows_its_state_and_no_files(
    hosted: Hosted, catalog: Catalog, store: LocalBlobs
) -> None:
    """Through the policy that every index has. Source: PEP 792."""
    await publish_wheel(catalog, store)
    ref = await first(hosted)
    status = ProjectStatus("quarantined", "malware")
    await catalog.curator.set_status(StatusChange(MAIN_OWNER, DEMO, status), SOMEBODY)

    project = await Policy(hosted).project(DEMO)

    assert (project.files, project.status) == ((), status)
    quarantined = FileRef(ref.project, ref.file, status)
    with pytest.raises(Refused, match="malware"):
        await Policy(hosted).file(quarantined)


def test_upload_time_is_in_utc_with_a_literal_z() -> None:
    """Source: PEP 700. Whole seconds have their microseconds, too."""
    assert upload_time(Instant(0)) == "1970-01-01T00:00:00.000000Z"
