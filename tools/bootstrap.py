"""The two commands of the README, ``./run`` and ``./test``, and what `just` needs beside them.

Each makes sure of what it needs, then becomes the real program (``exec``), so that signals,
standard streams and the exit status are the program's own.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from environment import CannotPrepareError, Environment, prepare
from system_parts import provide_system_parts

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
OWN = Environment(root=ROOT, folder=ROOT / ".venv", locks=ROOT / "requirements")
# The lowest versions that `pyproject.toml` allows: `just lowest` resolves them before.
LOWEST = Environment(root=ROOT, folder=ROOT / ".cache/lowest", locks=ROOT / ".cache/lowest-locks")
# One process for each core, but no more than the memory of a laptop holds; ``-n 0`` among the
# arguments undoes it. Which tests stay together is said in ``tests/support/side_by_side.py``,
# which are run again (and named at the end) in ``tests/support/second_chance.py``.
SIDE_BY_SIDE = ("--numprocesses=auto", "--maxprocesses=4", "-rfER")


def main(arguments: Sequence[str]) -> NoReturn:
    """Prepare what ``arguments[0]`` needs and become it; exit with 2 if that is not possible."""
    verb, *rest = arguments
    environment = LOWEST if verb == "lowest" else OWN
    try:
        prepare(environment, "run" if verb == "run" else "test")
    except CannotPrepareError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    match verb:
        case "run":
            become(environment, "wheelyard", "serve", *rest)
        case "setup":
            sys.exit(0)
        case _:
            name_missing_parts()
            os.chdir(ROOT)
            become(environment, "pytest", *SIDE_BY_SIDE, *rest)


def name_missing_parts() -> None:
    """Install what the tests need of this system; say in one line what stays missing."""
    if missing := provide_system_parts(ROOT):
        names = ", ".join(missing)
        print(f"Not on this machine, so their tests are skipped: {names}.", file=sys.stderr)


def become(environment: Environment, module: str, *arguments: str) -> NoReturn:
    """Replace this process by ``python -m module`` in ``environment``."""
    sys.stdout.flush()
    sys.stderr.flush()
    python = str(environment.python)
    os.execv(python, [python, "-m", module, *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
