"""A program for the closed room: which names a server wants to know, online and offline.

Its one word is an empty folder.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from support.clients.closed_room import NameServer, furnish
from support.packages import make_wheel
from support.server import RunningServer, running_server
from support.simulator import PYPI, Simulator, ask

__all__ = ["INDEX", "main"]

INDEX = "index.test"
"""What clients are told; the name of the server."""
_UPSTREAM = "upstream.test"
"""What the server is told."""


def main(folder: Path) -> None:
    """Print one JSON object: who was asked for, online and offline, and what was answered."""
    furnish()
    style = replace(PYPI, links="relative")  # so that files have the host that is configured
    with Simulator(style) as upstream:
        upstream.add(make_wheel("demo", "1.0"))
        doors = [f"http://{_UPSTREAM}:{upstream.port}/simple/"]
        with (
            NameServer({INDEX, _UPSTREAM}) as names,
            running_server(folder / "data", upstreams=doors) as server,
        ):
            _install(server)
            online = sorted(names.asked)
        upstream.forget()
        with (
            NameServer({INDEX, _UPSTREAM}) as names,
            running_server(folder / "data", upstreams=doors, arguments=["--offline"]) as server,
        ):
            statuses = [_install(server), _ask(server, "/simple/unknown/")]
            offline = sorted(names.asked)
        said = {"online": online, "offline": offline, "upstream": _UPSTREAM, "statuses": statuses}
        sys.stdout.write(json.dumps({**said, "requests": len(upstream.requests)}))


def _install(server: RunningServer) -> int:
    """Do what an installer does, and return the status of the file's answer."""
    url = server.base_url.replace("127.0.0.1", INDEX)
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    (file,) = ask(f"{url}/simple/demo/", accept).files()
    return _ask(server, str(file["url"]).removeprefix("../.."))


def _ask(server: RunningServer, path: str) -> int:
    """Return the status of an answer."""
    return ask(f"{server.base_url.replace('127.0.0.1', INDEX)}{path}").status


if __name__ == "__main__":
    main(Path(sys.argv[1]))
