"""Uploads: files that nobody has seen, as fast as several clients can send them.

The servers take turns, round by round. No processor is reserved: a server may share its work among
processes, and the clients do next to nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.cases import UploadCase
from bench.errors import CannotMeasureError
from bench.forms import Upload, make_upload
from bench.machine import Meter, Reading, load_memory, load_process_tree
from bench.posting import Posted, Target, post_all
from bench.results import Missing, Results, Uploaded
from bench.servers import Server, wait_until_idle

__all__ = ["Taker", "measure_uploads"]

WARM_UP_UPLOADS = 16


@dataclass(slots=True)
class Taker:
    """A server that takes uploads, and what it cost in each round."""

    server: Server
    target: Target
    rounds: list[tuple[Posted, Reading]] = field(default_factory=list)


def measure_uploads(case: UploadCase, takers: Sequence[Taker], results: Results) -> None:
    """Measure all servers, and note who does not take the uploads."""
    able = [taker for taker in takers if _is_able(case, taker, results)]
    for number in range(case.rounds):
        uploads = _make_uploads(case, number)
        for taker in able:
            meter = Meter(taker.server.pid)
            posted = post_all(taker.target, uploads, case.clients)
            taker.rounds.append((posted, meter.stop()))
            wait_until_idle(taker.server)
    results.uploaded.extend(_summarize(case, taker) for taker in able)


def _is_able(case: UploadCase, taker: Taker, results: Results) -> bool:
    """Say whether a server takes all of a few uploads, which start whatever it starts late."""
    few = [make_upload(f"bench-first-{at}", "1.0", case.size) for at in range(WARM_UP_UPLOADS)]
    try:
        complaint = post_all(taker.target, few, case.clients).complaint
    except CannotMeasureError as error:
        complaint = str(error)
    if complaint:
        missing = Missing(server=taker.server.name, what=str(case), reason=complaint)
        results.missing.append(missing)
    wait_until_idle(taker.server)
    return not complaint


def _make_uploads(case: UploadCase, number: int) -> list[Upload]:
    """Return the files of one round: each has a version of its own, for projects in turn."""
    return [
        make_upload(f"bench-upload-{at % case.projects}", f"{number + 1}.{at}", case.size)
        for at in range(case.uploads)
    ]


def _summarize(case: UploadCase, taker: Taker) -> Uploaded:
    rates = [len(posted.waits) / posted.seconds for posted, _ in taker.rounds]
    works = [reading.server_seconds / len(posted.waits) for posted, reading in taker.rounds]
    return Uploaded(
        server=taker.server.name,
        case=str(case),
        uploads=sum(len(posted.waits) for posted, _ in taker.rounds),
        uploads_per_second=median(rates),
        p50_ms=median(posted.wait_at(0.5) for posted, _ in taker.rounds) * 1e3,
        p99_ms=median(posted.wait_at(0.99) for posted, _ in taker.rounds) * 1e3,
        processor_ms=median(works) * 1e3,
        spread=(max(rates) - min(rates)) / median(rates),
        foreign=max(reading.foreign for _, reading in taker.rounds),
        errors=sum(posted.failed for posted, _ in taker.rounds),
        memory=load_memory(load_process_tree(taker.server.pid)),
    )
