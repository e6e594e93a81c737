"""The command line: `python -m bench`, `python -m bench profile CASE`, `python -m bench lock`."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from bench.cases import LARGE, MODES
from bench.errors import BenchError
from bench.mirrors import MIRRORS
from bench.peers import HOSTS, PEERS
from bench.peers.installing import write_locks
from bench.places import TABLE
from bench.profiling import CASES, profile_native, profile_python
from bench.publishers import PUBLISHERS
from bench.report import render_report
from bench.run import PARTS, Plan, measure

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Obey the command line, and return the exit status: 0 done, 1 not possible."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        match words:
            case ["profile", *rest]:
                run_profile(rest)
            case ["lock"]:
                write_locks()
            case _:
                run_measurement(words)
    except BenchError as error:
        say(str(error))
        return 1
    return 0


def run_measurement(arguments: Sequence[str]) -> None:
    """Measure, and print the page; with `--write` also write it."""
    options = parse_options(arguments)
    mode = MODES[options.mode]
    if options.large:
        mode = replace(mode, mirror=LARGE)
    chosen = options.server or mode.servers or names()
    plan = Plan(
        mode=mode,
        peers=tuple(peer for peer in PEERS if peer.name in chosen),
        hosts=tuple(host for host in HOSTS if host.name in chosen),
        mirrors=tuple(mirror for mirror in MIRRORS if mirror.name in chosen),
        publishers=tuple(each for each in PUBLISHERS if each.name in chosen),
        parts=frozenset(options.part or PARTS),
    )
    results = measure(plan, say)
    page = render_report(results)
    sys.stdout.write(page)
    if options.write is not None:
        options.write.write_text(page, "utf-8")
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what the words of the command line ask for."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure Wheelyard beside its peers, in one run, and print a page of tables.",
        epilog="Also `python -m bench profile CASE` and `python -m bench lock`.",
    )
    parser.set_defaults(mode="full")
    mode = parser.add_mutually_exclusive_group()
    for name, text in (
        ("quick", "few cases, in less than 90 seconds"),
        ("smoke", "hardly any, only to see that all is in order"),
    ):
        mode.add_argument(f"--{name}", dest="mode", action="store_const", const=name, help=text)
    parser.add_argument(
        "--large", action="store_true",
        help="mirror 100,000 projects, and 700,000 simulated ones, in place of the usual cases",
    )  # fmt: skip
    parser.add_argument("--part", action="append", choices=PARTS, help="only this; repeatable")
    parser.add_argument("--server", action="append", choices=names(), help="only it; repeatable")
    parser.add_argument(
        "--write", type=Path, nargs="?", const=TABLE, metavar="FILE",
        help="write the page into FILE, or into the reference",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure into FILE")
    return parser.parse_args(arguments)


def run_profile(arguments: Sequence[str]) -> None:
    """Print a profile of the server under the load of one case."""
    parser = argparse.ArgumentParser(
        prog="python -m bench profile", description="Show where the server spends its time."
    )
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--native", action="store_true", help="use perf, which sees native code")
    options = parser.parse_args(arguments)
    profile = profile_native if options.native else profile_python
    sys.stdout.write(profile(CASES[options.case], options.seconds))


def names() -> list[str]:
    """Return the names of all servers."""
    servers = [peer.name for peer in (*PEERS, *HOSTS)]
    programs = [*(each.name for each in MIRRORS), *(each.name for each in PUBLISHERS)]
    return list(dict.fromkeys([*servers, *programs]))


def say(line: str) -> None:
    """Tell what is going on, beside the page."""
    sys.stderr.write(f"{line}\n")
