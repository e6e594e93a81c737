"""The metadata of a wheel from its end, and nothing from an archive that cannot be trusted."""

import contextlib
import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.names import Filename
from wheelyard.wire.metadata import TAIL_BYTES, Location, NeedMore, extract, find_metadata

WHEEL = Filename("foo_bar-1.0-py3-none-any.whl")
NAME = "foo_bar-1.0.dist-info/METADATA"
METADATA = b"Metadata-Version: 2.1\nName: foo-bar\nVersion: 1.0\n" + b"text\n" * 200


def wheel(
    members: list[tuple[str, bytes]] | None = None,
    *,
    compression: int = zipfile.ZIP_DEFLATED,
    comment: bytes = b"",
) -> bytes:
    """Return a wheel with these members, by default some code and its metadata."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members or [("foo_bar/__init__.py", b"x" * 999), (NAME, METADATA)]:
            archive.writestr(name, content)
        archive.comment = comment
    return buffer.getvalue()


def read(content: bytes, first_bytes: int = 100, filename: Filename = WHEEL) -> bytes:
    """Follow the plan as a caller does, with ranges of ``content``."""
    start = max(len(content) - first_bytes, 0)
    for _ in range(5):
        found = find_metadata(content[start:], len(content), filename)
        if isinstance(found, Location):
            return extract(content[found.start : found.stop], found)
        assert found.stop == start
        assert found.start < start
        start = found.start
    raise AssertionError("the plan does not end")


@pytest.mark.parametrize("first_bytes", [1, 21, 22, 60, 100, 400, 100_000])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_metadata_is_found_from_any_end(first_bytes: int, compression: int) -> None:
    """However little was fetched at first, the plan says what is missing."""
    assert read(wheel(compression=compression), first_bytes) == METADATA


def test_enough_of_the_end_needs_nothing_more() -> None:
    """One request for the end, one for the member, or none at all."""
    content = wheel()

    found = find_metadata(content[-300:], len(content), WHEEL)

    assert isinstance(found, Location)
    assert content[found.start :].startswith(b"PK\x03\x04")


def test_directory_outside_the_end_is_asked_for_exactly() -> None:
    """A wheel of many files has a long directory."""
    content = wheel([*((f"foo_bar/{n}.py", b"") for n in range(500)), (NAME, METADATA)])

    need = find_metadata(content[-100:], len(content), WHEEL)

    assert isinstance(need, NeedMore)
    assert need.stop == len(content) - 100
    assert content[need.start :].startswith(b"PK\x01\x02")
    assert read(content) == METADATA


def test_location_ends_before_the_next_member() -> None:
    """Not more is fetched than may belong to the metadata."""
    content = wheel([(NAME, METADATA), ("foo_bar/data.bin", bytes(range(256)) * 4_000)])

    found = find_metadata(content, len(content), WHEEL)

    assert isinstance(found, Location)
    assert found.stop - found.start < 2_000


def large(content: bytes) -> bytes:
    """Return a wheel with the end records that one of more than 4 GiB has."""
    at = content.rindex(b"PK\x05\x06")
    count = struct.unpack_from("<H", content, at + 10)[0]
    length, start = struct.unpack_from("<2L", content, at + 12)
    sizes = (count, count, length, start)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, *sizes)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *([0xFFFF] * 2), *([0xFFFFFFFF] * 2), 0)
    return content[:at] + record + locator + end


@pytest.mark.parametrize("first_bytes", [30, 60, 97, 98, 100_000])
def test_zip64_archive_is_read(first_bytes: int) -> None:
    """The larger records stand before the small one."""
    assert read(large(wheel()), first_bytes) == METADATA


@pytest.mark.parametrize(
    ("offset", "kind"), [(-98 + 4, "<Q"), (-98 + 16, "<L"), (-42 + 8, "<Q"), (-42, "<L")]
)
def test_zip64_records_that_contradict_each_other_are_refused(offset: int, kind: str) -> None:
    """Length, volume, place and mark."""
    content = bytearray(large(wheel()))
    struct.pack_into(kind, content, len(content) + offset, 7)

    with pytest.raises(BadInput, match="zip64"):
        read(bytes(content))


def test_sizes_beyond_32_bits_are_read_from_the_entry() -> None:
    """An entry may say "not here" for each of its fields by itself."""
    content = bytearray(wheel())
    at = content.rindex(b"PK\x01\x02")
    size, offset = struct.unpack_from("<L", content, at + 24)[0], len(METADATA)
    assert size == offset
    struct.pack_into("<L", content, at + 24, 0xFFFFFFFF)
    end = content.rindex(b"PK\x05\x06")
    extra = struct.pack("<HHL", 0xCAFE, 4, 0) + struct.pack("<HHQ", 1, 8, len(METADATA))
    content[end:end] = extra
    struct.pack_into("<H", content, at + 30, len(extra))
    end += len(extra)
    length = struct.unpack_from("<L", content, end + 12)[0]
    struct.pack_into("<L", content, end + 12, length + len(extra))

    assert read(bytes(content)) == METADATA


def test_comment_at_the_end_is_skipped() -> None:
    """Up to 65,535 bytes of it."""
    assert read(wheel(comment=b"c" * 65_535), 50) == METADATA


@pytest.mark.parametrize(
    ("directory", "filename"),
    [
        ("foo_bar-1.0", "foo_bar-1.0-py3-none-any.whl"),
        ("Foo.Bar-1.0", "foo_bar-1.0-py3-none-any.whl"),
        ("foo_bar-1.0", "Foo_Bar-1.0-1-py3-none-any.whl"),
        ("foo_bar-1.0.0RC1", "foo_bar-1.0.0rc1-py3-none-any.whl"),
        ("foo_bar-1.0+a_b", "foo_bar-1.0+a.b-py3-none-any.whl"),
    ],
)
def test_directory_named_like_the_wheel_is_accepted(directory: str, filename: str) -> None:
    """Both parts are compared as the standard normalises them."""
    content = wheel([(f"{directory}.dist-info/METADATA", METADATA)])

    assert read(content, filename=Filename(filename)) == METADATA


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("foo_bar/x.py", b"")], "0 files"),
        ([("foo_bar-1.0.dist-info/RECORD", b"")], "0 files"),
        ([(f"sub/{NAME}", METADATA)], "0 files"),
        ([("foo_bar-1.0.dist-info/metadata", METADATA)], "0 files"),
        ([(NAME, METADATA), ("other-2.0.dist-info/METADATA", METADATA)], "2 files"),
        ([("other-1.0.dist-info/METADATA", METADATA)], "is of `'other-1.0'`"),
        ([("foo_bar-2.0.dist-info/METADATA", METADATA)], "is of `'foo_bar-2.0'`"),
        ([("foo_bar.dist-info/METADATA", METADATA)], "is of"),
        ([(NAME, b"x" * (17 * 1024 * 1024))], "larger than"),
    ],
)
def test_wheel_without_exactly_its_own_metadata_is_refused(
    members: list[tuple[str, bytes]], message: str
) -> None:
    """Installers would disagree about which file counts."""
    with pytest.raises(BadInput, match=message):
        read(wheel(members))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_t14_metadata_twice_is_refused() -> None:
    """One reader takes the first, another the last."""
    with pytest.raises(BadInput, match="2 files"):
        read(wheel([(NAME, METADATA), (NAME, b"other")]))


def test_t14_two_end_records_are_refused() -> None:
    """A comment that is an archive of its own shows different files to different readers."""
    inner = wheel([(NAME, b"other")])

    with pytest.raises(BadInput, match="two end records"):
        read(wheel(comment=inner), TAIL_BYTES)


def patched(at: bytes, offset: int, kind: str, value: int) -> bytes:
    """Return a wheel with one field changed in the last record that starts with ``at``."""
    content = bytearray(wheel())
    struct.pack_into(kind, content, content.rindex(at) + offset, value)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no end record"),
        (b"not a zip file", "no end record"),
        (wheel()[:-1], "no end record"),
        (wheel() + b"x", "no end record"),
        (b"x" + wheel(), "directory is not where"),
        (patched(b"PK\x05\x06", 4, "<H", 1), "several volumes"),
        (patched(b"PK\x05\x06", 8, "<H", 1), "several volumes"),
        (patched(b"PK\x05\x06", 16, "<L", 5), "directory is not where"),
        (patched(b"PK\x05\x06", 16, "<L", 0xFFFFFFFF), "zip64"),
        (patched(b"PK\x01\x02", 0, "<L", 0), "entry that is none"),
        (patched(b"PK\x01\x02", 28, "<H", 60_000), "entry that is none"),
        (patched(b"PK\x01\x02", 28, "<H", len(NAME) - 1), "cut short"),
        (patched(b"PK\x05\x06", 8, "<L", 0x00010001), "another number of entries"),
        (patched(b"PK\x05\x06", 8, "<L", 0xFF00FF00), "too short for its entries"),
        (struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0xFFFFFFFF, 0), "too short"),
        (patched(b"PK\x01\x02", 8, "<H", 1), "encrypted"),
        (patched(b"PK\x01\x02", 10, "<H", 12), "unusual way"),
        (patched(b"PK\x01\x02", 20, "<L", 1 << 30), "larger than"),
        (patched(b"PK\x01\x02", 20, "<L", 5_000), "overlap"),
        (patched(b"PK\x01\x02", 42, "<L", 1 << 30), "overlap"),
        (patched(b"PK\x01\x02", 24, "<L", 0xFFFFFFFF), "64-bit"),
        (patched(b"PK\x01\x02", 24, "<L", 7), "does not end"),
        (patched(b"PK\x01\x02", 16, "<L", 7), "checksum"),
        (patched(b"PK\x03\x04", 0, "<L", 7), "another name"),
        (patched(b"PK\x03\x04", 26, "<H", 7), "another name"),
        (patched(b"PK\x03\x04", 8, "<H", 0), "packed otherwise"),
        (patched(b"PK\x03\x04", 6, "<H", 1), "packed otherwise"),
        (patched(b"PK\x03\x04", 28, "<H", 60_000), "packed otherwise"),
    ],
)
def test_t14_archive_that_contradicts_itself_is_refused(content: bytes, message: str) -> None:
    """Each field that readers believe differently."""
    with pytest.raises(BadInput, match=message):
        read(content, 100_000)


def test_t21_bomb_gives_one_byte_too_many_at_most() -> None:
    """What unpacks to more than it says is stopped there."""
    packed = zlib.compress(bytes(10_000_000))[2:-4]
    header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, 0, 0, 1, 0) + b"x"
    location = Location(0, len(header + packed), b"x", 8, len(packed), 100, 0)

    with pytest.raises(BadInput, match="does not end"):
        extract(header + packed, location)


def test_end_longer_than_the_archive_is_refused() -> None:
    """A server that says one length and sends another."""
    with pytest.raises(BadInput, match="more bytes"):
        find_metadata(wheel(), 10, WHEEL)


def test_answer_shorter_than_asked_is_refused() -> None:
    """A server that sends less than the range."""
    content = wheel()
    found = find_metadata(content, len(content), WHEEL)
    assert isinstance(found, Location)

    for length in (0, 10, 50):
        with pytest.raises(BadInput):
            extract(content[found.start : found.start + length], found)


@given(st.integers(0, 2_000), st.binary(min_size=1, max_size=4), st.integers(20, 400))
def test_t14_damaged_wheel_is_right_or_bad_input(at: int, damage: bytes, first: int) -> None:
    """Never other bytes than those that the checksum of the directory covers."""
    content = wheel()
    at %= len(content)
    damaged = content[:at] + damage + content[at + len(damage) :]

    with contextlib.suppress(BadInput):
        found = read(damaged, first)
        assert len(found) < 1_000_000
