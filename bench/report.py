"""Results as a Markdown page: goals first, then every figure beside its peers."""

from collections.abc import Iterable, Sequence

from bench.cases import MIB
from bench.cold import DIRECT
from bench.goals import LIMIT, OWN, judge
from bench.results import Mirrored, Published, Results, Warm

__all__ = ["render_report"]

PREAMBLE = """\
# Benchmarks

<!-- Written by `python -m bench --write`; do not edit. -->

How to take these figures on your machine, and read them: [measure](../how-to/benchmark.md).
"""

TOLERABLE_FOREIGN = 0.1

Row = Sequence[str]


def render_report(results: Results) -> str:
    """Return the page."""
    sections = (
        _render_setting(results),
        _render_goals(results),
        _render_warm(results, "page", "Pages that are held"),
        _render_warm(results, "file", "Files that are held"),
        _render_cold(results),
        _render_herd(results),
        _render_root(results),
        _render_uploaded(results),
        _render_hosted(results),
        _render_mirrored(results),
        _render_published(results),
        _render_rest(results),
        _render_missing(results),
    )
    return "\n".join([PREAMBLE, *filter(None, sections)])


def _render_setting(results: Results) -> str:
    setting = results.setting
    lines = [
        f"Taken on {setting.day} in the mode `{setting.mode}`: {setting.machine}",
    ]
    if results.warm:
        lines.append(f"What is held: medians of {setting.rounds} rounds of {setting.seconds} s.")
    if results.warm and setting.pinned:
        lines.append("There the server has one processor, the load and the upstream another.")
    if setting.source:
        lines.append(f"What nginx static sends was copied from {setting.source}.")
    table = _table("server", "version", rows=setting.versions)
    return _section("This run", "\n".join(lines), table)


def _render_goals(results: Results) -> str:
    rows = [
        (goal.work, goal.reach, verdict.measured, "yes" if verdict.reached else "**no**")
        for goal, verdict in judge(results)
    ]
    text = (
        "Parts of nginx static are of processor time per request: nginx's divided by Wheelyard's, "
        "so 1.00 is as good and more is better."
    )
    if (foreign := _highest_foreign(results)) > TOLERABLE_FOREIGN:
        text += (
            f"\nOther programs took up to {foreign:.0%} of the machine while this was measured, "
            "so run it again on a quiet one before you believe a figure."
        )
    table = _table("work", "goal", "measured", "reached", rows=rows)
    return _section("Goals", text, table) if rows else ""


def _highest_foreign(results: Results) -> float:
    shares = [each.foreign for each in results.warm]
    shares += [each.foreign for each in results.root]
    shares += [each.foreign for each in results.uploaded]
    shares += [each.foreign for each in results.hosted]
    shares += [each.foreign for each in results.mirrored]
    shares += [each.foreign for each in results.published]
    shares += [each.herd.foreign for each in results.cold if each.herd is not None]
    return max(shares, default=0)


def _render_warm(results: Results, kind: str, title: str) -> str:
    chosen = [each for each in results.warm if each.kind == kind]
    limits = {each.case: each for each in chosen if each.server == LIMIT}
    rows = [_warm_row(each, limits.get(each.case)) for each in chosen]
    if not rows:
        return ""
    headings = (
        *("case", "server", "CPU µs/request", "of nginx static", "requests/s", "MB/s", "p50 ms"),
        *("p99 ms", "bytes", "PSS MiB", "spread", "foreign CPU", "errors"),
    )
    return _section(title, _table(*headings, rows=rows))


def _warm_row(warm: Warm, limit: Warm | None) -> Row:
    ratio = limit.processor_us / warm.processor_us if limit and warm.processor_us else None
    return (
        warm.case,
        warm.server,
        _number(warm.processor_us),
        "" if ratio is None else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.4f}",
        _number(warm.requests_per_second),
        _number(warm.requests_per_second * warm.size / 1e6),
        _number(warm.p50_ms),
        _number(warm.p99_ms),
        f"{warm.size:,}",
        _number(warm.memory.proportional / MIB),
        f"{warm.spread:.0%}",
        f"{warm.foreign:.0%}",
        f"{warm.errors:,}",
    )


