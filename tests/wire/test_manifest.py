"""The signed manifest as bytes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.names import Sha256
from wheelyard.wire.manifest import (
    Entry,
    Head,
    Kind,
    Start,
    parse_entry,
    parse_start,
    render_entry,
    render_start,
    signed_part,
)

DIGEST = Sha256("ab" * 32)
HEAD = Head(
    created="2026-11-21T12:00:00Z",
    entries=3,
    expires="2026-11-28T12:00:00Z",
    index="main",
    instance="an-instance",
    key="0123456789abcdef",
    listing_bytes=300,
    listing_sha256=DIGEST,
    serial=7,
)
SIGNATURE = bytes(range(64))
WHOLE = render_start(HEAD, SIGNATURE)

KINDS: st.SearchStrategy[Kind] = st.sampled_from(["html", "json", "file", "metadata"])
PATHS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=60)
ENTRIES = st.builds(
    Entry,
    KINDS,
    PATHS,
    st.binary(min_size=32, max_size=32).map(lambda content: Sha256(content.hex())),
    st.none() | st.integers(0, 10**17),
)


def test_manifest_begins_as_it_is_documented() -> None:
    """Byte for byte: whoever writes a program that reads it depends on that."""
    head = (
        '{"created":"2026-11-21T12:00:00Z","entries":3,"expires":"2026-11-28T12:00:00Z",'
        '"index":"main","instance":"an-instance","key":"0123456789abcdef","listing_bytes":300,'
        f'"listing_sha256":"{DIGEST}","serial":7}}'
    )
    signature = base64.b64encode(SIGNATURE).decode()

    assert WHOLE.decode() == f"wheelyard-manifest 1\n{head}\nsignature {signature}\n"


def test_start_is_read_as_it_was_written() -> None:
    """Whatever follows it; the signed part is the first two lines."""
    start = parse_start(WHOLE + b"html ...")

    assert start == Start(HEAD, SIGNATURE, signed_part(HEAD))
    assert start.size == len(WHOLE)
    assert start.head.expires_at - start.head.created_at == 7 * 86_400


def test_moment_without_a_zone_is_utc() -> None:
    """As with everything here."""
    other = Head(
        **{
            **{name: getattr(HEAD, name) for name in HEAD.__struct_fields__},
            "created": "2026-11-21T12:00:00",
        }
    )

    assert other.created_at == HEAD.created_at


@given(ENTRIES)
def test_entry_is_read_as_it_was_written(entry: Entry) -> None:
    """Each kind, with and without a length."""
    assert parse_entry(render_entry(entry)) == entry


@pytest.mark.parametrize("path", ["", "a b", "ä", "a\n", "x" * 5000])
def test_path_that_cannot_be_written_is_refused(path: str) -> None:
    """It would be read as something else, or not at all."""
    with pytest.raises(BadInput):
        render_entry(Entry("file", path, DIGEST))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "It is no manifest"),
        (b"<html>", "It is no manifest"),
        (WHOLE.replace(b"manifest 1", b"manifest 2"), "another version"),
        (b"".join(WHOLE.splitlines(keepends=True)[:2]), "It is no manifest"),
        (WHOLE[:-1], "It is no manifest"),
        (WHOLE.replace(b'{"created"', b'{"cr'), "The head of the manifest cannot be read"),
        (WHOLE.replace(b'"serial":7', b'"serial":7,"more":1'), "The head of the manifest"),
        (WHOLE.replace(b'"serial":7', b'"serial":-7'), "a number is negative"),
        (WHOLE.replace(b"2026-11-28", b"2026-13-28"), "The head of the manifest cannot be read"),
        (WHOLE.replace(DIGEST.encode(), b"x"), "The head of the manifest cannot be read"),
        (WHOLE.replace(b"signature AA", b"signature !!"), "The signature of the manifest"),
    ],
)
def test_what_is_no_manifest_is_refused(content: bytes, why: str) -> None:
    """With what is wrong with it."""
    with pytest.raises(BadInput, match=why):
        parse_start(content)


@given(st.binary(max_size=200))
def test_any_line_is_an_entry_or_bad_input(line: bytes) -> None:
    """Nothing else comes out of it."""
    for parse in (parse_entry, parse_start):
        with pytest.raises(BadInput):
            parse(line)


@pytest.mark.parametrize(
    "line",
    [
        f"file {DIGEST} 5 a",
        f"file {DIGEST} 05 a\n",
        f"file {DIGEST} -5 a\n",
        f"file {DIGEST.upper()} 5 a\n",
        f"page {DIGEST} 5 a\n",
        f"file {DIGEST} 5 a b\n",
        f"file  {DIGEST} 5 a\n",
        f"file {DIGEST} 5 a\r\n",
    ],
)
def test_line_that_is_almost_an_entry_is_refused(line: str) -> None:
    """One way to write it, so that the same content has the same digest."""
    with pytest.raises(BadInput):
        parse_entry(line.encode())
