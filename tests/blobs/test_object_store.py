"""Objects in a bucket: in memory, in a real store, and in one that has a bad day."""

import hashlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import anyio
import pytest

from blobs.store_stub import StoreStub, running_stub
from support.patience import until
from support.radosgw import RadosGw
from wheelyard.blobs.object_store import Attributes, ObjectStore, StoreRules
from wheelyard.blobs.store_urls import StoreUrl, parse_store_url
from wheelyard.errors import ConfigError, Unavailable

pytestmark = pytest.mark.anyio

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "hush"}
IMPATIENT = StoreRules(connect_seconds=1, request_seconds=0.5, retries=0)
ONCE = StoreRules(connect_seconds=60, request_seconds=60, retries=0)
PAGE = Attributes("text/html", "public, max-age=600", "gzip", {"surrogate-key": "root"})


@pytest.fixture
def stub() -> Iterator[StoreStub]:
    """Run a store that does as it is told."""
    with running_stub() as running:
        yield running


@pytest.fixture
def bucket(radosgw: RadosGw) -> ObjectStore:
    """Return a new bucket of the real store."""
    url = radosgw.make_bucket(f"objects-{uuid4().hex}", is_public=True)
    return ObjectStore(parse_store_url(url), radosgw.environment)


def stubbed(stub: StoreStub, rules: StoreRules = ONCE, **more: str) -> ObjectStore:
    """Return a bucket of the stub."""
    environment = {**KEYS, "AWS_ENDPOINT_URL": stub.endpoint, **more}
    return ObjectStore(StoreUrl("s3", "bucket"), environment, rules)


def asked_of(stub: StoreStub) -> list[tuple[str, str]]:
    """Return what the stub was asked."""
    return [(each.method, each.path) for each in stub.asked]


async def test_attributes_are_sent_to_whoever_asks(bucket: ObjectStore, radosgw: RadosGw) -> None:
    """As the store sends them over plain HTTP."""
    await bucket.put("page.gz", b"coded", PAGE)

    answer = radosgw.fetch(f"/{bucket.url.rpartition('/')[2]}/page.gz")

    assert (answer.status, answer.body) == (200, b"coded")
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["x-amz-meta-surrogate-key"] == "root"


async def test_large_file_is_sent_and_read_in_parts(
    bucket: ObjectStore, radosgw: RadosGw, tmp_path: Path
) -> None:
    """Every byte of it, with its attributes, and no part is left over."""
    content = b"".join(bytes([number % 251]) * 1024 for number in range(20 * 1024 + 1))
    file = tmp_path / "wheel"
    file.write_bytes(content)
    await bucket.put("packages/wheel", file, PAGE)
    chunks = [chunk async for chunk in bucket.read("packages/wheel")]

    name = bucket.url.rpartition("/")[2]
    answer = radosgw.fetch(f"/{name}/packages/wheel")
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(content).digest()
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert answer.headers["etag"].endswith('-3"')
    assert [len(chunk) for chunk in chunks] == [8 * 1024**2, 8 * 1024**2, 4 * 1024**2 + 1024]
    assert b"".join(chunks) == content
    assert radosgw.uploads(name) == 0


async def test_object_is_created_once(bucket: ObjectStore) -> None:
    """Of several who try at the same time, one does it."""
    outcomes = []

    async def create(number: int) -> None:
        outcomes.append(await bucket.create("lock", str(number).encode(), Attributes()))

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(create, number)

    assert sorted(outcomes) == [False] * 7 + [True]
    assert await bucket.create("lock", b"late", Attributes()) is False


async def test_copy_has_the_attributes_of_its_source(bucket: ObjectStore, radosgw: RadosGw) -> None:
    """A page of another view is the same page."""
    await bucket.put("a", b"page", PAGE)
    first = await bucket.copy("a", "b c+d!~")
    second = await bucket.copy("none", "c")

    answer = radosgw.fetch(f"/{bucket.url.rpartition('/')[2]}/b%20c%2Bd%21~")
    assert (first, second) == (True, False)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["x-amz-meta-surrogate-key"] == "root"


async def test_head_tells_length_and_etag(bucket: ObjectStore) -> None:
    """The etag changes with the bytes."""
    first = await bucket.put("a", b"page", Attributes())
    seen = await bucket.head("a")
    second = await bucket.put("a", b"other", Attributes())

    assert seen is not None
    assert (seen.key, seen.size, seen.etag) == ("a", 4, first)
    assert first != second
    assert await bucket.head("none") is None


