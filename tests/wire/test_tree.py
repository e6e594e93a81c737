"""The layout of a published tree."""

import msgspec
import pytest

from wheelyard.errors import BadInput
from wheelyard.wire.tree import (
    PAGE_OBJECTS,
    TreeInfo,
    could_be_ours,
    is_tree_info,
    other_view,
    page_folder,
    parse_tree_info,
    view_path,
)

INFO = TreeInfo(
    tree="0" * 32,
    index="main",
    instance="1" * 32,
    serial=7,
    created="2026-01-01T00:00:00Z",
    has_views=True,
    projects=1,
    files=2,
)
FILE = f"packages/aa/bb/{'c' * 60}/demo-1.0-py3-none-any.whl"


def test_what_a_tree_says_of_itself_is_read_back() -> None:
    """As it was written."""
    assert parse_tree_info(msgspec.json.encode(INFO)) == INFO


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no description of a published tree"),
        (b'{"format": 1}', "is no description of a published tree"),
        (b'{"format": 2, "new": true}', "has format 2, and this program knows 1"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(content: bytes, sentence: str) -> None:
    """Half of it, nothing, or what a later version wrote."""
    with pytest.raises(BadInput, match=sentence):
        parse_tree_info(content)


@pytest.mark.parametrize(
    ("content", "is_one"),
    [
        (msgspec.json.encode(INFO), True),
        (b'{"format": 2, "new": true}', True),
        (b"", False),
        (b"[1]", False),
        (b'{"format": "woff2"}', False),
        (b'{"yards": ["main"]}', False),
    ],
)
def test_tree_of_any_version_is_known_as_one(content: bytes, *, is_one: bool) -> None:
    """Nobody is to write into it; another file of that name is no tree."""
    assert is_tree_info(content) == is_one


def test_pages_are_in_their_view_and_files_where_they_always_are() -> None:
    """Files, metadata and provenance are there once."""
    assert page_folder("demo") == "simple/demo/"
    assert page_folder("") == "simple/"
    assert view_path("b", "simple/index.html") == "views/b/simple/index.html"
    assert view_path("b", FILE) == FILE
    assert view_path("a", "integrity/x") == "integrity/x"
    assert [other_view("a"), other_view("b")] == ["b", "a"]


@pytest.mark.parametrize(
    "path",
    [
        FILE,
        f"{FILE}.metadata",
        "integrity/demo/1.0/demo-1.0.tar.gz/provenance",
        *(f"simple/{name}" for name in PAGE_OBJECTS),
        *(f"views/a/simple/demo/{name}" for name in PAGE_OBJECTS),
        "-/manifest",
        "views/b/-/projects.jsonl.gz",
        "snapshot.sqlite",
        "views/a/snapshot.sqlite.sha256",
        "wheelyard.json",
    ],
)
def test_everything_that_is_published_could_be_ours(path: str) -> None:
    """So that a comparison finds what is left over of it."""
    assert could_be_ours(path)


@pytest.mark.parametrize(
    "path",
    [
        "robots.txt",
        "packages/README",
        f"views/a/{FILE}",
        "views/c/simple/index.html",
        "simple/demo/more/index.html",
        "simple/index.html.bz2",
        "current",
        "xsimple/index.html",
        "-/manifest.old",
    ],
)
def test_files_of_others_are_never_ours(path: str) -> None:
    """They are left alone, whatever is missing."""
    assert not could_be_ours(path)
