"""Publishing into an object store, beside bare puts of the same objects into the same store.

The store decides how fast that can be. What counts is how near a publish comes to a loop that does
nothing but put: same library, same bytes, same names, as many at a time, in turns.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import anyio
import obstore
from obstore.store import S3Store

from bench.errors import CannotMeasureError
from bench.places import ROOT
from support.radosgw import RadosGw

__all__ = ["PublishedToStore", "measure_store"]

_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedToStore:
    """A first publish: medians over the rounds. ``plain_seconds`` is for bare puts of the same."""

    objects: int
    size: int
    seconds: float
    plain_seconds: float

    @property
    def ratio(self) -> float:
        """How fast we are as a part of what bare puts reach."""
        return self.plain_seconds / self.seconds


def measure_store(
    data: Path, store: RadosGw, *, rounds: int = 3, concurrency: int = 32
) -> PublishedToStore:
    """Publish the mirror in ``data`` to new buckets, in turns with bare puts of the same objects.

    Raises:
        CannotMeasureError: a publish did not end well.
    """
    ours: list[float] = []
    plain: list[float] = []
    objects: dict[str, bytes] = {}
    for number in range(rounds):
        # Each of these is a target of its own, for which everything is new.
        target = f"{store.make_bucket(f'bench-publish-{number}')}/tree"
        ours.append(_publish(data, target, store.environment, concurrency))
        if not objects:
            objects = anyio.run(_load, store, "bench-publish-0")
        store.make_bucket(f"bench-plain-{number}")
        plain.append(anyio.run(_put_all, store, f"bench-plain-{number}", objects, concurrency))
    return PublishedToStore(
        objects=len(objects),
        size=sum(map(len, objects.values())),
        seconds=median(ours),
        plain_seconds=median(plain),
    )


def _publish(data: Path, target: str, environment: Mapping[str, str], concurrency: int) -> float:
    """Return how long a publish took, without the start of the program."""
    command = [sys.executable, "-m", "wheelyard", "publish", target, "--json", "--data", str(data)]
    answer = subprocess.run(
        command,
        cwd=data.parent,
        env={
            "PATH": os.defpath,
            "HOME": str(data.parent),
            "PYTHONPATH": str(ROOT / "src"),
            "WHEELYARD__PUBLISH__MAIN__MAX_CONCURRENCY": str(concurrency),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    if answer.returncode != 0:
        said = answer.stderr.decode("utf-8", errors="replace").strip().splitlines()
        raise CannotMeasureError(f"the publish failed: {(said or ['nothing said'])[-1]}")
    return float(json.loads(answer.stdout)["seconds"])


def _open(store: RadosGw, bucket: str) -> S3Store:
    """Return the library's object for a bucket."""
    return S3Store(
        bucket,
        config={
            "endpoint": store.endpoint,
            "access_key_id": store.access_key,
            "secret_access_key": store.secret_key,
            "region": store.environment["AWS_REGION"],
        },
        client_options={"allow_http": True},
    )


async def _load(store: RadosGw, bucket: str) -> dict[str, bytes]:
    """Return every object of a bucket."""
    opened = _open(store, bucket)
    found: dict[str, bytes] = {}
    async for batch in obstore.list(opened, chunk_size=1000):
        for each in batch:
            answer = await obstore.get_async(opened, each["path"])
            found[each["path"]] = bytes(await answer.bytes_async())
    return found


async def _put_all(
    store: RadosGw, bucket: str, objects: Mapping[str, bytes], concurrency: int
) -> float:
    """Return how long it takes to put all objects, so many at the same time."""
    opened = _open(store, bucket)
    waiting = iter(objects.items())
    attributes = {"Content-Type": "application/octet-stream", "Cache-Control": "no-cache"}

    async def follow() -> None:
        for path, body in waiting:
            await obstore.put_async(opened, path, body, attributes=attributes)

    began = time.monotonic()
    async with anyio.create_task_group() as group:
        for _ in range(concurrency):
            group.start_soon(follow)
    return time.monotonic() - began
