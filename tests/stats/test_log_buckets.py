"""Logs in an object store: found by how they are called, fetched once, and kept nowhere."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.catalogs import new_catalog
from wheelyard.blobs.object_store import Attributes, ObjectStore
from wheelyard.blobs.store_urls import StoreUrl
from wheelyard.catalog import Catalog
from wheelyard.clock import FrozenClock
from wheelyard.errors import BadInput, Unavailable
from wheelyard.stats.ingesting import Ingester, IngestRules, Report
from wheelyard.stats.log_buckets import BucketLogs, is_bucket, open_bucket_logs
from wheelyard.stats.logged import Place

pytestmark = [pytest.mark.anyio, pytest.mark.blocking(reason="tests look at files as they go")]

LINE = (
    '192.0.2.10 - - [31/Jan/2026:12:00:{:02} +0000] "GET /packages/a/demo-1.0.tar.gz HTTP/1.1" '
    '200 9 "-" "pip/24.0"\n'
)


@pytest.fixture
def store() -> ObjectStore:
    """Return an empty store."""
    return ObjectStore(StoreUrl("memory", "bucket", "logs/"), {})


@pytest.fixture
async def catalog(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Catalog]:
    """Open an empty catalog."""
    with new_catalog(tmp_path, clock) as opened:
        yield opened


async def put(store: ObjectStore, key: str, *seconds: int) -> None:
    """Write a log with a line for each second."""
    body = "".join(LINE.format(second) for second in seconds).encode()
    await store.put(key, body, Attributes())


async def ingest(catalog: Catalog, clock: FrozenClock, logs: BucketLogs) -> Report:
    """Ingest the logs of a bucket."""
    rules = IngestRules(Place("main"), b"k" * 32)
    return await Ingester(catalog.ingested, rules, clock).run_bucket(logs)


async def test_each_log_is_fetched_once(
    catalog: Catalog, clock: FrozenClock, store: ObjectStore
) -> None:
    """Known by where it is and what it was there; a new one, and a changed one, are read."""
    await put(store, "one.log", 1, 2)
    await put(store, "two/three.log", 2, 3)
    await store.put("empty/", b"", Attributes())
    watched = Watched(store)

    first = await ingest(catalog, clock, BucketLogs(watched))
    again = await ingest(catalog, clock, BucketLogs(watched))
    await put(store, "one.log", 1, 2, 4)
    changed = await ingest(catalog, clock, BucketLogs(watched))

    assert (first.files, first.counted, first.known) == (2, 3, 1)
    assert (again.files, again.known_files, again.counted) == (2, 2, 0)
    assert (changed.known_files, changed.counted) == (1, 1)
    assert watched.fetched == ["one.log", "two/three.log", "one.log"]


class Watched:
    """A store, and what was fetched of it."""

    def __init__(self, store: ObjectStore) -> None:
        """Watch ``store``."""
        self.url = store.url
        self.listing = store.listing
        self._store = store
        self.fetched: list[str] = []

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Yield the bytes of an object."""
        self.fetched.append(key)
        async for piece in self._store.read(key):
            yield piece


async def test_copy_that_is_known_by_its_bytes_is_not_fetched_again_either(
    catalog: Catalog, clock: FrozenClock, store: ObjectStore
) -> None:
    """It was read elsewhere before."""
    await put(store, "one.log", 1)
    await ingest(catalog, clock, BucketLogs(store))
    moved = ObjectStore(StoreUrl("memory", "other"), {})
    await put(moved, "one.log", 1)
    watched = Watched(moved)

    first = await ingest(catalog, clock, BucketLogs(watched))
    again = await ingest(catalog, clock, BucketLogs(watched))

    assert (first.known_files, again.known_files) == (1, 1)
    assert watched.fetched == ["one.log"]


async def test_prefix_chooses(store: ObjectStore) -> None:
    """As CDNs name their logs: by distribution and hour."""
    for key in ("E2.2026-01-31-12.a.gz", "E2.2026-01-31-13.b.gz", "E3.2026-01-31-12.c.gz"):
        await put(store, key, 1)

    found = [log.key async for log in BucketLogs(store, "E2.2026-01-31-12").each()]

    assert found == ["E2.2026-01-31-12.a.gz"]


async def test_fetched_log_has_no_name_on_this_machine(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is gone with the program, however that ends."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    await put(store, "one.log", 1)
    logs = BucketLogs(store)
    [log] = [each async for each in logs.each()]

    async with logs.opened(log) as file:
        assert file.read().startswith(b"192.0.2.10")
        assert os.fstat(file.fileno()).st_nlink == 0
        assert names_in(tmp_path) == []


def names_in(folder: Path) -> list[str]:
    """Return what is in a directory."""
    return [path.name for path in folder.iterdir()]


async def test_log_that_went_away_meanwhile_is_passed_over(
    catalog: Catalog, clock: FrozenClock, store: ObjectStore
) -> None:
    """Whoever cleans up was faster."""

    class Gone(Watched):
        async def read(self, key: str) -> AsyncIterator[bytes]:
            await store.delete(["one.log"])
            async for piece in super().read(key):
                yield piece

    await put(store, "one.log", 1)
    await put(store, "two.log", 2)

    report = await ingest(catalog, clock, BucketLogs(Gone(store)))

    assert (report.counted, report.problems) == (1, [])


async def test_store_that_fails_is_a_sentence(catalog: Catalog, clock: FrozenClock) -> None:
    """What was counted before stays."""

    class Broken(Watched):
        async def read(self, key: str) -> AsyncIterator[bytes]:
            if key == "two.log":
                raise Unavailable("The object store", "it does not answer")
            async for piece in super().read(key):
                yield piece

    store = ObjectStore(StoreUrl("memory", "bucket"), {})
    await put(store, "one.log", 1)
    await put(store, "two.log", 2)
    rules = IngestRules(Place("main"), b"k" * 32)
    ingester = Ingester(catalog.ingested, rules, clock)

    with pytest.raises(Unavailable, match="does not answer"):
        await ingester.run_bucket(BucketLogs(Broken(store)))
    assert ingester.report.counted == 1


@pytest.mark.parametrize(
    ("url", "place", "prefix"),
    [
        ("s3://bucket", "s3://bucket", ""),
        ("s3://bucket/", "s3://bucket", ""),
        ("s3://bucket/E2.2026", "s3://bucket", "E2.2026"),
        ("s3://bucket/logs/", "s3://bucket/logs", ""),
        ("S3://bucket/logs/cdn/E2.2026", "s3://bucket/logs/cdn", "E2.2026"),
    ],
)
def test_address_is_how_logs_begin(url: str, place: str, prefix: str) -> None:
    """A folder, one object, or all that begin so."""
    environment = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}

    logs = open_bucket_logs(url, environment)

    assert (logs.store.url, logs.prefix) == (place, prefix)
    assert is_bucket(url)


def test_what_is_no_bucket_is_a_sentence() -> None:
    """Before anything is counted."""
    assert not is_bucket("/var/log/s3://")
    with pytest.raises(BadInput, match="bucket"):
        open_bucket_logs("s3://", {})