def _render_cold(results: Results) -> str:
    cases = [each.case for each in results.cold]
    direct = {each.case: each for each in results.cold if each.server == DIRECT}
    rows = [
        (
            each.case,
            each.server,
            _number(each.first_byte_seconds * 1e3),
            f"{(each.first_byte_seconds - direct[each.case].first_byte_seconds) * 1e3:+.1f}",
            _number(each.seconds),
            f"{each.seconds / direct[each.case].seconds:.2f}",
            _yes(each.whole),
            _yes(each.redirected),
        )
        for each in sorted(results.cold, key=lambda each: cases.index(each.case))
    ]
    headings = (
        *("upstream", "server", "first byte ms", "later than direct, ms", "total s"),
        *("of direct", "whole", "redirected"),
    )
    if not rows:
        return ""
    size = results.cold[0].size // MIB
    text = f"One client asks for a file of {size} MiB; the upstream answers after 20 ms."
    return _section("A file that is not held", text, _table(*headings, rows=rows))


def _render_herd(results: Results) -> str:
    cases = [each.case for each in results.cold]
    rows = [
        (
            each.case,
            each.server,
            str(each.herd.fetches),
            _number(each.herd.fetched_bytes / 1e6),
            f"{each.herd.whole} of {each.herd.clients}",
            str(each.herd.redirected),
            _number(each.herd.seconds),
            f"{each.herd.seconds / each.seconds:.2f}",
            _number(each.herd.server_seconds),
            _number(each.herd.growth / MIB),
            f"{each.herd.foreign:.0%}",
        )
        for each in sorted(results.cold, key=lambda each: cases.index(each.case))
        if each.herd is not None
    ]
    headings = (
        *("upstream", "server", "fetches", "fetched MB", "served", "redirected", "last client s"),
        *("of one client", "CPU s", "more PSS MiB", "foreign CPU"),
    )
    if not rows:
        return ""
    text = "Many clients ask for such a file at the same moment."
    return _section("A herd", text, _table(*headings, rows=rows))


def _render_root(results: Results) -> str:
    cases = [each.case for each in results.root]
    rows = [
        (
            each.case,
            each.server,
            f"{each.size:,}",
            _number(each.first_seconds * 1e3),
            _number(each.start_seconds * 1e3),
            _number(each.restarted_seconds * 1e3),
            _number(each.warm_seconds * 1e3),
            _number(each.memory.resident / MIB),
            _number(each.memory.proportional / MIB),
            f"{each.foreign:.0%}",
        )
        for each in sorted(results.root, key=lambda each: cases.index(each.case))
    ]
    headings = (
        *("case", "server", "bytes", "first ms", "restart ms", "first after it ms", "warm ms"),
        *("RSS MiB", "PSS MiB", "foreign CPU"),
    )
    if not rows:
        return ""
    text = (
        "First is with nothing held; then the server is started again on what it holds.\n"
        "Memory is that of the second start, after all answers."
    )
    return _section("The list of all projects", text, _table(*headings, rows=rows))


def _render_uploaded(results: Results) -> str:
    rows = [
        (
            each.case,
            each.server,
            _number(each.uploads_per_second),
            _number(each.processor_ms),
            _number(each.p50_ms),
            _number(each.p99_ms),
            _number(each.memory.proportional / MIB),
            f"{each.spread:.0%}",
            f"{each.foreign:.0%}",
            f"{each.errors:,}",
        )
        for each in results.uploaded
    ]
    headings = (
        *("case", "server", "uploads/s", "CPU ms/upload", "p50 ms", "p99 ms", "PSS MiB"),
        *("spread", "foreign CPU", "errors"),
    )
    if not rows:
        return ""
    text = (
        "Each file is new; the clients keep their connections.\n"
        "What Wheelyard acknowledges was checked inside and is on the disk; "
        "the others wait for no disk."
    )
    return _section("Uploads", text, _table(*headings, rows=rows))


