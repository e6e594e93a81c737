"""Reading zip archives that `zipfile` writes; hostile ones are in `test_reading.py`."""

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.hostile_wheels import ACCEPTED_WHEELS
from wheelyard.errors import BadInput
from wheelyard.upload.archives.limits import ArchiveLimits
from wheelyard.upload.archives.zips import ZipArchive, open_zip

EXAMPLES = int(100 * float(os.environ.get("WHEELYARD_CAMPAIGN", "1")))


def opened(content: bytes, **limits: int) -> ZipArchive:
    """Return the archive in these bytes."""
    return open_zip(io.BytesIO(content), len(content), ArchiveLimits(**limits))


def written(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive as Python writes it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return stream.getvalue()


NAMES = st.text(
    alphabet=st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=9
)


@given(st.dictionaries(NAMES, st.binary(max_size=500)), st.sampled_from([0, 8]))
def test_what_python_writes_is_read(files: dict[str, bytes], method: int) -> None:
    """Every member with its content, and its digest in the same pass."""
    archive = opened(written(files, method))
    digests = {path: hashlib.sha256() for path in files}
    archive.check(digests)

    assert list(archive.entries) == list(files)
    assert {path: archive.read(path) for path in files} == files
    assert {path: found.digest() for path, found in digests.items()} == {
        path: hashlib.sha256(content).digest() for path, content in files.items()
    }


def test_large_sizes_in_headers_are_read() -> None:
    """Tools that do not know how much will come make room for more than four gigabytes."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a", "w", force_zip64=True) as member,
    ):
        member.write(b"x" * 1_000)
    found = opened(stream.getvalue())
    found.check({})

    assert found.read("a") == b"x" * 1_000


def test_streamed_archive_is_refused() -> None:
    """Written to a pipe, sizes stand behind the members, where readers look differently."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

        def tell(self) -> int:
            raise io.UnsupportedOperation

    stream = Pipe()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a", b"x")

    with pytest.raises(BadInput, match="ZIP contains a data descriptor"):
        opened(stream.getvalue())


def test_member_that_is_kept_is_limited() -> None:
    """Others may be as large as they are."""
    archive = opened(written({"a": bytes(1_000)}), max_text_bytes=999)
    archive.check({})

    with pytest.raises(BadInput, match="`a` is larger than 999 bytes"):
        archive.read("a")


def test_large_member_comes_in_pieces() -> None:
    """Memory stays the same however large a member is."""

    class Longest:
        longest = 0

        def update(self, data: bytes, /) -> None:
            self.longest = max(self.longest, len(data))

    found = Longest()
    opened(written({"a": bytes(20 << 20)})).check({"a": found})

    assert found.longest <= 1 << 20


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_members": 2}, "It has more than 2 members"),
        ({"max_unpacked_bytes": 29}, "It unpacks to more than 29 bytes"),
        ({"max_path_bytes": 0}, "A filename is longer than 0 bytes"),
        ({"ratio_from_bytes": 1, "max_ratio": 0}, "File exceeds compression ratio of 0"),
    ],
)
def test_limits_hold_before_anything_is_unpacked(limits: dict[str, int], words: str) -> None:
    """The directory says enough to refuse."""
    with pytest.raises(BadInput, match=words):
        opened(written({name: bytes(10) for name in "abc"}), **limits)


@settings(max_examples=EXAMPLES)
@given(
    recipe=st.sampled_from(sorted(ACCEPTED_WHEELS)),
    changes=st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), max_size=3),
)
def test_bent_archive_is_read_as_python_reads_it(
    recipe: str, changes: list[tuple[int, int]]
) -> None:
    """What is accepted after all has the same members with the same content for installers."""
    content = bytearray(ACCEPTED_WHEELS[recipe]())
    for at, value in changes:
        content[at % len(content)] = value
    try:
        found = opened(bytes(content))
        found.check({})
    except BadInput:
        return

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert [info.filename.rstrip("/") for info in archive.infolist()] == list(found.entries)
        for path in found.files():
            assert archive.read(path) == found.read(path)
