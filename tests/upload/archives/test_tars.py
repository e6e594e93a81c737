"""Members of tar archives together; hostile ones are in `test_reading.py`."""

import gzip
import io
import os
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.hostile_sdists import ACCEPTED_SDISTS, TOP, member, packed, sound
from wheelyard.errors import BadInput
from wheelyard.upload.archives.limits import ArchiveLimits
from wheelyard.upload.archives.tars import TarArchive, read_tar

EXAMPLES = int(100 * float(os.environ.get("WHEELYARD_CAMPAIGN", "1")))


def read(content: bytes, **limits: int) -> TarArchive:
    """Return what an archive contains."""
    return read_tar(io.BytesIO(content), len(content), ArchiveLimits(**limits))


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_format_says_the_same(form: int) -> None:
    """Whatever tool made it."""
    more = [
        member(f"{TOP}/{'a' * 80}/{'b' * 80}", b"x" * 1_000),
        member(f"{TOP}/src", b"", tarfile.DIRTYPE),
        member(f"{TOP}/src/link", b"", tarfile.SYMTYPE, "../setup.py"),
        member(f"{TOP}/end", b"x"),
    ]

    found = read(packed(sound(*more, form=form)))

    assert found.files == {
        f"{TOP}/PKG-INFO",
        f"{TOP}/setup.py",
        f"{TOP}/{'a' * 80}/{'b' * 80}",
        f"{TOP}/end",
    }
    assert (found.links, found.directories) == ({f"{TOP}/src/link"}, {f"{TOP}/src"})
    assert found.members == 6


def test_only_the_describing_file_is_kept() -> None:
    """One of a deeper directory is of a project that is only carried along."""
    found = read(packed(sound(member(f"{TOP}/vendored/PKG-INFO", b"Name: other\n"))))

    assert found.kept.keys() == {f"{TOP}/PKG-INFO"}


def test_members_are_limited() -> None:
    """However small each one is."""
    content = packed(sound(*(member(f"{TOP}/{number}") for number in range(20))))

    with pytest.raises(BadInput, match="It has more than 10 members"):
        read(content, max_members=10)


def test_headers_in_front_of_members_are_limited() -> None:
    """They cost time though nobody sees them."""
    info = tarfile.TarInfo("././@PaxHeader")
    info.type = b"x"
    content = gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) * 100)

    with pytest.raises(BadInput, match="It has more than 10 members"):
        read(content, max_members=10)


def test_describing_file_is_limited() -> None:
    """It is the one thing that is kept."""
    with pytest.raises(BadInput, match="is larger than 10 bytes"):
        read(packed(sound()), max_text_bytes=10)


@settings(max_examples=EXAMPLES)
@given(
    recipe=st.sampled_from(sorted(ACCEPTED_SDISTS)),
    changes=st.lists(
        st.tuples(
            st.integers(0, 9), st.integers(0, 511), st.sampled_from(b"\0 /.0159axLgK\xff\x80")
        ),
        max_size=3,
    ),
)
def test_bent_archive_is_read_as_python_reads_it(
    recipe: str, changes: list[tuple[int, int, int]]
) -> None:
    """What is accepted after all has the same members for installers, up to the same end."""
    whole = bytearray(gzip.decompress(ACCEPTED_SDISTS[recipe]()))
    for block, at, value in changes:
        start = block * 512 % len(whole)
        whole[start + at] = value
        correct(whole, start)
    try:
        found = read(packed(bytes(whole)), max_unpacked_bytes=1 << 20)
    except BadInput:
        return

    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
        members = {m.name.removeprefix("./"): m for m in archive.getmembers() if m.name != "."}
    assert {path for path, m in members.items() if m.isfile()} == found.files
    assert {path for path, m in members.items() if m.isdir()} == found.directories
    assert {path for path, m in members.items() if m.issym() or m.islnk()} == found.links


def correct(whole: bytearray, start: int) -> None:
    """Make the checksum of a header right, so that what else is in it counts."""
    block = whole[start : start + 512]
    checksum = sum(block[:148]) + 8 * 32 + sum(block[156:])
    whole[start + 148 : start + 156] = f"{checksum:06o}\0 ".encode()
