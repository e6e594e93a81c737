"""Source archives in tars and zips; hostile tars are in `test_reading.py`."""

import io

import pytest

from support.hostile_sdists import PKG_INFO, TOP, packed, sound
from support.raw_zip import Member, RawZip
from wheelyard.errors import BadInput
from wheelyard.upload.archives.contents import Contents
from wheelyard.upload.archives.limits import ArchiveLimits
from wheelyard.upload.archives.sources import read_tar_source, read_zip_source

INFO = Member(f"{TOP}/PKG-INFO".encode(), PKG_INFO)


def zipped(*members: Member) -> Contents:
    """Return what a zip of these members contains."""
    content = RawZip(members).content()
    return read_zip_source(io.BytesIO(content), len(content), ArchiveLimits())


def test_both_forms_give_the_same() -> None:
    """A historic zip is a source archive like another."""
    tar = packed(sound())

    in_tar = read_tar_source(io.BytesIO(tar), len(tar), ArchiveLimits())
    in_zip = zipped(INFO, Member(f"{TOP}/setup.py".encode()))

    assert in_tar.metadata == in_zip.metadata == PKG_INFO
    assert in_tar.licence_files == in_zip.licence_files == {"PKG-INFO", "setup.py"}


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([], "The archive is empty"),
        ([INFO, Member(b"other/setup.py")], "Multiple top-level directories are not allowed"),
        ([Member(f"{TOP}/setup.py".encode())], f"PKG-INFO not found at {TOP}/PKG-INFO"),
        ([Member(f"{TOP}/a/PKG-INFO".encode())], f"PKG-INFO not found at {TOP}/PKG-INFO"),
        ([Member(f"{TOP}/PKG-INFO/".encode())], f"PKG-INFO not found at {TOP}/PKG-INFO"),
        ([INFO, Member(b"../setup.py")], "ZIP archive not accepted: Filename has an empty part"),
    ],
)
def test_zip_that_is_no_source_archive_is_refused(members: list[Member], words: str) -> None:
    """The rules are those of wheels, and one directory."""
    with pytest.raises(BadInput, match=words):
        zipped(*members)