async def test_object_that_is_replaced_while_it_is_read_is_said() -> None:
    """A mixture of two editions is never given out."""
    store = ObjectStore(StoreUrl("memory", "b"), {}, StoreRules(part_bytes=4))
    await store.put("a", b"12345678", Attributes())
    reading = store.read("a")
    first = await anext(reading)
    await store.put("a", b"abcdefgh", Attributes())

    with pytest.raises(Unavailable, match="somebody else has changed"):
        await anext(reading)

    assert first == b"1234"


async def test_many_are_deleted_with_few_requests(bucket: ObjectStore) -> None:
    """Those that are not there are no error."""
    for number in range(12):
        await bucket.put(f"a/{number}", b"", Attributes())

    await bucket.delete([f"a/{number}" for number in range(1_500)])

    assert [each async for each in bucket.listing()] == []


async def test_wrong_keys_are_said_and_not_shown(bucket: ObjectStore, radosgw: RadosGw) -> None:
    """Which of the two is wrong, and where to look."""
    url = parse_store_url(bucket.url)
    wrong = {**radosgw.environment, "AWS_SECRET_ACCESS_KEY": "psst"}
    unknown = {**radosgw.environment, "AWS_ACCESS_KEY_ID": "nobody"}

    with pytest.raises(Unavailable, match="the secret key is wrong") as caught:
        await ObjectStore(url, wrong).put("a", b"", Attributes())
    with pytest.raises(Unavailable, match="does not know the access key"):
        await ObjectStore(url, unknown).get("a", 10)
    with pytest.raises(Unavailable, match="does not know the access key"):
        _ = [each async for each in ObjectStore(url, unknown).listing()]

    assert "psst" not in f"{caught.value!r}{caught.value.__cause__!r}"


async def test_missing_bucket_is_said(radosgw: RadosGw, tmp_path: Path) -> None:
    """It is not that the objects are absent."""
    store = ObjectStore(
        StoreUrl("s3", "nowhere"), radosgw.environment, StoreRules(part_bytes=5 * 1024**2)
    )
    large = tmp_path / "large"
    large.write_bytes(bytes(5 * 1024**2 + 1))

    for call in (
        store.put("a", b"", Attributes()),
        store.put("a", large, Attributes()),
        store.create("a", b"", Attributes()),
        store.get("a", 10),
        store.copy("a", "b"),
        store.delete(["a"]),
    ):
        with pytest.raises(Unavailable, match="no such bucket"):
            await call
    with pytest.raises(Unavailable, match="no such bucket"):
        _ = [each async for each in store.listing()]


async def test_store_that_fails_for_a_moment_is_asked_again(stub: StoreStub) -> None:
    """Nobody hears of it."""
    stub.statuses = [500, 503, 200]

    await stubbed(stub, StoreRules(retries=3)).put("a", b"page", Attributes())

    assert [each.body for each in stub.asked] == [b"page"] * 3


async def test_store_that_goes_on_failing_is_said(stub: StoreStub) -> None:
    """After a bounded number of attempts."""
    stub.statuses, stub.body = [500], b"<Code>InternalError</Code> hush-hush"

    with pytest.raises(Unavailable, match="at `a`, it answered with the status 500") as caught:
        await stubbed(stub, StoreRules(retries=2)).put("a", b"page", Attributes())

    assert len(stub.asked) == 3
    assert "hush-hush" not in str(caught.value)


async def test_upload_in_parts_that_fails_is_dropped(stub: StoreStub, tmp_path: Path) -> None:
    """Parts that nobody will ever put together would be paid for for ever."""
    stub.body = b"<InitiateMultipartUploadResult><UploadId>u1</UploadId>"
    stub.body += b"</InitiateMultipartUploadResult>"
    stub.statuses = [200, 500]
    file = tmp_path / "large"
    file.write_bytes(bytes(3 * 1024**2))
    rules = StoreRules(retries=0, part_bytes=2 * 1024**2, parts_at_once=1)

    with pytest.raises(Unavailable, match="the status 500"):
        await stubbed(stub, rules).put("a", file, Attributes())
    await until(lambda: ("DELETE", "/bucket/a?uploadId=u1") in asked_of(stub))

    assert asked_of(stub)[:2] == [
        ("POST", "/bucket/a?uploads="),
        ("PUT", "/bucket/a?partNumber=1&uploadId=u1"),
    ]


