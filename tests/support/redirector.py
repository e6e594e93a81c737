"""Redirectors as users run them: `wheelyard redirect`, and the programs that it configures.

::

    with running_redirector(tmp_path, static=[tree.url], dynamic=[server.url]) as redirector:
        ...  # point a client at redirector.base_url
"""

import contextlib
import http.client
import os
import select
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack
from urllib.parse import urlsplit

from support.house import ROOT
from support.programs import Program, start_program
from support.server import RunningServer
from support.web_servers.haproxy import HAPROXY
from support.web_servers.lighttpd import LIGHTTPD
from support.web_servers.nginx import NGINX
from support.web_servers.nginx import whole as whole_nginx
from support.web_servers.web_server import Place, RunningWebServer, WebServer, running
from wheelyard.publish.redirecting import Tool, plan_configuration, render_configuration
from wheelyard.settings import load_settings

__all__ = [
    "QUICKLY",
    "RawReply",
    "RedirectorWords",
    "ask_raw",
    "configuration_for",
    "redirector_command",
    "redirector_environment",
    "running_redirector",
    "running_tool",
]

_PATIENCE_SECONDS = 180.0

QUICKLY = {"redirect.check_seconds": 0.1, "redirect.check_timeout_seconds": 60}
"""Checks at the shortest interval there is, for tests that wait for them.

However busy this machine is, nobody counts as down because of that.
"""

PROGRAMS: Mapping[str, WebServer] = {"nginx": NGINX, "haproxy": HAPROXY, "lighttpd": LIGHTTPD}


class RedirectorWords(TypedDict, total=False):
    """The keywords of redirectors: targets, settings by key, further words of the command line.

    `environ` is added to an otherwise almost empty environment.
    """

    static: Sequence[str]
    dynamic: Sequence[str]
    settings: Mapping[str, object]
    arguments: Sequence[str]
    port: int
    environ: Mapping[str, str]


@contextlib.contextmanager
def running_redirector(folder: Path, **words: Unpack[RedirectorWords]) -> Iterator[RunningServer]:
    """Run `wheelyard redirect` for the length of a `with` block.

    Raises:
        AssertionError: it does not start, or does not stop as it should.
    """
    home = folder / f"redirector-{len(list(folder.glob('redirector-*')))}"
    home.mkdir(parents=True)
    log_file = folder / f"{home.name}.log"
    with log_file.open("wb") as log:
        process = start_program(
            _options(words),
            cwd=home,
            environ=redirector_environment(home, words),
            errors=log,
        )
    with process:
        try:
            redirector = RunningServer(_address_of(process, log_file), process, log_file)
            yield redirector
            if process.poll() is None:
                redirector.stop()
        finally:
            if process.poll() is None:
                RunningServer("", process, log_file).kill()


def redirector_command(words: RedirectorWords) -> list[str]:
    """Return the command line of a redirector."""
    return [sys.executable, "-m", "wheelyard", *_options(words)]


def _options(words: RedirectorWords) -> list[str]:
    static = [word for url in words.get("static", ()) for word in ("--static", url)]
    dynamic = [word for url in words.get("dynamic", ()) for word in ("--dynamic", url)]
    port = ["--port", str(words.get("port", 0))]
    return ["redirect", *port, *static, *dynamic, *words.get("arguments", ())]


def redirector_environment(home: Path, words: RedirectorWords) -> dict[str, str]:
    """Return the whole environment of a redirector whose home is `home`."""
    keys = words.get("settings", {})
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(home),
        **{f"WHEELYARD__{key.upper().replace('.', '__')}": str(keys[key]) for key in keys},
        **words.get("environ", {}),
    }


def configuration_for(tool: str, folder: Path, **words: Unpack[RedirectorWords]) -> str:
    """Return what `wheelyard redirect --config-for` writes, without a process of its own."""
    flags = {
        "redirect.static": tuple(words.get("static", ())),
        "redirect.dynamic": tuple(words.get("dynamic", ())),
        "server.port": str(words.get("port", 0)),
    }
    settings = load_settings(flags, redirector_environment(folder, words), folder)
    plan = plan_configuration(settings.redirect, settings.server)
    return render_configuration(Tool(tool), plan)


@contextlib.contextmanager
def running_tool(
    tool: str, folder: Path, **words: Unpack[RedirectorWords]
) -> Iterator[RunningWebServer]:
    """Run another program with the configuration that we write for it."""

    def configuration(place: Place) -> str:
        given: RedirectorWords = {**words, "port": place.port}
        text = configuration_for(tool, place.folder, **given)
        return whole_nginx(place, text) if tool == "nginx" else text

    with running(PROGRAMS[tool], folder, configuration) as started:
        yield started


def _address_of(process: Program, log_file: Path) -> str:
    """Return the address in the start line, once the redirector says that it listens."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], _PATIENCE_SECONDS)
    line = process.stdout.readline() if readable else ""
    found = next((word for word in line.split() if word.startswith("http")), None)
    if found is None:
        raise AssertionError(f"no start: {line}{log_file.read_text('utf-8', 'replace')}")
    return found.rstrip("/")


@dataclass(frozen=True, slots=True)
class RawReply:
    """An answer as it came. Header names are lower case; of those that repeat, all are there."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key == name]

    def header(self, name: str) -> str:
        """Return the one value of a header; empty if it is not there.

        Raises:
            AssertionError: it is there several times.
        """
        values = self.all(name)
        assert len(values) <= 1, values
        return values[0] if values else ""


def ask_raw(base_url: str, head: str, body: bytes = b"", *, closing: bool = True) -> RawReply:
    """Send a request whose first line, and headers beside `Host`, are spelled out.

    Several lines are separated by line feeds. All of the body is sent before anything is read.
    `closing` says to the other side that this is all.
    """
    place = urlsplit(base_url)
    first, *fields = head.split("\n")
    last = ["Connection: close"] if closing else []
    lines = [first, f"Host: {place.netloc}", *last, *fields]
    request = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
    with socket.create_connection((place.hostname, place.port or 80), 30) as connection:
        connection.sendall(request)
        with http.client.HTTPResponse(connection, method=first.partition(" ")[0]) as response:
            response.begin()
            headers = tuple((name.lower(), value) for name, value in response.getheaders())
            return RawReply(response.status, headers, response.read())
