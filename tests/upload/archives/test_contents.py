"""What both kinds of archives have in common once they are read."""

import io

from support.hostile_sdists import PKG_INFO, SDIST_NAME, TOP, member, packed, sound
from support.hostile_wheels import INFO, METADATA, WHEEL_NAME, with_file
from wheelyard.names import Filename
from wheelyard.upload.archives.contents import Contents
from wheelyard.upload.archives.limits import ArchiveLimits
from wheelyard.upload.archives.sources import read_tar_source
from wheelyard.upload.archives.wheels import read_wheel


def wheel(path: str) -> Contents:
    """Return the contents of a wheel with this file in it."""
    content = with_file(path.encode())
    return read_wheel(io.BytesIO(content), len(content), Filename(WHEEL_NAME), ArchiveLimits())


def test_licence_files_are_relative_to_where_they_must_be() -> None:
    """`.dist-info/licenses/` in a wheel, the top directory in a source archive."""
    source = packed(sound(member(f"{TOP}/docs/LICENSE", b"x")))

    in_wheel = wheel(f"{INFO}/licenses/docs/LICENSE")
    in_source = read_tar_source(io.BytesIO(source), len(source), ArchiveLimits())

    assert SDIST_NAME.startswith(TOP)
    assert in_wheel.licence_files == {"docs/LICENSE"}
    assert "docs/LICENSE" in in_source.licence_files
    assert (in_wheel.metadata, in_source.metadata) == (METADATA, PKG_INFO)
    assert (in_wheel.members, in_source.members) == (5, 3)