def _render_hosted(results: Results) -> str:
    rows = [
        (
            each.what,
            each.server,
            f"{each.projects:,}",
            f"{each.size:,}",
            _number(each.after_upload_seconds * 1e3),
            _number(each.warm_seconds * 1e3),
            f"{each.foreign:.0%}",
        )
        for each in sorted(results.hosted, key=lambda each: (each.what, each.projects))
    ]
    headings = (
        *("answer", "server", "own projects", "bytes", "after an upload ms", "warm ms"),
        "foreign CPU",
    )
    if not rows:
        return ""
    text = "Projects that were uploaded, one client, each request on a connection of its own."
    return _section("Projects of one's own", text, _table(*headings, rows=rows))


def _render_mirrored(results: Results) -> str:
    own = {(each.case, each.step): each for each in results.mirrored if each.tool == OWN}
    rows = [
        (
            each.case,
            each.step,
            each.tool,
            _number(each.seconds),
            _number(each.projects / each.seconds) if each.projects else "",
            _times(each, own.get((each.case, each.step))),
            _number(each.processor_seconds),
            _number(each.private / MIB),
            _number(each.peak / MIB),
            _number(each.catalog_size / MIB) if each.catalog_size else "",
            f"{each.foreign:.0%}",
        )
        for each in results.mirrored
    ]
    headings = (
        *("index", "run", "program", "s", "projects/s", "of wheelyard's time", "CPU s"),
        *("private MiB", "RSS MiB", "catalog MiB", "foreign CPU"),
    )
    if not rows:
        return ""
    text = (
        "Each project has four files of 2 KiB; the upstream is nginx with files.\n"
        "The programs run with their defaults, one after the other, from start to end.\n"
        "Where only Wheelyard is measured, the upstream makes its pages up while it is asked.\n"
        "Memory is at its highest point; RSS includes what is mapped of the catalog, which the "
        "system takes back when it needs it."
    )
    return _section("A mirror", text, _table(*headings, rows=rows))


def _times(other: Mirrored | Published, own: Mirrored | Published | None) -> str:
    """Return how many times as long a program took as ours."""
    return "" if own is None else f"{other.seconds / own.seconds:.1f}"


def _render_published(results: Results) -> str:
    own = {(each.case, each.step): each for each in results.published if each.tool == OWN}
    rows = [
        (
            each.case,
            each.step,
            each.tool,
            _number(each.seconds),
            _number(each.projects / each.seconds),
            _times(each, own.get((each.case, each.step))),
            _number(each.processor_seconds),
            _number(each.private / MIB),
            _number(each.peak / MIB),
            f"{each.objects:,}",
            f"{each.foreign:.0%}",
        )
        for each in results.published
    ]
    headings = (
        *("index", "run", "program", "s", "projects/s", "of wheelyard's time", "CPU s"),
        *("private MiB", "RSS MiB", "files written", "foreign CPU"),
    )
    if not rows:
        return ""
    text = (
        "An index becomes a tree of files in a directory.\n"
        "Wheelyard writes packages, metadata, pages in two forms and three codings, a signed "
        "manifest and a database; dumb-pypi writes pages, and no packages."
    )
    return _section("A published tree", text, _table(*headings, rows=rows))


def _render_rest(results: Results) -> str:
    rows = [
        (
            each.server,
            _number(each.start_seconds * 1e3),
            _number(each.processor_seconds * 1e3),
            _number(each.memory.proportional / MIB),
            _number(each.memory.resident / MIB),
        )
        for each in results.rest
    ]
    text = "Started on nothing, and asked for nothing."
    table = _table("server", "start ms", "CPU ms", "PSS MiB", "RSS MiB", rows=rows)
    return _section("At rest", text, table) if rows else ""


def _render_missing(results: Results) -> str:
    rows = [(each.server, each.what, each.reason) for each in results.missing]
    return _section("Left out", _table("server", "what", "why", rows=rows)) if rows else ""


def _section(title: str, *parts: str) -> str:
    return "\n\n".join([f"## {title}", *parts]) + "\n"


def _table(*headings: str, rows: Iterable[Row]) -> str:
    lines = [headings, ("---",) * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _number(value: float) -> str:
    """Return three digits that count, and no fewer than the whole number."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else "0"


def _yes(value: bool) -> str:  # noqa: FBT001  # a value, not a switch
    return "yes" if value else "no"
