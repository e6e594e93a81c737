"""Pages and files that the servers hold, under load.

The servers take turns, round by round, so that whatever else this machine does hits all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.asking import Answer, ask, find_file
from bench.cases import FileCase, Mode, PageCase, WarmCase
from bench.errors import CannotMeasureError
from bench.load import Load, Loaded, run_load
from bench.machine import Meter, Processors, Reading, load_memory, load_process_tree
from bench.results import Missing, Results, Warm
from bench.servers import Server, wait_until_idle

__all__ = ["NOT_OFFERED", "address_of", "check", "measure_case"]

NOT_OFFERED = "not offered"
OK = 200
WARM_UP_REQUESTS = 3


@dataclass(frozen=True, slots=True)
class _Round:
    """One stretch of load on one server."""

    loaded: Loaded
    reading: Reading

    @property
    def processor_us(self) -> float:
        return self.reading.server_seconds / max(1, self.loaded.requests) * 1e6


@dataclass(slots=True)
class _Turn:
    """A server in the rounds of one case, with the answer that all of its answers must equal."""

    server: Server
    url: str
    expected: Answer
    rounds: list[_Round] = field(default_factory=list)


def measure_case(
    case: WarmCase, fleet: Sequence[Server], mode: Mode, processors: Processors, results: Results
) -> None:
    """Measure one case on all servers, and note who does not offer it."""
    turns: list[_Turn] = []
    for server in fleet:
        try:
            turns.append(_begin_turn(case, server))
        except (CannotMeasureError, OSError) as error:
            missing = Missing(server=server.name, what=str(case), reason=str(error))
            results.missing.append(missing)
    for _ in range(mode.rounds):
        for turn in turns:
            load = Load(
                url=turn.url,
                headers=case.headers,
                connections=case.connections,
                seconds=mode.seconds,
                exact=mode.exact,
            )
            meter = Meter(turn.server.pid)
            loaded = run_load(load, processors)
            turn.rounds.append(_Round(loaded, meter.stop()))
            wait_until_idle(turn.server)
    for turn in turns:
        if all(each.loaded.requests for each in turn.rounds):
            results.warm.append(_summarize(case, turn))
        else:
            reason = f"no answer within {mode.seconds} s"
            missing = Missing(server=turn.server.name, what=str(case), reason=reason)
            results.missing.append(missing)


def address_of(case: WarmCase, server: Server) -> str:
    """Return where a server has the page or file of a case."""
    if isinstance(case, PageCase):
        return server.page_url(case.project)
    return server.url + find_file(server.page_url(case.project))


def check(case: WarmCase, answer: Answer) -> None:
    """Refuse an answer of which the figures would be those of something else.

    Raises:
        CannotMeasureError: it is not the page or file of the case, in the form asked for.
    """
    if answer.status != OK:
        raise CannotMeasureError(f"answers {answer.status}")
    if isinstance(case, FileCase):
        if len(answer.body) != case.size:
            raise CannotMeasureError(f"sends {len(answer.body):,} bytes of {case.size:,}")
    elif (answer.content_type, answer.is_compressed) != (case.content_type, case.compressed):
        raise CannotMeasureError(NOT_OFFERED)


def _begin_turn(case: WarmCase, server: Server) -> _Turn:
    """Ask until a server holds what it will be asked for, and keep its last answer."""
    url = address_of(case, server)
    answer = ask(url, case.headers)
    for _ in range(WARM_UP_REQUESTS - 1):
        answer = ask(url, case.headers)
    check(case, answer)
    return _Turn(server, url, answer)


def _summarize(case: WarmCase, turn: _Turn) -> Warm:
    loads = [each.loaded for each in turn.rounds]
    rates = [each.requests_per_second for each in loads]
    wire_bytes = turn.expected.wire_bytes
    return Warm(
        server=turn.server.name,
        kind="page" if isinstance(case, PageCase) else "file",
        case=str(case),
        size=len(turn.expected.body),
        requests=sum(each.requests for each in loads),
        requests_per_second=median(rates),
        p50_ms=median(each.p50_ms for each in loads),
        p99_ms=median(each.p99_ms for each in loads),
        processor_us=median(each.processor_us for each in turn.rounds),
        spread=(max(rates) - min(rates)) / (median(rates) or 1),
        foreign=max(each.reading.foreign for each in turn.rounds),
        errors=sum(each.failed + each.others + each.missing(wire_bytes) for each in loads),
        memory=load_memory(load_process_tree(turn.server.pid)),
    )
