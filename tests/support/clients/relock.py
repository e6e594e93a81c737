"""Write the lock files of all clients again, with the newest of whatever they need besides.

From the root of the clone::

    PYTHONPATH=tests:tools .venv/bin/python -m support.clients.relock

Every release is at least a week old, as in `requirements/`; change `editions.py` for another
release of a client.
"""

import datetime as dt
import os
import subprocess
import sys

import uv

from support.clients.editions import EDITIONS, LOCKS, Edition
from support.clients.environments import index_of_this_machine

__all__ = ["compile_edition", "main"]

_COOL_DOWN = dt.timedelta(days=7)

_HEADER = """\
# Written by `support.clients.relock`; do not edit. Names, versions and hashes only: where the
# files come from is the business of the machine that installs them.
"""


def compile_edition(edition: Edition, cutoff: dt.datetime) -> str:
    """Return the lock of one client for every Python and platform that the tests run on.

    Raises:
        CalledProcessError: there is no solution; uv has said why on standard error.
    """
    major, minor = edition.python_from or (3, 11)
    command = [
        uv.find_uv_bin(), "pip", "compile", "-", "--quiet", "--universal",
        "--python-version", f"{major}.{minor}", "--generate-hashes", "--no-header",
        "--no-annotate", "--no-emit-index-url",
        "--exclude-newer", cutoff.isoformat(timespec="seconds"),
    ]  # fmt: skip
    answer = subprocess.run(
        command,
        input="\n".join(edition.requirements),
        env={**os.environ, "UV_NO_CONFIG": "1", **index_of_this_machine()},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return answer.stdout


def main() -> int:
    """Write one lock per client, and remove those of clients that are gone."""
    cutoff = dt.datetime.now(dt.UTC) - _COOL_DOWN
    for edition in EDITIONS:
        edition.lock.write_text(_HEADER + compile_edition(edition, cutoff), "utf-8")
    wanted = {edition.lock for edition in EDITIONS}
    for lock in set(LOCKS.glob("*.txt")) - wanted:
        lock.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
