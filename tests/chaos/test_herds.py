"""Herds: many who want the same thing, which is nowhere yet; G12, A-114.

In CI 200 clients on 4 MiB; ``WHEELYARD_CAMPAIGN=25`` is a thousand of them on 100 MiB.
"""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chaos.campaign import Campaign, count
from chaos.crowd import ask_all
from faults.yard import PATIENT, Yard, eventually, kept_files, open_yard
from support.packages import Package, make_wheel
from support.simulator import Simulator, stall_after

CLIENTS = count(200, most=1000)
MEBIBYTES = count(4, most=100)
JOBS = count(20, most=400)
PROJECTS = 12
CLOSE = {"Connection": "close"}
MIB = 1 << 20


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server of two workers, so that they have to agree on who asks."""
    with (
        Simulator() as upstream,
        open_yard(
            tmp_path_factory.mktemp("farm") / "data", upstream, workers=2, settings=PATIENT
        ) as yard,
    ):
        yield yard


def anonymous_bytes(yard: Yard) -> dict[str, int]:
    """Return the memory that each process of the server has for itself."""
    parent = str(yard.server.process.pid)
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
    return {pid: _anonymous_bytes(pid) for pid in (parent, *children)}


def _anonymous_bytes(pid: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def test_herd_on_a_cold_file_is_one_download(campaign: Campaign, farm: Yard) -> None:
    """G12: one request upstream, the same bytes for everybody, one copy on the disk.

    No process of the server needs more than 64 MiB for it.
    """
    for each in campaign.rounds(1, most=1):
        with each:
            package = make_wheel(f"herd-{each.number}", "1.0", payload_bytes=MEBIBYTES * MIB)
            farm.add_held(package)
            path, pattern = farm.path_of(package), f"*/{package.filename}"
            held_up = farm.upstream.fault(pattern, stall_after(package.size // 2))
            before, kept = (
                anonymous_bytes(farm),
                sum(f.stat().st_size for f in kept_files(farm.data)),
            )
            request = farm.client.render(path, CLOSE)
            with ThreadPoolExecutor(1) as threads:
                crowd = threads.submit(ask_all, farm.client.address, [request] * CLIENTS)
                eventually(lambda: connections(farm) > CLIENTS, "all of them wait")
                after = anonymous_bytes(farm)
                held_up.clear()
                taken = crowd.result()

            assert {(one.status, one.digest) for one in taken} == {(200, package.sha256)}
            asked = farm.upstream.count(pattern)
            grown = max(after[pid] - before[pid] for pid in before)
            kept = kept_bytes(farm) - kept
            campaign.note(
                clients=CLIENTS, mebibytes=MEBIBYTES, upstream_requests=asked, grown_bytes=grown
            )
            assert asked == 1
            assert kept <= 1.05 * package.size
            assert grown <= 64 * MIB


def kept_bytes(yard: Yard) -> int:
    """Return how much the data directory has in blobs."""
    return sum(file.stat().st_size for file in kept_files(yard.data))


def connections(yard: Yard) -> int:
    """Return how many connections of clients are open, over all workers."""
    found: int = yard.client.ask("/-/status").json()["open_connections"]
    return found


def test_farm_of_jobs_asks_once_for_each_thing(campaign: Campaign, farm: Yard) -> None:
    """A-114: jobs with empty caches cost a page per lifetime and a file once, however many."""
    for each in campaign.rounds(1, most=20):
        with each:
            packages = [
                make_wheel(f"farm-{each.number}-{n}", "1.0", payload_bytes=20_000)
                for n in range(PROJECTS)
            ]
            for package in packages:
                farm.upstream.add(package)
            run_jobs(farm, packages, each.random)
            pages = sum(farm.upstream.count(f"/simple/{one.name}/") for one in packages)
            files = sum(farm.upstream.count(f"*/{one.filename}") for one in packages)
            metadata = sum(farm.upstream.count(f"*/{one.filename}.metadata") for one in packages)
            campaign.note(jobs=JOBS, pages=pages, files=files, metadata=metadata)

            assert (pages, files, metadata) == (PROJECTS, PROJECTS, PROJECTS)


def run_jobs(farm: Yard, packages: list[Package], chance: random.Random) -> None:
    """Let every job want everything at once: pages, then metadata, then files."""
    pages = [f"/simple/{one.name}/" for one in packages]
    ask_in_any_order(farm, pages, chance)
    paths = [farm.path_of(one) for one in packages]
    ask_in_any_order(farm, [f"{path}.metadata" for path in paths], chance)
    ask_in_any_order(farm, paths, chance)


def ask_in_any_order(farm: Yard, paths: list[str], chance: random.Random) -> None:
    """Let every job ask for each of the paths, in an order of its own."""
    wanted = [path for _ in range(JOBS) for path in chance.sample(paths, len(paths))]
    requests = [farm.client.render(path, CLOSE) for path in wanted]

    assert {one.status for one in ask_all(farm.client.address, requests)} == {200}
