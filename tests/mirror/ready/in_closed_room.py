"""A program for the closed room: a drill where no route leads out, and every name is noted.

Its one word is an empty folder.
"""

import json
import sys
from pathlib import Path

import anyio

from mirror.ready.yard import EVERYTHING, fill
from support.clients.closed_room import NameServer, furnish
from support.simulator import running_simulator

__all__ = ["main"]


def main(folder: Path) -> None:
    """Print one JSON object: what was installed, and which names anybody wanted to know."""
    furnish()
    listed = folder / "requirements.txt"
    listed.write_text("app[fast]\nsrc\n", "utf-8")
    with running_simulator() as index:
        index.add(*EVERYTHING)
        place = anyio.run(fill, folder / "data", index)
    with NameServer(()) as names:
        drilled = anyio.run(place.drilled, [listed])
    said = {"installed": drilled.installed, "output": drilled.output, "names": sorted(names.asked)}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
