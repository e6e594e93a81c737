"""What each object of a tree is: the same for stores, which are told, and for servers."""

import re

import pytest

from wheelyard.publish.serving.contents import (
    ADDRESSES,
    FOR_EVER,
    cache_control,
    content_of,
)
from wheelyard.publish.tree.headers import TreeHeaders
from wheelyard.wire import tree

WHEEL = "packages/ab/cd/demo-1.0+local-py3-none-any.whl"
PROVENANCE = "integrity/demo/1.0/demo-1.0-py3-none-any.whl/provenance"


@pytest.mark.parametrize(
    ("path", "content_type", "coding", "is_for_ever"),
    [
        ("simple/index.json", "application/vnd.pypi.simple.v1+json", "", False),
        ("simple/demo/index.json.gz", "application/vnd.pypi.simple.v1+json", "gzip", False),
        ("views/b/simple/demo/index.html.zst", "text/html; charset=utf-8", "zstd", False),
        (WHEEL, "application/octet-stream", "", True),
        ("packages/ab/demo-1.0.tar.gz", "application/octet-stream", "", True),
        (f"{WHEEL}.metadata", "text/plain; charset=utf-8", "", True),
        (PROVENANCE, "application/vnd.pypi.integrity.v1+json", "", False),
        (tree.INFO, "application/json", "", False),
        (tree.PROJECTS, "application/gzip", "", False),
        (f"views/a/{tree.SNAPSHOT}", "application/vnd.sqlite3", "", False),
    ],
)
def test_object_is_what_its_path_says(
    path: str,
    content_type: str,
    coding: str,
    is_for_ever: bool,  # noqa: FBT001 - a column
) -> None:
    """An archive that ends in `.gz` has no coding; a page that does has one."""
    content = content_of(path)

    assert (content.content_type, content.content_encoding) == (content_type, coding)
    assert content.is_for_ever is is_for_ever


@pytest.mark.parametrize("name", ["index.html", "index.json", "index.json.gz", "index.html.zst"])
def test_page_has_the_headers_that_stores_are_told(name: str) -> None:
    """One kind of tree: who serves the directory says what the bucket says."""
    told = TreeHeaders(600).of_page("demo", name)
    content = content_of(f"simple/demo/{name}")

    assert told.content_type == content.content_type
    assert told.content_encoding == content.content_encoding
    assert told.cache_control == cache_control(content, 600)


@pytest.mark.parametrize(
    ("kind", "path"),
    [("file", WHEEL), ("metadata", f"{WHEEL}.metadata"), ("provenance", PROVENANCE)],
)
def test_object_has_the_headers_that_stores_are_told(kind: str, path: str) -> None:
    """Likewise."""
    told = TreeHeaders(60).of_object(kind, path)
    content = content_of(path)

    assert told.content_type == content.content_type
    assert not told.content_encoding
    assert told.cache_control == cache_control(content, 60)


def test_files_are_kept_for_ever_and_pages_for_a_while() -> None:
    """And pages for a day where the origin is out."""
    assert cache_control(content_of(WHEEL), 600) == FOR_EVER
    assert cache_control(content_of("simple/index.json"), 60) == (
        "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"
    )


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("simple/demo/index.json", "json_page"),
        ("simple/index.html", "html_page"),
        (WHEEL, "file"),
        (f"{WHEEL}.metadata", "metadata"),
        (PROVENANCE, "provenance"),
        (tree.MANIFEST, "manifest"),
        ("packages/.draft/x.whl", None),
        ("packages/ab/.hidden", None),
        ("packages/ab/", None),
        ("views/a/simple/demo/index.json", None),
        ("simple/demo/index.json.gz", None),
        ("simple/De.mo/index.json", None),
        (".wheelyard/packages/x.whl", None),
        (tree.CURRENT, None),
    ],
)
def test_path_has_an_address_or_none(path: str, name: str | None) -> None:
    """What the tree keeps to itself has none."""
    found = [each.name for each in ADDRESSES if re.fullmatch(each.pattern, path)]

    assert (found[0] if found else None) == name
