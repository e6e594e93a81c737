"""What is known of our own files beyond their page."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from support.hosted_files import hosted_file
from wheelyard.blobs import DiskThreads, LocalBlobs, Quarantine
from wheelyard.catalog import HostedProject
from wheelyard.clock import Instant
from wheelyard.names import Filename, Sha256
from wheelyard.repository.own_details import details_of

pytestmark = pytest.mark.anyio

METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
SDIST = replace(
    hosted_file("demo-1.0.tar.gz"), metadata_sha256=Sha256(sha256(METADATA).hexdigest())
)
PROJECT = HostedProject(
    SDIST.owner, SDIST.project, "Demo", "active", None, Instant(1), "ada", revision=1
)


@pytest.fixture
def store(tmp_path: Path) -> LocalBlobs:
    """An empty store."""
    for name in ("blobs", "spool", "quarantine"):
        (tmp_path / name).mkdir()
    quarantine = Quarantine(tmp_path / "quarantine")
    return LocalBlobs(tmp_path / "blobs", tmp_path / "spool", DiskThreads(), quarantine)


async def test_details_have_every_digest(store: LocalBlobs) -> None:
    """The page states one; the JSON API all."""
    details = details_of(PROJECT, [SDIST], store)

    assert details.name == "Demo"
    assert details.digests[SDIST.filename] == {**SDIST.hashes, "sha256": str(SDIST.sha256)}


async def test_metadata_of_a_source_archive_are_found(store: LocalBlobs) -> None:
    """If they are held; otherwise nobody makes them up."""
    details = details_of(PROJECT, [SDIST], store)
    before = await details.load_metadata(SDIST.filename)
    await store.put(METADATA)

    assert before is None
    assert await details.load_metadata(SDIST.filename) == METADATA
    assert await details.load_metadata(Filename("other-1.0.tar.gz")) is None