async def test_store_that_says_nothing_is_given_up() -> None:
    """It listens, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        store = ObjectStore(StoreUrl("s3", "bucket"), environment, IMPATIENT)

        with pytest.raises(Unavailable, match="did not answer in time"):
            await store.get("a", 10)


async def test_store_that_nobody_runs_is_said() -> None:
    """The endpoint is wrong, or it is not up."""
    environment = {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}

    with pytest.raises(Unavailable, match="nobody listens at its endpoint"):
        await ObjectStore(StoreUrl("s3", "bucket"), environment, IMPATIENT).get("a", 10)


async def test_file_that_is_gone_is_said(tmp_path: Path) -> None:
    """It is this machine's disk, and not the store."""
    store = ObjectStore(StoreUrl("memory", "b"), {})

    with pytest.raises(Unavailable, match="No such file") as caught:
        await store.put("a", tmp_path / "gone", Attributes())

    assert caught.value.is_ours


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        (
            StoreUrl("az", "b"),
            {"AZURE_STORAGE_ACCOUNT_NAME": "me", "AZURE_STORAGE_ACCOUNT_KEY": "?"},
        ),
        (StoreUrl("gs", "b"), {"GOOGLE_SERVICE_ACCOUNT_KEY": "no JSON hush"}),
        (StoreUrl("s3", "b"), {"AWS_SKIP_SIGNATURE": "hush"}),
    ],
)
async def test_environment_that_cannot_be_used_is_refused(
    url: StoreUrl, environment: dict[str, str]
) -> None:
    """When the target is opened, and without repeating what it says."""
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        ObjectStore(url, environment)

    assert "hush" not in str(caught.value)


async def test_azure_is_sent_what_it_understands(stub: StoreStub) -> None:
    """A put with the account's signature, and metadata by a name that it takes."""
    stub.statuses = [201]
    environment = {
        "AZURE_STORAGE_ACCOUNT_NAME": "me",
        "AZURE_STORAGE_ACCOUNT_KEY": "aHVzaA==",
        "AZURE_STORAGE_ENDPOINT": stub.endpoint,
    }
    attributes = Attributes("text/html", "no-cache", "gzip", {"surrogate_key": "root"})
    await ObjectStore(StoreUrl("az", "box", "p/"), environment).put("a", b"page", attributes)

    (asked,) = stub.asked
    assert (asked.method, asked.path, asked.body) == ("PUT", "/box/p/a", b"page")
    assert asked.headers["authorization"].startswith("SharedKey me:")
    assert asked.headers["x-ms-blob-content-type"] == "text/html"
    assert asked.headers["x-ms-blob-cache-control"] == "no-cache"
    assert asked.headers["x-ms-blob-content-encoding"] == "gzip"
    assert asked.headers["x-ms-meta-surrogate_key"] == "root"


async def test_google_is_sent_what_it_understands(stub: StoreStub) -> None:
    """A put with its headers, to the endpoint that the environment names."""
    account = {"gcs_base_url": stub.endpoint, "disable_oauth": True, "client_email": ""}
    key = json.dumps({**account, "private_key": "", "private_key_id": ""})
    environment = {"GOOGLE_SERVICE_ACCOUNT_KEY": key, "GOOGLE_BASE_URL": stub.endpoint}
    await ObjectStore(StoreUrl("gs", "box", "p/"), environment).put("a", b"page", PAGE)

    (asked,) = stub.asked
    assert (asked.method, asked.path, asked.body) == ("PUT", "/box/p%2Fa", b"page")
    assert asked.headers["content-type"] == "text/html"
    assert asked.headers["cache-control"] == "public, max-age=600"
    assert asked.headers["x-goog-meta-surrogate-key"] == "root"


PROGRAM = """
import sys, anyio
from wheelyard.blobs.object_store import Attributes, ObjectStore, StoreRules
from wheelyard.blobs.store_urls import StoreUrl

async def main():
    environment = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    environment["AWS_ENDPOINT_URL"] = sys.argv[1]
    store = ObjectStore(StoreUrl("s3", "bucket"), environment, StoreRules(retries=0))
    async with anyio.create_task_group() as group:
        for number in range(50):
            group.start_soon(store.put, str(number), b"x" * 1000, Attributes())
    await store.get("a", 10)
    print("done")

anyio.run(main)
"""


async def test_process_ends_well_right_after_its_last_request(stub: StoreStub) -> None:
    """The library's threads do not take the interpreter down with them."""
    command = [sys.executable, "-c", PROGRAM, stub.endpoint]

    def run() -> tuple[int, bytes, bytes]:
        done = subprocess.run(
            command, capture_output=True, check=False, env={"PYTHONPATH": ":".join(sys.path)}
        )
        return done.returncode, done.stdout, done.stderr

    outcome = await anyio.to_thread.run_sync(run)

    assert outcome == (0, b"done\n", b"")
