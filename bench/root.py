"""The list of all projects: 700,000 names that most servers make anew for everyone who asks."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from statistics import median

from bench.cases import PageCase, RootCase
from bench.downloads import Download, download
from bench.errors import CannotMeasureError
from bench.machine import Meter, load_memory, load_process_tree
from bench.results import Root
from bench.servers import Server, wait_until_idle

__all__ = ["REPRESENTATIONS", "measure_root"]

REPRESENTATIONS = (
    PageCase(files=0, format="json", compressed=False, connections=1),
    PageCase(files=0, format="html", compressed=False, connections=1),
    PageCase(files=0, format="json", compressed=True, connections=1),
)
OK = 200

Start = Callable[[], AbstractContextManager[Server]]


def measure_root(case: RootCase, start: Start) -> list[Root]:
    """Return how a server does with the list in each representation, before and after a restart.

    `start` starts the server, again on what it already holds.
    """
    with start() as server:
        firsts = [_fetch(server, each) for each in REPRESENTATIONS]
        wait_until_idle(server)
    with start() as server:
        wait_until_idle(server)
        meter = Meter(server.pid)
        restarted = [_fetch(server, each) for each in REPRESENTATIONS]
        warm = [[_fetch(server, each) for _ in range(case.rounds)] for each in REPRESENTATIONS]
        foreign = meter.stop().foreign
        memory = load_memory(load_process_tree(server.pid))
    # A server that does not compress has sent the plain list again.
    return [
        Root(
            server=server.name,
            case=_name(case, representation),
            size=warm[at][-1].received_bytes,
            start_seconds=server.start_seconds,
            first_seconds=firsts[at].seconds,
            restarted_seconds=restarted[at].seconds,
            warm_seconds=median(each.seconds for each in warm[at]),
            memory=memory,
            foreign=foreign,
        )
        for at, representation in enumerate(REPRESENTATIONS)
        if representation.compressed == warm[at][-1].is_compressed
    ]


def _fetch(server: Server, representation: PageCase) -> Download:
    found = download(server.page_url(""), representation.headers)
    if found.status != OK:
        raise CannotMeasureError(f"answers {found.status or 'nothing'}")
    return found


def _name(case: RootCase, representation: PageCase) -> str:
    encoding = "gzip" if representation.compressed else "identity"
    return f"{case.names:,} names, {representation.format} {encoding}"
