"""Core metadata of every age becomes one record."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.wire.core_metadata import CoreMetadata, parse_core_metadata

MINIMAL = "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n"
EVERYTHING = f"""{MINIMAL}Summary: does things
Description-Content-Type: text/markdown; charset=UTF-8
Keywords: a,b
Home-page: https://home.example/
Download-URL: https://home.example/foo.zip
Author: Ann Émile
Author-email: Ann <ann@home.example>
Maintainer: Bob
Maintainer-email: bob@home.example
License: MIT
License-Expression: MIT
License-File: LICENSE
License-File: NOTICE
Requires-Python: >=3.8
Classifier: Topic :: A
Classifier: Topic :: B
Platform: any
Requires-Dist: bar>=1; extra == "x"
Requires-Dist: baz
Provides-Extra: x
Dynamic: license
Project-URL: Docs, https://docs.example/,comma
Project-URL: no comma

# Title

Text
"""


def test_every_field_is_read() -> None:
    """Single ones, repeated ones, labelled links, and the text behind the headers."""
    metadata = parse_core_metadata(EVERYTHING.encode())

    assert metadata == CoreMetadata(
        metadata_version="2.1",
        name="foo",
        version="1.0",
        summary="does things",
        description="# Title\n\nText\n",
        description_content_type="text/markdown; charset=UTF-8",
        keywords="a,b",
        home_page="https://home.example/",
        download_url="https://home.example/foo.zip",
        author="Ann Émile",
        author_email="Ann <ann@home.example>",
        maintainer="Bob",
        maintainer_email="bob@home.example",
        license="MIT",
        license_expression="MIT",
        requires_python=">=3.8",
        license_files=("LICENSE", "NOTICE"),
        classifiers=("Topic :: A", "Topic :: B"),
        platforms=("any",),
        requires_dist=('bar>=1; extra == "x"', "baz"),
        provides_extra=("x",),
        dynamic=("license",),
        project_urls=(("Docs", "https://docs.example/,comma"), ("no comma", "")),
    )


def test_old_metadata_has_its_description_in_a_header() -> None:
    """Continued with bars or with blanks."""
    bars = f"{MINIMAL}Description: one\n       |two\n       |\n       |three\nAuthor: UNKNOWN\n"
    blanks = f"{MINIMAL}Description: one\n        two\n"

    assert parse_core_metadata(bars.encode()).description == "one\ntwo\n\nthree"
    assert parse_core_metadata(bars.encode()).author == ""
    assert parse_core_metadata(blanks.encode()).description == "one\ntwo"


def test_line_ends_and_letter_case_of_headers_do_not_matter() -> None:
    """Wheels are made on every system."""
    content = b"METADATA-VERSION: 2.1\r\nname: foo\r\nVERSION: 1.0\r\n\r\ntext\r\n"

    metadata = parse_core_metadata(content)

    assert (metadata.name, metadata.version, metadata.description) == ("foo", "1.0", "text\n")


def test_bytes_that_are_no_text_become_a_mark() -> None:
    """Nothing is refused for an author's name in another encoding."""
    assert parse_core_metadata(MINIMAL.encode() + b"Author: \xe9\n").author == "\ufffd"


def test_body_is_text_whatever_type_it_claims() -> None:
    """A nest of messages in messages is not followed."""
    content = MINIMAL + "Content-Type: message/rfc822\n\n" + "Content-Type: message/rfc822\n\n" * 9

    assert parse_core_metadata(content.encode()).description.startswith("Content-Type")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"Name: foo\n",
        b"Version: 1.0\n",
        b"Name: UNKNOWN\nVersion: 1.0\n",
        b"<html>",
        MINIMAL.encode() + b"\n" + b"x" * (16 * 1024 * 1024),
        MINIMAL.encode() + b"Classifier: x\n" * 60_000,
    ],
    ids=range(8),
)
def test_what_is_no_metadata_is_refused(content: bytes) -> None:
    """Without name and version it describes nothing; beyond the bounds nobody reads it."""
    with pytest.raises(BadInput, match="metadata"):
        parse_core_metadata(content)


@pytest.mark.parametrize("piece", ["Name: foo\n", "a", ":", "\n", " \n", "Name:\n "])
def test_t18_time_is_bounded(piece: str) -> None:
    """A megabyte of any one thing."""
    content = (MINIMAL + piece * (1_000_000 // len(piece))).encode()
    started = time.process_time()

    with contextlib.suppress(BadInput):
        parse_core_metadata(content)

    assert time.process_time() - started < 5


@given(st.binary(max_size=300))
def test_any_bytes_are_a_record_or_bad_input(content: bytes) -> None:
    """Nothing else leaves the parser."""
    for start in (b"", MINIMAL.encode()):
        with contextlib.suppress(BadInput):
            parse_core_metadata(start + content)
