"""`wheelyard gc` is killed anywhere, and runs beside downloads and uploads: nothing is lost.

What is listed is had by whoever asks, whole, before and after; a name without bytes is never left;
and the next collection finishes what the one before began.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import anyio

from chaos.campaign import Campaign
from contract.conformance.hosting import Hosting
from faults.yard import Yard, open_yard
from mirror.yards import OLD
from mirror.yards import open_yard as open_store
from support.accounts import new_administrator
from support.house import ROOT
from support.packages import Package, make_wheel
from support.simulator import Simulator
from wheelyard.clock import Instant

EACH = 12


def start_gc(data: Path) -> "subprocess.Popen[str]":
    """Start a collection without a grace period."""
    return subprocess.Popen(
        [sys.executable, "-m", "wheelyard", "gc", "--data", str(data)],
        env={
            "HOME": str(data.parent),
            "PYTHONPATH": str(ROOT / "src"),
            "PIP_CONFIG_FILE": os.devnull,
            "WHEELYARD__STORE__KEEP_REMOVED_DAYS": "0",
        },
        cwd=data.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


async def fill(data: Path) -> tuple[list[str], list[str]]:
    """Make a data directory; return the digests that are to go, and those that are to stay."""
    go, stay = [], []
    async with open_store(data) as yard:
        for number in range(EACH):
            listed = await yard.hold(f"kept{number}-1.0.tar.gz")
            await yard.list_page(listed.project, listed)
            stay.append(str(listed.sha256))
            lost = await yard.hold(f"lost{number}-1.0-py3-none-any.whl")
            await yard.list_page(lost.project)
            metadata = await yard.metadata_of(lost, b"Name: %d\n" % number)
            await yard.catalog.held.note_unlisted("corp", lost.project, [], Instant(OLD))
            go += [str(lost.sha256), str(metadata), str(await yard.put(b"orphan %d" % number))]
    return go, stay


def present(data: Path) -> set[str]:
    """Return the digests that are in the store."""
    return {path.name for path in (data / "blobs").rglob("*") if path.is_file()}


def named(data: Path) -> set[str]:
    """Return the digests of which the catalog says that they are held."""
    with closing(sqlite3.connect(data / "catalog.sqlite")) as connection:
        return {row[0] for row in connection.execute("SELECT sha256 FROM held")}


def test_killed_collection_loses_nothing_and_the_next_one_finishes(
    campaign: Campaign, tmp_path: Path
) -> None:
    """SIGKILL at a random moment of its work, each time on what the last one left."""
    for each in campaign.rounds(2):
        data = tmp_path / str(each.number)
        go, stay = anyio.run(fill, data)
        with each:
            running = start_gc(data)
            kill_while_it_works(running, data, len(go) + len(stay), each.random)
            survivors = present(data)
            names = named(data)
            for path in (data / "spool").iterdir():
                os.utime(path, (OLD, OLD))
            ended = start_gc(data)
            said, _ = ended.communicate(timeout=120)

            assert names <= survivors
            assert survivors.issuperset(stay)
            assert ended.returncode == 0, said
            assert present(data) == set(stay)
            assert [*(data / "spool").iterdir()] == []


def kill_while_it_works(
    running: "subprocess.Popen[str]", data: Path, count: int, chance: random.Random
) -> None:
    """Kill a collection once it has taken a random part of what is to go."""
    left = count - chance.randrange(1, 3 * EACH)
    deadline = time.monotonic() + 300
    while running.poll() is None and len(present(data)) > left and time.monotonic() < deadline:
        pass
    running.send_signal(signal.SIGKILL)
    running.communicate()


def test_collections_beside_downloads_and_uploads_lose_nothing(
    campaign: Campaign, tmp_path: Path, upstream: Simulator
) -> None:
    """Files come and go under a quota that is always used up, while collections run."""
    data = tmp_path / "data"
    token = new_administrator(data)
    packages = [make_wheel(f"busy-{n}", "1.0", payload_bytes=50_000) for n in range(8)]
    quota = {"store.max_bytes": 260_000}
    with open_yard(data, upstream, settings=quota) as yard, ThreadPoolExecutor(5) as threads:
        yard.add_held(*packages)
        hosting = Hosting(yard.client, data, token)
        paths = {package: yard.path_of(package) for package in packages}
        uploaded: list[Package] = []
        for each in campaign.rounds(1, most=40):
            with each:
                collecting = threads.submit(start_gc(data).communicate, timeout=120)
                mine = make_wheel("mine", f"1.{each.number}")
                sent = threads.submit(hosting.upload, mine)
                order = [each.random.sample(packages, len(packages)) for _ in range(3)]
                got = [threads.submit(fetch, yard, paths, some) for some in order]

                assert [future.result() for future in got] == [True] * 3
                assert sent.result().status == 200
                uploaded.append(mine)
                collecting.result()
        names = [yard.ask_page("mine").file(each.filename)["url"] for each in uploaded]
        bodies = [yard.client.ask(str(url)).body for url in names]

    assert bodies == [package.content for package in uploaded]


def fetch(yard: Yard, paths: dict[Package, str], order: Sequence[Package]) -> bool:
    """Fetch files as an installer does, which asks again when it is told to; all of them whole."""
    for package in order:
        answer = yard.client.ask(paths[package])
        for _ in range(10):
            if answer.status == 200:
                break
            answer = yard.client.ask(paths[package])
        assert answer.status == 200, answer
        assert answer.body == package.content
    return True
