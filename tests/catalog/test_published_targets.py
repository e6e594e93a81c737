"""Queries on what may have changed since a view was made."""

import pytest
from msgspec import structs

from wheelyard.catalog import Catalog, Change, LedgerRow, MetadataRow
from wheelyard.catalog.published import ObjectsChange, TargetRow
from wheelyard.clock import FrozenClock, Instant
from wheelyard.decide.publishing import ObjectState
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio


async def test_journal_tells_whose_pages_may_have_changed(catalog: Catalog) -> None:
    """Of our owners, and of whatever is hosted; a provenance object has its project in its name."""
    rows = [
        Change("page.changed", "corp", "before"),
        Change("page.changed", "corp", "demo"),
        Change("page.changed", "elsewhere", "other"),
        Change("file.added", "hosted:team", "acme"),
        Change("document.changed", "corp", detail={"document": "provenance", "name": "p/f.whl"}),
        Change("document.changed", "corp", detail={"document": "root", "name": ""}),
        Change("page.changed", "corp", "after"),
    ]
    first, *_, last = [await catalog.journal.append(row) for row in rows]

    found = await catalog.published.changed({"corp"}, first, last - 1)
    await catalog.journal.append(Change("index.changed", detail={"index": "team"}))
    whole = await catalog.published.changed({"corp"}, first, last + 1)

    assert sorted(found.names) == ["acme", "demo", "p"]
    assert not found.everything
    assert whole.everything


async def test_files_that_came_tell_their_projects(catalog: Catalog, clock: FrozenClock) -> None:
    """A fill leaves no row in the journal."""
    assert await catalog.published.last_arrival() == Instant(0.0)
    for number, owner in enumerate(("corp", "other")):
        name = Filename(f"demo-{number}.0.tar.gz")
        digest, now = Sha256(f"{number:064d}"), clock.now()
        row = LedgerRow(owner, ProjectName("demo"), name, digest, 1, now, "x")
        await catalog.held.keep(row)
    now = clock.now()
    newest = await catalog.published.last_arrival()
    wheel, metadata = Sha256(f"{0:064d}"), Sha256("f" * 64)
    later = Instant(now + 10)
    await catalog.metadata_files.save(MetadataRow(wheel, metadata, 1, "upstream", later))

    assert (newest, await catalog.published.last_arrival()) == (now, later)
    assert await catalog.published.arrived({"corp"}, later) == {"demo"}
    assert await catalog.published.arrived({"corp"}, now) == {"demo"}
    assert await catalog.published.arrived({"corp"}, Instant(later + 1)) == set()
    assert await catalog.published.arrived({"nobody"}, Instant(0.0)) == set()


WHEEL, METADATA = Sha256("a" * 64), Sha256("b" * 64)
NAME = "demo-1.0-py3-none-any.whl"
FILE = ObjectState("demo", f"packages/aa/{NAME}", "file", WHEEL, 1)
BESIDE = ObjectState("demo", f"packages/aa/{NAME}.metadata", "metadata", METADATA, 1)


async def _arrived(catalog: Catalog, clock: FrozenClock, *names: str) -> int:
    """Have a wheel arrive, under each of these names, with its metadata; return a new target."""
    for name in names:
        row = LedgerRow("corp", ProjectName("demo"), Filename(name), WHEEL, 1, clock.now(), "x")
        await catalog.held.keep(row)
    await catalog.metadata_files.save(MetadataRow(WHEEL, METADATA, 1, "upstream", clock.now()))
    target = TargetRow(0, "/tree", "main", "0" * 32, has_views=True)
    return (await catalog.published.begin(target)).id


async def test_what_the_pages_of_a_target_list_has_not_come(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """For that target, and for no other."""
    published, target = catalog.published, await _arrived(catalog, clock, NAME)
    await published.save_objects(target, ObjectsChange(saved=[FILE, BESIDE]))

    assert await published.arrived({"corp"}, clock.now(), target) == set()
    assert await published.arrived({"corp"}, clock.now(), target + 1) == {"demo"}
    assert await published.arrived({"corp"}, clock.now()) == {"demo"}


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [FILE],
        [BESIDE],
        [structs.replace(FILE, sha256=""), BESIDE],
        [structs.replace(FILE, sha256="c" * 64), BESIDE],
        [structs.replace(FILE, unlisted_at=Instant(1.0), unlisted_serial=1), BESIDE],
        [FILE, structs.replace(BESIDE, unlisted_at=Instant(1.0), unlisted_serial=1)],
        [structs.replace(FILE, project="other"), BESIDE],
    ],
    ids=["none", "file", "metadata", "sending", "bytes", "unlisted", "unlisted-too", "project"],
)
async def test_what_no_page_of_a_target_lists_has_come(
    catalog: Catalog, clock: FrozenClock, listed: list[ObjectState]
) -> None:
    """Each of a file and its metadata counts by itself."""
    published, target = catalog.published, await _arrived(catalog, clock, NAME)
    await published.save_objects(target, ObjectsChange(saved=listed))

    assert await published.arrived({"corp"}, clock.now(), target) == {"demo"}


@pytest.mark.parametrize(
    "name", ["demo-1.0-py2.py3-none-any.whl", NAME.removeprefix("d"), "any.whl"]
)
async def test_file_that_is_listed_under_another_name_only_has_come(
    catalog: Catalog, clock: FrozenClock, name: str
) -> None:
    """The same bytes, and even a name that ends alike, are another link on the page."""
    published, target = catalog.published, await _arrived(catalog, clock, NAME, name)
    await published.save_objects(target, ObjectsChange(saved=[FILE, BESIDE]))

    assert await published.arrived({"corp"}, clock.now(), target) == {"demo"}
