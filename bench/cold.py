"""A large file that nobody holds yet: for one client, and for a herd of them at once.

Each server is fresh. Nothing is kept to one processor here: client, server and upstream all work
at the same time, on whatever there is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median

from bench.asking import find_file
from bench.cases import ColdCase
from bench.downloads import Download, download, download_together
from bench.machine import MemoryWatch, Meter
from bench.results import Cold, Herd
from bench.servers import Server, wait_until_idle
from bench.upstream import AddFile, Slow, Upstream

__all__ = ["DIRECT", "Files", "measure_cold", "measure_direct", "prepare_files"]

DIRECT = "(direct)"


@dataclass(frozen=True, slots=True)
class Files:
    """The projects, with one file each, that one server is asked for in one case."""

    single: tuple[str, ...]
    herd: tuple[str, ...]


def prepare_files(case: ColdCase, owner: str, upstream: Upstream) -> Files:
    """Let the upstream hold the files for one server, before that server looks at its list."""
    prefix = f"bench-cold-{owner.replace(' ', '-').strip('()')}-{case.bytes_per_second or 'free'}"
    files = Files(
        single=tuple(f"{prefix}-single-{number}" for number in range(case.rounds)),
        herd=tuple(f"{prefix}-herd-{number}" for number in range(case.herd_rounds)),
    )
    for project in (*files.single, *files.herd):
        upstream.tell(AddFile(project, case.size))
    return files


def measure_direct(case: ColdCase, upstream: Upstream) -> Cold:
    """Return how the upstream itself sends its file, with no server between."""
    project = prepare_files(replace(case, rounds=1, herd_rounds=0), DIRECT, upstream).single[0]
    url = upstream.base_url + find_file(upstream.url + f"{project}/")
    with _slow(case, upstream):
        found = [download(url) for _ in range(case.rounds)]
    return _summarize(DIRECT, case, found)


def measure_cold(case: ColdCase, server: Server, upstream: Upstream, files: Files) -> Cold:
    """Return how a server fetches and passes on what it does not hold."""
    # Pages first: they are what an installer has before it asks for a file.
    paths = {project: find_file(server.page_url(project)) for project in files.single + files.herd}
    with _slow(case, upstream):
        # The herd comes first, because memory that a single client has left behind is reused.
        herds = [_measure_herd(case, server, upstream, project, paths) for project in files.herd]
        found = [download(server.url + paths[project]) for project in files.single]
    return replace(
        _summarize(server.name, case, found),
        herd=sorted(herds, key=lambda herd: herd.seconds)[len(herds) // 2] if herds else None,
    )


@contextmanager
def _slow(case: ColdCase, upstream: Upstream) -> Iterator[None]:
    upstream.tell(Slow(case.latency_seconds, case.bytes_per_second))
    try:
        yield
    finally:
        upstream.tell(Slow())


def _measure_herd(
    case: ColdCase, server: Server, upstream: Upstream, project: str, paths: dict[str, str]
) -> Herd:
    url = server.url + paths[project]
    meter = Meter(server.pid)
    with MemoryWatch(server.pid) as watch:
        found = download_together(url, case.clients)
    reading = meter.stop()
    told = upstream.count(project)
    wait_until_idle(server)
    return Herd(
        clients=case.clients,
        whole=sum(each.is_whole(case.size) for each in found),
        redirected=sum(each.redirected for each in found),
        seconds=max(each.seconds for each in found),
        fetches=told.fetches,
        fetched_bytes=told.sent_bytes,
        server_seconds=reading.server_seconds,
        growth=watch.growth,
        foreign=reading.foreign,
    )


def _summarize(name: str, case: ColdCase, found: list[Download]) -> Cold:
    return Cold(
        server=name,
        case=str(case),
        size=case.size,
        first_byte_seconds=median(each.first_byte_seconds for each in found),
        seconds=median(each.seconds for each in found),
        whole=all(each.is_whole(case.size) for each in found),
        redirected=any(each.redirected for each in found),
    )
