"""Refresh the lock files in ``requirements/``: every name, version and hash, and no address.

    python tools/locks.py                     newest versions that are at least a week old
    python tools/locks.py --urgent NAME       the same, but NAME may be younger (a security fix)
    python tools/locks.py --lowest            the lowest versions that ``pyproject.toml`` allows,
                                              into ``.cache/lowest-locks/``

``run.txt`` is what the server needs, ``test.txt`` adds what the tests need, ``installer.txt`` is
the one package that installs the other two.  One resolution serves Linux and macOS and every
Python from ``requires-python`` on.  The week is there because most poisoned releases are found
and removed within days.
"""

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from environment import index_settings

__all__ = ["COOL_DOWN_DAYS", "compile_lock", "main", "parse_blocks"]

ROOT = Path(__file__).resolve().parent.parent
COOL_DOWN_DAYS = 7

HEADER = """\
# Written by `just lock`; do not edit. Names, versions and hashes only: where the files come
# from is the business of the machine that installs them.
# Nothing in here was younger than {days} days on {today}.
"""


def compile_lock(*arguments: str, cutoff: dt.datetime) -> str:
    """Return what uv resolves from ``pyproject.toml``, with hashes and without addresses.

    Raises:
        CalledProcessError: there is no solution; uv has said why on standard error.
    """
    with tempfile.TemporaryDirectory() as scratch:
        # A fresh output file: an existing one would be taken as a list of preferences.
        output = Path(scratch, "lock.txt")
        command = [
            sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet",
            "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header",
            "--exclude-newer", cutoff.isoformat(timespec="seconds"), "--output-file", str(output),
            *arguments,
        ]  # fmt: skip
        environment = {
            **os.environ,
            "UV_NO_CONFIG": "1",
            **index_settings([sys.executable, "-m", "pip"]),
        }
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        return output.read_text("utf-8")


def parse_blocks(lock: str) -> dict[str, str]:
    """Return the text of each requirement in ``lock``, keyed by its project name."""
    blocks: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        if line.startswith("#"):
            continue
        if not line[0].isspace():
            name = line.partition("==")[0]
        blocks[name] = blocks.get(name, "") + line
    return blocks


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the lock files, or with ``--lowest`` those for the test of the lower bounds."""
    parser = argparse.ArgumentParser(description="Refresh the lock files in requirements/.")
    parser.add_argument("--urgent", action="append", default=[], metavar="NAME")
    parser.add_argument("--lowest", action="store_true")
    options = parser.parse_args(arguments)

    now = dt.datetime.now(dt.UTC)
    cutoff = now - dt.timedelta(days=COOL_DOWN_DAYS)
    extra = [f"--exclude-newer-package={name}={now:%Y-%m-%dT%H:%M:%SZ}" for name in options.urgent]
    if options.lowest:
        extra.append("--resolution=lowest-direct")
    header = HEADER.format(days=COOL_DOWN_DAYS, today=now.date().isoformat())
    folder = ROOT / (".cache/lowest-locks" if options.lowest else "requirements")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in resolve(extra, cutoff).items():
        folder.joinpath(f"{name}.txt").write_text(header + text, "utf-8")
    return 0


def resolve(extra: Sequence[str], cutoff: dt.datetime) -> dict[str, str]:
    """Return the text of each lock, all of one mind about every version."""
    run = compile_lock(*extra, cutoff=cutoff)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as constraints:
        constraints.write(run)
        constraints.flush()
        same = f"--constraints={constraints.name}"
        test = compile_lock("--group=test", same, "--no-annotate", *extra, cutoff=cutoff)
    return {"run": run, "test": test, "installer": parse_blocks(test)["uv"]}


if __name__ == "__main__":
    sys.exit(main())
