"""The goals, and how near a run came. Source: DESIGN, section 9."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.cases import FULL, MIB, FileCase, MirrorCase, PageCase, PublishCase
from bench.cold import DIRECT
from bench.hosted import LINKS, LIST, PAGE
from bench.peers import Devpi, NginxStatic, Wheelyard
from bench.results import Cold, Mirrored, Results, Root, Uploaded, Warm

__all__ = ["GOALS", "Goal", "Verdict", "judge"]

OWN, LIMIT = Wheelyard.name, NginxStatic.name
BANDERSNATCH = "bandersnatch 6"
DUMB_PYPI = "dumb-pypi"
UPLOADS_OF_DEVPI = 5
FEW_AND_MANY = 2
FLAT = 1.5
FLAT_SECONDS = 0.002
"""What sending a longer answer takes, which no server can help."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A figure in words, and whether it is good enough."""

    measured: str
    reached: bool


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached; `judge` returns nothing where this run has no figure for it."""

    work: str
    reach: str
    judge: Callable[[Results], Verdict | None]


def judge(results: Results) -> list[tuple[Goal, Verdict]]:
    """Return the goals for which there are figures."""
    found = [(goal, goal.judge(results)) for goal in GOALS]
    return [(goal, verdict) for goal, verdict in found if verdict is not None]


def warm_ratio(results: Results, case: str) -> float | None:
    """Return the work of nginx static per request as a part of ours; more is better."""
    own, limit = (_warm(results, name, case) for name in (OWN, LIMIT))
    return limit.processor_us / own.processor_us if own and limit and own.processor_us else None


def _warm(results: Results, server: str, case: str) -> Warm | None:
    found = (each for each in results.warm if (each.server, each.case) == (server, case))
    return next(found, None)


def _cold(results: Results, server: str) -> Cold | None:
    """Return the first case that a run has: the metered one, where there is one."""
    return next((each for each in results.cold if each.server == server), None)


def _root(results: Results) -> Root | None:
    return next((each for each in results.root if each.server == OWN), None)


def _of_nginx(case: PageCase | FileCase, least: float) -> Callable[[Results], Verdict | None]:
    def verdict(results: Results) -> Verdict | None:
        ratio = warm_ratio(results, str(case))
        return Verdict(f"{ratio:.2f}", ratio >= least) if ratio is not None else None

    return verdict


def _first_byte(results: Results) -> Verdict | None:
    own, direct = _cold(results, OWN), _cold(results, DIRECT)
    if own is None or direct is None:
        return None
    later = (own.first_byte_seconds - direct.first_byte_seconds) * 1000
    return Verdict(f"{later:+.1f} ms", own.whole and later <= 10)


def _total(results: Results) -> Verdict | None:
    own, direct = _cold(results, OWN), _cold(results, DIRECT)
    if own is None or direct is None:
        return None
    ratio = own.seconds / direct.seconds
    return Verdict(f"{ratio:.2f}", own.whole and ratio <= 1.10)


def _herd_fetches(results: Results) -> Verdict | None:
    own = _cold(results, OWN)
    if own is None or own.herd is None:
        return None
    everybody = own.herd.whole == own.herd.clients
    return Verdict(
        f"{own.herd.fetches}, {own.herd.whole} of {own.herd.clients} served",
        everybody and own.herd.fetches == 1,
    )


def _herd_time(results: Results) -> Verdict | None:
    own = _cold(results, OWN)
    if own is None or own.herd is None:
        return None
    ratio = own.herd.seconds / own.seconds
    return Verdict(f"{ratio:.2f}", own.herd.whole == own.herd.clients and ratio <= 1.2)


def _herd_memory(results: Results) -> Verdict | None:
    own = _cold(results, OWN)
    if own is None or own.herd is None:
        return None
    return Verdict(f"{own.herd.growth / MIB:.1f} MiB", own.herd.growth < 32 * MIB)


def _root_start(results: Results) -> Verdict | None:
    own = _root(results)
    return Verdict(f"{own.start_seconds:.2f} s", own.start_seconds < 2) if own else None


def _root_warm(results: Results) -> Verdict | None:
    own = _root(results)
    return Verdict(f"{own.warm_seconds * 1000:.1f} ms", own.warm_seconds < 0.02) if own else None


def _root_memory(results: Results) -> Verdict | None:
    own = _root(results)
    if own is None:
        return None
    return Verdict(f"{own.memory.resident / MIB:.0f} MiB", own.memory.resident < 400 * MIB)


def _uploaded(results: Results, server: str) -> Uploaded | None:
    return next((each for each in results.uploaded if each.server == server), None)


def _uploads(results: Results) -> Verdict | None:
    own, other = _uploaded(results, OWN), _uploaded(results, Devpi.name)
    if own is None or other is None:
        return None
    ratio = own.uploads_per_second / other.uploads_per_second
    return Verdict(f"{ratio:.1f} times", own.errors == 0 and ratio >= UPLOADS_OF_DEVPI)


def _mirrored(results: Results, case: MirrorCase, step: str, tool: str) -> Mirrored | None:
    found = (each for each in results.mirrored if (each.case, each.step) == (str(case), step))
    return next((each for each in found if each.tool == tool), None)


def _times_bandersnatch(case: MirrorCase, least: float) -> Callable[[Results], Verdict | None]:
    """Compare the first fill with that of bandersnatch in the same run."""

    def verdict(results: Results) -> Verdict | None:
        own, other = (_mirrored(results, case, "first", tool) for tool in (OWN, BANDERSNATCH))
        if own is None or other is None:
            return None
        ratio = other.seconds / own.seconds
        return Verdict(f"{ratio:.1f} times", ratio >= least)

    return verdict


def _ahead_of_dumb_pypi(step: str) -> Callable[[Results], Verdict | None]:  # one of two
    """Compare how long the same index took to become a tree."""

    def verdict(results: Results) -> Verdict | None:
        found = {
            each.tool: each.seconds
            for each in results.published
            if each.case == str(PublishCase()) and each.step == step
        }
        if not {OWN, DUMB_PYPI} <= found.keys():
            return None
        ratio = found[DUMB_PYPI] / found[OWN]
        return Verdict(f"{ratio:.1f} times", ratio > 1)

    return verdict


def _nothing_changed(results: Results) -> Verdict | None:
    own = _mirrored(results, MirrorCase(projects=10_000), "nothing changed", OWN)
    return Verdict(f"{own.seconds:.2f} s", own.seconds < 1) if own else None


def _all_of_pypi(results: Results) -> Verdict | None:
    """Return the most memory that any run over the largest index took."""
    peaks = [each.private for each in results.mirrored if each.case.startswith("700,000 ")]
    return Verdict(f"{max(peaks) / MIB:.0f} MiB", max(peaks) < 400 * MIB) if peaks else None


def _flat(what: str) -> Callable[[Results], Verdict | None]:
    """Compare many projects with few: the time of one answer when nothing has changed."""

    def verdict(results: Results) -> Verdict | None:
        found = [each for each in results.hosted if (each.server, each.what) == (OWN, what)]
        if len(found) < FEW_AND_MANY:
            return None
        growth = found[-1].warm_seconds / found[0].warm_seconds
        later = found[-1].warm_seconds - found[0].warm_seconds
        text = f"{growth:.2f}, {later * 1000:+.1f} ms"
        return Verdict(text, growth <= FLAT or later < FLAT_SECONDS)

    return verdict


def _rest(results: Results) -> Verdict | None:
    for each in results.rest:
        if each.server == OWN:
            memory = each.memory.proportional
            return Verdict(f"{memory / MIB:.0f} MiB", memory < 100 * MIB)
    return None


_SMALL_PAGE, _LARGE_PAGE = PageCase(files=20), PageCase(files=3000)
_SMALL_FILE, _MIDDLE_FILE, _LARGE_FILE = FULL.files
_MIRRORS = (
    (MirrorCase(projects=2_000), 10),
    (MirrorCase(projects=2_000, has_files=True), 5),
    (MirrorCase(projects=2_000, latency_seconds=0.02), 20),
    (MirrorCase(projects=2_000, has_files=True, latency_seconds=0.02), 20),
    (MirrorCase(projects=10_000), 10),
    (MirrorCase(projects=10_000, has_files=True), 5),
)

GOALS = (
    Goal("warm page, 20 files, gzip JSON", "0.40 of nginx static", _of_nginx(_SMALL_PAGE, 0.40)),
    Goal("the same, with the hot lane", "1.00 of nginx static", _of_nginx(_SMALL_PAGE, 1.0)),
    Goal("warm page, 3,000 files", "0.80 of nginx static", _of_nginx(_LARGE_PAGE, 0.80)),
    Goal("warm file, 50 KiB", "0.80 of nginx static", _of_nginx(_SMALL_FILE, 0.80)),
    Goal("warm file, 5 MiB", "1.00 of nginx static", _of_nginx(_MIDDLE_FILE, 1.0)),
    Goal("warm file, 100 MiB", "0.90 of nginx static", _of_nginx(_LARGE_FILE, 0.90)),
    Goal("file not held, first byte", "10 ms after a direct fetch", _first_byte),
    Goal("file not held, total", "1.10 of a direct fetch", _total),
    Goal("herd: upstream fetches", "1, everybody served", _herd_fetches),
    Goal("herd: last client", "1.20 of one client's time", _herd_time),
    Goal("herd: more memory", "under 32 MiB", _herd_memory),
    Goal("all names held: start", "under 2 s", _root_start),
    Goal("all names held: warm answer", "under 20 ms", _root_warm),
    Goal("all names held: resident memory", "under 400 MiB", _root_memory),
    Goal("uploads, 8 clients, each durable", "5 times devpi's per second", _uploads),
    *(
        Goal(f"many own projects: {what}", "as with few", _flat(what))
        for what in (LIST, PAGE, LINKS)
    ),
    *(
        Goal(f"mirror, {each}", f"{least} times bandersnatch", _times_bandersnatch(each, least))
        for each, least in _MIRRORS
    ),
    Goal("mirror, 10,000 projects, nothing changed", "under 1 s", _nothing_changed),
    Goal("mirror, all of PyPI (simulated): private memory", "under 400 MiB", _all_of_pypi),
    Goal(
        "publish, 10,000 projects of 10 files", "ahead of dumb-pypi", _ahead_of_dumb_pypi("first")
    ),
    Goal("publish, 1 % changed", "ahead of dumb-pypi", _ahead_of_dumb_pypi("1.0% changed")),
    Goal("memory at rest", "under 100 MiB", _rest),
)
