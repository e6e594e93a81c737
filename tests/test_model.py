"""The records: their shape, and what they say of digests."""

import msgspec
import pytest

from wheelyard.model import File, FileRef, Project, ProjectEntry, ProjectList, ProjectStatus
from wheelyard.names import Filename, ProjectName

FILE = File(
    filename=Filename("foo-1.0.zip"),
    url="https://files.example/foo-1.0.zip",
    hashes=(("md5", "ef" * 16), ("sha256", "ab" * 32)),
    core_metadata=(("sha256", "cd" * 32),),
)
RECORDS = [
    FILE,
    Project(ProjectName("foo"), (FILE,), ("1.0",), ProjectStatus("archived", "done"), 7, 2),
    ProjectList((ProjectEntry("Foo", 7), ProjectEntry("bar")), 9),
    FileRef(ProjectName("foo"), FILE),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_record_survives_being_kept(record: msgspec.Struct) -> None:
    """What the catalog stores is what it gives back."""
    kept = msgspec.json.encode(record)

    assert msgspec.json.decode(kept, type=type(record)) == record


@pytest.mark.parametrize("claim", [None, False, (), (("sha256", "ab" * 32),)])
def test_every_metadata_claim_survives_being_kept(claim: None) -> None:
    """Unknown, no, yes without a digest and yes with one stay apart."""
    file = msgspec.structs.replace(FILE, core_metadata=claim)

    kept = msgspec.json.decode(msgspec.json.encode(file), type=File)

    assert kept.core_metadata == claim
    assert (kept.core_metadata is False) is (claim is False)


def test_record_cannot_be_changed() -> None:
    """Records are shared between readers."""
    with pytest.raises(AttributeError):
        FILE.size = 5  # type: ignore[misc]  # what the test is about


def test_digests_are_found_by_their_algorithm() -> None:
    """None where the owner states none."""
    bare = File(Filename("foo-1.0.zip"), "u", core_metadata=False)

    assert FILE.sha256 == "ab" * 32
    assert FILE.metadata_sha256 == "cd" * 32
    assert bare.sha256 is None
    assert bare.metadata_sha256 is None
