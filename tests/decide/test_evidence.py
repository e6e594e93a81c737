"""Evidence: a digest that was stated once holds for the file."""

import msgspec
import pytest

from support.fakes import make_file, make_project
from wheelyard.decide.evidence import keep_digests
from wheelyard.model import File, Project

KNOWN = make_file("demo-1.0.tar.gz")
BARE = msgspec.structs.replace(KNOWN, hashes=(), size=None, url="https://mirror.example/demo")


def page(*files: File) -> Project:
    """Return a page with these files."""
    return make_project("demo", *files)


def test_digest_that_is_not_stated_any_more_is_kept() -> None:
    """A listing without digests must not make a file free to be any bytes."""
    (kept,) = keep_digests(page(KNOWN), page(BARE)).files

    assert (kept.hashes, kept.size, kept.url) == (KNOWN.hashes, KNOWN.size, BARE.url)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(page(), page(BARE), id="nothing was known"),
        pytest.param(page(BARE), page(BARE), id="no digest was known"),
        pytest.param(page(KNOWN), page(make_file("demo-1.0.tar.gz", b"other")), id="another one"),
        pytest.param(page(KNOWN), page(make_file("demo-2.0.tar.gz")), id="another file"),
        pytest.param(page(KNOWN), page(), id="no files"),
    ],
)
def test_everything_else_is_as_the_page_says(before: Project, after: Project) -> None:
    """What a page states counts; what nobody stated is not made up."""
    assert keep_digests(before, after) == after


def test_size_that_is_stated_counts() -> None:
    """If it is wrong, the digest says so when the bytes come."""
    stated = msgspec.structs.replace(BARE, size=3)

    (kept,) = keep_digests(page(KNOWN), page(stated)).files

    assert (kept.hashes, kept.size) == (KNOWN.hashes, 3)
