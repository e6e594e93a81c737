"""Archives that lie in a directory, as a source."""

import os
from pathlib import Path

import pytest

from upload.importing.bench import collected
from wheelyard.blobs import DiskThreads
from wheelyard.clock import Instant
from wheelyard.errors import Refused, Unavailable
from wheelyard.names import ProjectName
from wheelyard.transport import Beneath
from wheelyard.upload.importing import Offer, Unusable, Wanted
from wheelyard.upload.importing.directories import DirectorySource, read_beneath

pytestmark = pytest.mark.anyio


def source(folder: Path) -> DirectorySource:
    """Return the directory as a source; its own data is not offered."""
    return DirectorySource(folder, folder / "data", DiskThreads())


async def test_archives_are_offered_with_their_dates(tmp_path: Path) -> None:
    """At any depth; what has no usable name is told."""
    path = tmp_path / "deep" / "demo-1.0.tar.gz"
    path.parent.mkdir()
    path.write_bytes(b"content")
    os.utime(path, (1_000, 1_000))
    tmp_path.joinpath("nameless.zip").touch()

    found = [each async for each in source(tmp_path).offers(Wanted())]

    [unusable, offer] = found
    assert isinstance(unusable, Unusable)
    assert isinstance(offer, Offer)
    assert (unusable.name, str(offer.project)) == ("nameless.zip", "demo")
    assert offer.uploaded_at == Instant(1_000)
    assert await collected(offer.read()) == b"content"


async def test_only_wanted_projects_are_offered(tmp_path: Path) -> None:
    """In any spelling."""
    for name in ("a-1.0.zip", "B_c-1.0.zip"):
        tmp_path.joinpath(name).touch()

    wanted = Wanted(frozenset({ProjectName("b-c")}))
    found = [each async for each in source(tmp_path).offers(wanted)]

    assert [each.where for each in found if isinstance(each, Offer)] == ["B_c-1.0.zip"]


async def test_directory_that_cannot_be_read_is_no_empty_source(tmp_path: Path) -> None:
    """An import of nothing would look like success."""
    with pytest.raises(Unavailable, match="no such file"):
        _ = [each async for each in source(tmp_path / "missing").offers(Wanted())]


async def test_nothing_outside_is_read(tmp_path: Path) -> None:
    """A path of an export cannot lead out of it."""
    tmp_path.joinpath("inside").mkdir()
    tmp_path.joinpath("secret").write_bytes(b"secret")

    with pytest.raises(Refused):
        await collected(read_beneath(Beneath(tmp_path / "inside"), "../secret", DiskThreads()))
