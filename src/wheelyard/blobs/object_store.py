"""An object store: S3, Google Cloud Storage or Azure, by way of obstore.

obstore's calls block, and are made in threads. Its own asynchronous calls are not used: the threads
that they are answered in may still be at it when the interpreter ends, and abort the process then
(seen with obstore 0.12 on Python 3.11; PyO3/pyo3-async-runtimes, issue 40).

An acknowledged write is durable, and whoever reads afterwards sees it. What is large is written in
parts, straight from the file, and appears when its last part is there; it is read in ranges of one
and the same edition. Nothing is held in memory but ``part_bytes`` times a few.
"""

import contextlib
import math
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar, TypeVarTuple

import anyio.to_thread
import obstore
from anyio import CapacityLimiter
from obstore import exceptions
from obstore.store import AzureStore, GCSStore, MemoryStore, S3Store

from wheelyard.blobs.store_faults import explain, is_missing_bucket
from wheelyard.blobs.store_urls import PROVIDERS, StoreUrl, read_store_options
from wheelyard.errors import Absent, BadInput, ConfigError, Unavailable

__all__ = ["Attributes", "ObjectInfo", "ObjectStore", "StoreRules"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_Store = AzureStore | GCSStore | MemoryStore | S3Store

_LISTED_AT_ONCE: Final = 1000
_MOST_PARTS: Final = 9_000
"""S3 takes 10,000. Source: Amazon S3 user guide, "Multipart upload limits"."""

_FAILURES: Final = (exceptions.BaseError, OSError)


@dataclass(frozen=True, slots=True)
class StoreRules:
    """How long a store may take, in seconds, and how much is sent to it at the same time.

    ``request_seconds`` is for one attempt at one request, of which the largest sends a part.
    ``retry_seconds`` is how long after the first attempt another one may still begin. What is
    longer than ``small_bytes`` is medium, and sent with one request; what is longer than
    ``part_bytes`` is large. Both have limits of their own, because they are held in memory.
    """

    connect_seconds: float = 5.0
    request_seconds: float = 120.0
    silence_seconds: float = 60.0
    retries: int = 6
    retry_seconds: float = 60.0
    max_concurrency: int = 32
    part_bytes: int = 8 * 1024**2
    parts_at_once: int = 4
    small_bytes: int = 1024**2
    medium_at_once: int = 8
    large_at_once: int = 3


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a store sends along with an object. ``metadata`` has names of its own."""

    content_type: str = ""
    cache_control: str = ""
    content_encoding: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)

    def as_table(self) -> dict[str, str]:
        """Return them by the library's names."""
        named = {
            "Content-Type": self.content_type,
            "Cache-Control": self.cache_control,
            "Content-Encoding": self.content_encoding,
        }
        return {name: text for name, text in named.items() if text} | dict(self.metadata)


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object that is there. ``key`` is below the prefix; ``etag`` may be empty."""

    key: str
    size: int
    etag: str


class ObjectStore:
    """The objects below one prefix of one bucket. Keys are relative to it."""

    def __init__(
        self, url: StoreUrl, environment: Mapping[str, str], rules: StoreRules | None = None
    ) -> None:
        """Take credentials, endpoint and region from ``environment``; ask nobody yet.

        Raises:
            ConfigError: the environment says something that cannot be used.
        """
        self._place = url
        self._credentials = PROVIDERS[url.scheme].credentials if url.scheme in PROVIDERS else ""
        self._rules = rules or StoreRules()
        self._store = _open(url, environment, self._rules)
        self._threads = CapacityLimiter(self._rules.max_concurrency)
        self._medium = CapacityLimiter(self._rules.medium_at_once)
        self._large = CapacityLimiter(self._rules.large_at_once)

    @property
    def url(self) -> str:
        """The bucket and the prefix, without anything secret."""
        return str(self._place)

    @property
    def max_concurrency(self) -> int:
        """How many requests are made at the same time."""
        return self._rules.max_concurrency

    async def put(self, key: str, body: bytes | Path, attributes: Attributes) -> str:
        """Write an object, whole or not at all; return its etag. A file is read part by part.

        Raises:
            Unavailable: it cannot be written, or the file cannot be read.
        """
        etag = await self._run(key, self._put_small, key, body, attributes)
        if etag is not None:
            return etag
        size = await self._run(key, _size_of, body)
        if size <= self._rules.part_bytes:
            async with self._medium:
                return await self._run(key, self._put, key, body, attributes)
        async with self._large:
            return await self._run(key, self._put_parts, key, body, attributes)

    async def create(self, key: str, content: bytes, attributes: Attributes) -> bool:
        """Write an object unless there is one; say whether it was written.

        Raises:
            Unavailable: it cannot be written. Somebody else may be about to write it.
        """
        return await self._run(key, self._create, key, content, attributes)

    async def get(self, key: str, max_bytes: int) -> bytes | None:
        """Return an object; None if there is none.

        Raises:
            BadInput: it is longer than ``max_bytes``.
            Unavailable: the store cannot tell.
        """
        return await self._run(key, self._get, key, max_bytes)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Yield the bytes of an object, one part in memory at a time.

        Raises:
            Absent: there is none.
            Unavailable: it cannot be read, or became another one meanwhile.
        """
        part = self._rules.part_bytes
        info = await self.head(key)
        if info is None:
            raise Absent(f"`{key}`", self.url)
        for start in range(0, info.size, part):
            yield await self._run(key, self._get_range, info, start, start + part)

    async def head(self, key: str) -> ObjectInfo | None:
        """Return what there is under ``key``, without its bytes; None if there is nothing."""
        return await self._run(key, self._head, key)

    async def listing(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """Yield every object whose key begins with ``prefix``, in the order of the store."""
        folder = f"{self._place.prefix}{prefix}".rpartition("/")[0]
        found = self._list(folder)
        while batch := await self._run(prefix, _next_batch, found):
            for each in batch:
                key = each.key.removeprefix(self._place.prefix)
                if key.startswith(prefix):
                    yield ObjectInfo(key, each.size, each.etag)

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove objects, many with one request; one that is not there is no error."""
        for start in range(0, len(keys), _LISTED_AT_ONCE):
            await self._run("", self._delete, keys[start : start + _LISTED_AT_ONCE])

    async def copy(self, source: str, key: str) -> bool:
        """Write an object that has the bytes and attributes of another one, inside the store.

        Returns whether there is a ``source``.
        """
        return await self._run(key, self._copy, source, key)

    def _put_small(self, key: str, body: bytes | Path, attributes: Attributes) -> str | None:
        """Write an object if it is small; None, and nothing done, if it is not; blocks."""
        if _size_of(body) > self._rules.small_bytes:
            return None
        return self._put(key, body, attributes)

    def _put(self, key: str, body: bytes | Path, attributes: Attributes) -> str:
        """Write an object with one request; blocks."""
        content = body if isinstance(body, bytes) else body.read_bytes()
        answer = obstore.put(
            self._store,
            self._key(key),
            content,
            attributes=attributes.as_table(),
            use_multipart=False,
        )
        return answer["e_tag"] or ""

    def _create(self, key: str, content: bytes, attributes: Attributes) -> bool:
        """Write an object if there is none; blocks."""
        table = attributes.as_table()
        with contextlib.suppress(exceptions.AlreadyExistsError):
            obstore.put(self._store, self._key(key), content, attributes=table, mode="create")
            return True
        return False

    def _put_parts(self, key: str, body: bytes | Path, attributes: Attributes) -> str:
        """Write a large object in parts; blocks."""
        answer = obstore.put(
            self._store,
            self._key(key),
            body,
            attributes=attributes.as_table(),
            use_multipart=True,
            chunk_size=max(self._rules.part_bytes, math.ceil(_size_of(body) / _MOST_PARTS)),
            max_concurrency=self._rules.parts_at_once,
        )
        return answer["e_tag"] or ""

    def _get(self, key: str, max_bytes: int) -> bytes | None:
        """Read an object; blocks."""
        try:
            answer = obstore.get(self._store, self._key(key))
        except FileNotFoundError as error:
            self._check_bucket(key, error)
            return None
        if answer.meta["size"] > max_bytes:
            raise BadInput(f"`{self.url}/{key}` is longer than {max_bytes} bytes.")
        return bytes(answer.bytes())

    def _get_range(self, info: ObjectInfo, start: int, stop: int) -> bytes:
        """Read a part of the object that ``info`` is about, and of no other; blocks."""
        answer = obstore.get(
            self._store,
            self._key(info.key),
            options={"range": (start, min(stop, info.size)), "if_match": info.etag or None},
        )
        return bytes(answer.bytes())

    def _head(self, key: str) -> ObjectInfo | None:
        """Ask about an object; blocks."""
        try:
            found = obstore.head(self._store, self._key(key))
        except FileNotFoundError as error:
            self._check_bucket(key, error)
            return None
        return ObjectInfo(key, found["size"], found["e_tag"] or "")

    def _copy(self, source: str, key: str) -> bool:
        """Copy an object; blocks."""
        try:
            obstore.copy(self._store, self._key(source), self._key(key))
        except FileNotFoundError as error:
            self._check_bucket(key, error)
            return False
        return True

    def _delete(self, keys: Sequence[str]) -> None:
        """Remove some objects; blocks."""
        try:
            obstore.delete(self._store, [self._key(key) for key in keys])
        except FileNotFoundError as error:
            # Not every store says which one; those of the others are gone, or go now.
            self._check_bucket("", error)
            for key in keys:
                with contextlib.suppress(FileNotFoundError):
                    obstore.delete(self._store, self._key(key))

    def _check_bucket(self, key: str, error: FileNotFoundError) -> None:
        """Raise unless it is the object that is missing, and not the bucket."""
        if is_missing_bucket(str(error)):
            raise self._failure(key, error)

    def _list(self, folder: str) -> Iterator[list[ObjectInfo]]:
        """Yield what is in a folder, some at a time; blocks."""
        for batch in obstore.list(self._store, folder or None, chunk_size=_LISTED_AT_ONCE):
            if batch:
                yield [
                    ObjectInfo(each["path"], each["size"], each["e_tag"] or "") for each in batch
                ]

    def _key(self, key: str) -> str:
        """Return the key in the bucket."""
        return f"{self._place.prefix}{key}"

    async def _run(self, key: str, function: Callable[[*Ts], T], *args: *Ts) -> T:
        """Return ``function(*args)``, called in a thread.

        Raises:
            Unavailable: it failed. The library's error goes no further: it may hold secrets.
        """
        try:
            return await anyio.to_thread.run_sync(function, *args, limiter=self._threads)
        except _FAILURES as error:
            raise self._failure(key, error) from None

    def _failure(self, key: str, error: Exception) -> Unavailable:
        """Return an error in our words."""
        if isinstance(error, OSError) and error.errno is not None:
            name = error.strerror or "it cannot be read"
            return Unavailable(f"The file for `{key}`", f"the disk says: {name}", failing="disk")
        reason = explain(str(error), self._credentials, key)
        return Unavailable(f"The object store `{self.url}`", reason)


def _open(url: StoreUrl, environment: Mapping[str, str], rules: StoreRules) -> _Store:
    """Return the library's object for the bucket.

    Raises:
        ConfigError: the environment says something that cannot be used.
    """
    if url.scheme == "memory":
        return MemoryStore()
    options, is_plain = read_store_options(url, environment)
    client = {
        "allow_http": is_plain,
        "connect_timeout": timedelta(seconds=rules.connect_seconds),
        "read_timeout": timedelta(seconds=rules.silence_seconds),
        "timeout": timedelta(seconds=rules.request_seconds),
        "user_agent": "wheelyard",
    }
    retry = {
        "max_retries": rules.retries,
        "retry_timeout": timedelta(seconds=rules.retry_seconds),
        "backoff": {
            "init_backoff": timedelta(milliseconds=100),
            "max_backoff": timedelta(seconds=10),
            "base": 2,
        },
    }
    kinds: Mapping[str, Callable[..., _Store]] = {
        "s3": S3Store,
        "gs": GCSStore,
        "az": AzureStore,
    }
    provider = PROVIDERS[url.scheme]
    try:
        return kinds[url.scheme](
            url.bucket, config=options, client_options=client, retry_config=retry
        )
    except (exceptions.BaseError, ValueError):
        raise ConfigError(
            f"What the environment says about {provider.name} cannot be used: "
            f"set {provider.credentials}."
        ) from None


def _size_of(body: bytes | Path) -> int:
    """Return how many bytes there are to send; looks at the disk."""
    return len(body) if isinstance(body, bytes) else body.stat().st_size


def _next_batch(found: Iterator[list[ObjectInfo]]) -> list[ObjectInfo]:
    """Return some more of a listing; an empty list is its end; blocks."""
    return next(found, [])
