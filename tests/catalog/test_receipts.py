"""Many files written down at once: each as it would be alone."""

import pytest

from wheelyard.catalog import Catalog, LedgerRow, MetadataRow, OddPathRow
from wheelyard.catalog.receipts import Receipt
from wheelyard.clock import Instant
from wheelyard.errors import Conflict
from wheelyard.model import File, FileRef
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
ONE, TWO = Sha256("1" * 64), Sha256("2" * 64)


def receipt(filename: str, digest: Sha256) -> Receipt:
    """Return what is written down of a file."""
    name = Filename(filename)
    entry = LedgerRow("pypi", FLASK, name, digest, 7, Instant(1), "files.example")
    return Receipt(
        entry,
        OddPathRow("pypi", f"/packages/{filename}", FLASK, name),
        MetadataRow(digest, Sha256("3" * 64), 3, "wheel", Instant(1)),
    )


async def test_files_are_held_with_evidence_path_and_metadata(catalog: Catalog) -> None:
    """All of it or nothing, in one transaction."""
    results = await catalog.receipts.write([receipt("a.whl", ONE), receipt("b.whl", TWO)])
    held = await catalog.held.of_project("pypi", FLASK)
    entry = await catalog.ledger.load("pypi", FLASK, Filename("b.whl"))
    path = await catalog.odd_paths.load("pypi", "/packages/b.whl")

    assert results == [None, None]
    assert [row.sha256 for row in held] == [ONE, TWO]
    assert entry is not None
    assert path is not None
    assert await catalog.metadata_files.load(TWO) is not None


async def test_name_that_is_bound_refuses_and_takes_nobody_along(catalog: Catalog) -> None:
    """The others of its batch are held; of it nothing is written."""
    await catalog.receipts.write([receipt("a.whl", ONE)])

    refused, done = await catalog.receipts.write([receipt("a.whl", TWO), receipt("b.whl", TWO)])
    held = await catalog.held.find(TWO)

    assert isinstance(refused, Conflict)
    assert done is None
    assert [row.filename for row in held] == ["b.whl"]


@pytest.mark.parametrize(
    ("filename", "digest", "expected"),
    [
        ("a.whl", ONE, True),
        ("a.whl", TWO, True),
        ("c.whl", ONE, True),
        ("c.whl", TWO, False),
    ],
    ids=["held", "bound-to-other-bytes", "bytes-of-another-name", "unknown"],
)
async def test_what_is_known_is_known_by_name_or_bytes(
    catalog: Catalog,
    filename: str,
    digest: Sha256,
    expected: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Either is a reason to look more closely before anything is fetched."""
    await catalog.receipts.write([receipt("a.whl", ONE)])
    file = File(Filename(filename), "https://files.example/x", (("sha256", digest),), 7)

    assert catalog.receipts.knows_now("pypi", FileRef(FLASK, file)) is expected
