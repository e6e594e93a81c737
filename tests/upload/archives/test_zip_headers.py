"""Single records of zip archives; whole hostile archives are in `test_reading.py`."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.raw_zip import Member, RawZip
from wheelyard.errors import BadInput
from wheelyard.upload.archives.zip_headers import (
    LOCAL,
    Directory,
    parse_end,
    parse_entry,
    parse_local,
    parse_local_tail,
)

MEMBER = Member(b"acme/a.py", b"x" * 100)


@pytest.mark.parametrize("zip64", [False, True])
def test_end_says_where_the_directory_is(zip64: bool) -> None:  # noqa: FBT001 - a case of the test
    """In the short form and in the long one."""
    archive = RawZip([MEMBER, MEMBER], zip64=zip64).content()
    start = archive.index(b"PK\x01\x02")

    found = parse_end(archive, len(archive))

    assert found == Directory(start, start + 2 * (46 + 9), 2)


def test_end_is_found_in_the_tail_alone() -> None:
    """The rest of the archive need not be read for it."""
    archive = RawZip([MEMBER], zip64=True).content()

    assert parse_end(archive[-98:], len(archive)) == parse_end(archive, len(archive))


def test_entry_and_header_say_the_same() -> None:
    """What both records have in common is read from both."""
    record, header = MEMBER.central_record(7), MEMBER.local_record()

    entry, stop = parse_entry(record, 0, 1_000)
    name, local = parse_local_tail(parse_local(header), header[LOCAL.size :])

    assert (entry.path, entry.offset, stop) == ("acme/a.py", 7, len(record))
    assert name == entry.path
    assert entry[2:7] == (local.flags, local.method, *local[2:5])


@given(st.binary(max_size=120))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    """Nothing but ``BadInput`` leaves the parsers."""
    record, header = bytearray(MEMBER.central_record(0)), bytearray(MEMBER.local_record())
    for good in (record, header):
        good[4 : 4 + len(content)] = content
    end = RawZip([MEMBER], zip64=True).content()[-98:]
    for parse in (
        lambda: parse_end(content, len(content)),
        lambda: parse_end(end[: 98 - len(content)] + content, 98),
        lambda: parse_entry(bytes(record), 0, 100),
        lambda: parse_local_tail(parse_local(bytes(header)), bytes(header[30:])),
    ):
        with contextlib.suppress(BadInput):
            parse()
