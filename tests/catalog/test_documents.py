"""Documents: whole upstream answers, by kind and name."""

from dataclasses import replace

import pytest

from wheelyard.catalog import Catalog, DocumentKey, DocumentRow
from wheelyard.clock import Instant

pytestmark = pytest.mark.anyio

ROOT = DocumentKey("pypi", "root")
LIST = DocumentRow(
    owner="pypi",
    kind="root",
    name="",
    url="https://index.example/simple/",
    fetched_at=Instant(100.25),
    checked_at=Instant(200.5),
    lifetime_seconds=600.0,
    etag='"abc"',
    last_modified="Wed, 21 Oct 2015 07:28:00 GMT",
    serial=7,
    content_type="application/vnd.pypi.simple.v1+json",
    headers=(("x-pypi-last-serial", "7"), ("link", "a"), ("link", "é")),
    body=b"\x00{}\xff",
)


async def test_document_saved_with_every_field_comes_back_equal(catalog: Catalog) -> None:
    """Body and headers come back as they were, repeated headers in order."""
    await catalog.documents.save(LIST)

    assert await catalog.documents.load(ROOT) == LIST


async def test_document_of_another_kind_or_name_is_another(catalog: Catalog) -> None:
    """All three parts of the key count."""
    await catalog.documents.save(LIST)

    assert await catalog.documents.load(DocumentKey("pypi", "json")) is None
    assert await catalog.documents.load(DocumentKey("pypi", "root", "flask")) is None
    assert await catalog.documents.load(DocumentKey("other", "root")) is None


async def test_document_saved_again_replaces_the_first(catalog: Catalog) -> None:
    """There is one copy per key."""
    await catalog.documents.save(LIST)
    changed = replace(LIST, body=b"other", headers=(), serial=None)

    await catalog.documents.save(changed)

    assert await catalog.documents.load(ROOT) == changed


async def test_changed_document_is_in_the_journal(catalog: Catalog) -> None:
    """Other processes learn of a new list through the journal."""
    await catalog.documents.save(LIST, "document.changed")

    (row,) = await catalog.journal.since(0)
    assert (row.kind, row.owner) == ("document.changed", "pypi")
    assert row.detail == {"document": "root", "name": ""}


async def test_touched_document_changes_only_its_freshness(catalog: Catalog) -> None:
    """A 304 moves the two times and nothing else."""
    await catalog.documents.save(LIST)

    await catalog.documents.touch(ROOT, Instant(999.5), None)

    expected = replace(LIST, checked_at=Instant(999.5), lifetime_seconds=None)
    assert await catalog.documents.load(ROOT) == expected


async def test_removed_document_is_gone(catalog: Catalog) -> None:
    """Removing twice is harmless."""
    await catalog.documents.save(LIST)
    await catalog.documents.remove(ROOT)

    await catalog.documents.remove(ROOT)

    assert await catalog.documents.load(ROOT) is None
