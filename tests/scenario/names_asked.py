"""A program for the closed room: install through a server, and print which names were asked for.

Its words are the name of a client in the roster, an empty folder, and names of variables with
their values for the client's environment.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from support.clients import INSTALLERS, OLDEST_PIP, Installer, Kind, Sandbox
from support.clients.closed_room import NameServer, furnish
from support.packages import make_sdist, make_wheel
from support.server import running_server
from support.simulator import PYPI, Simulator

__all__ = ["INDEX", "KINDS", "UPSTREAM", "main"]

INDEX = "index.test"
"""What clients are told; the name of the server."""
UPSTREAM = "upstream.test"
"""What the server is told."""

KINDS: dict[str, Kind[Installer]] = {str(kind): kind for kind in (*INSTALLERS, OLDEST_PIP)}


def main(client: str, folder: Path, variables: Mapping[str, str]) -> None:
    """Print one JSON object: what is installed now, who was asked for, and what the client said."""
    furnish()
    also = {"PIP_TRUSTED_HOST": INDEX, **variables}
    sandbox = Sandbox(folder / "sandbox", proxy="", also=also)
    style = replace(PYPI, links="relative")  # so that files have the host that is configured
    with Simulator(style) as upstream, NameServer({INDEX, UPSTREAM}) as names:
        upstream.add(make_wheel("demo.wheel", "1.0"))
        upstream.add(make_sdist("demo.sdist", "1.0", requires=["demo-wheel"]))
        doors = [f"http://{UPSTREAM}:{upstream.port}/simple/"]
        with running_server(folder / "data", upstreams=doors) as server:
            index_url = server.url.replace("127.0.0.1", INDEX)
            result = KINDS[client].make(sandbox).install(["demo-sdist"], index_url, folder / "here")
    said = {"installed": dict(result.installed), "asked": sorted(names.asked)}
    sys.stdout.write(json.dumps({**said, "output": result.output}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), dict(word.split("=", 1) for word in sys.argv[3:]))
