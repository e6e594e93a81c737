"""A server and the upstream that is broken behind it, for tests that look at both.

::

    with open_yard(tmp_path / "data", upstream) as yard:
        yard.upstream.fault("page", status(500))
        assert yard.ask_page("demo").status == 503

Time is never waited for: `eventually` looks again until something is true.
"""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar, Unpack

from contract.conformance.asking import JSON, Answer, Client
from contract.conformance.serving import recover
from support.packages import Package
from support.server import RunningServer, ServerWords, running_server
from support.simulator import Fault, Simulator, change_headers

__all__ = [
    "HASTY",
    "PATIENT",
    "SHORT_LIVED",
    "Yard",
    "at_once",
    "eventually",
    "kept_files",
    "open_yard",
]

PATIENCE_SECONDS = 180.0

Result = TypeVar("Result")

HASTY: Mapping[str, object] = {
    "upstream.default.connect_seconds": 1,
    "upstream.default.read_seconds": 3,
    "freshness.patience_seconds": 3,
}
"""Settings under which nobody waits for long: for upstreams that are not meant to answer.

Long enough for a machine that is busy to answer in between.
"""

PATIENT: Mapping[str, object] = {
    "upstream.default.read_seconds": 60,
    "freshness.patience_seconds": 60,
}
"""Settings under which an answer can be held back for as long as a test needs."""

SHORT_LIVED: Fault = change_headers({"Cache-Control": "max-age=0", "ETag": None})
"""A page that has to be asked for again at once, and whole."""


@dataclass(frozen=True, slots=True)
class Yard:
    """A running server, a client of it, its upstream and its data directory."""

    client: Client
    upstream: Simulator
    server: RunningServer
    data: Path

    def circuits(self) -> set[str]:
        """Return the states of the circuits of all doors."""
        return {door["circuit"] for door in self.client.ask("/-/status").json()["doors"]}

    def recover(self) -> None:
        """Have a sound upstream that is asked again, whatever became of it."""
        recover(self.client, self.upstream)

    def ask_page(self, name: str) -> Answer:
        """Return the answer to a request for a page in JSON, whatever it is."""
        return self.client.ask(f"/simple/{name}/", {"Accept": JSON})

    def path_of(self, package: Package) -> str:
        """Return the path under which a package's file is to be had."""
        page = self.client.page(package.name)
        return self.client.path_of(str(page.file(package.filename)["url"]))

    def add(self, *packages: Package) -> None:
        """Have packages upstream on pages that must be asked for each time."""
        for package in packages:
            self.upstream.add(package)
            self.upstream.fault(f"/simple/{package.name}/", SHORT_LIVED)

    def add_held(self, *packages: Package) -> None:
        """Have packages upstream, and their pages here."""
        self.add(*packages)
        for package in packages:
            self.until(f"/simple/{package.name}/", is_new)

    def until(self, target: str, holds: Callable[[Answer], bool], accept: str = JSON) -> Answer:
        """Return the answer as soon as something is true of it."""
        answers: list[Answer] = []

        def has_come() -> bool:
            answers[:] = [self.client.ask(target, {"Accept": accept})]
            return holds(answers[0])

        eventually(has_come, lambda: f"another answer to {target} than {answers}")
        return answers[0]

    def stale_page(self, name: str) -> Answer:
        """Return the page of a project as soon as it is marked stale."""
        return self.until(f"/simple/{name}/", is_stale)

    def fresh_page(self, name: str) -> Answer:
        """Return the page of a project as soon as it is not stale any more."""
        return self.until(f"/simple/{name}/", lambda answer: not is_stale(answer))

    def page_with(self, name: str, version: str) -> Answer:
        """Return the page of a project as soon as it lists a version and is not stale."""

        def lists(answer: Answer) -> bool:
            return not is_stale(answer) and version in answer.json()["versions"]

        return self.until(f"/simple/{name}/", lists)

    @contextlib.contextmanager
    def asking(self, path: str) -> Iterator[None]:
        """Ask for a path and read nothing of the answer inside the block; then leave."""
        with socket.create_connection(self.client.address, PATIENCE_SECONDS) as connection:
            connection.sendall(self.client.render(path))
            yield

    def knock(self, path: str) -> bool:
        """Ask for a path and leave at once; always true."""
        with self.asking(path):
            return True

    def take_cut(
        self,
        path: str,
        fields: Mapping[str, str] | None = None,
        meanwhile: Callable[[int], object] = bool,
    ) -> tuple[bytes, bytes]:
        """Return head and body of an answer until the connection ends, well or badly.

        `meanwhile` is called with the number of bytes that have come, whenever some have.
        """
        said = bytearray()
        with socket.create_connection(self.client.address, PATIENCE_SECONDS) as connection:
            connection.sendall(self.client.render(path, {"Connection": "close", **(fields or {})}))
            with contextlib.suppress(ConnectionResetError):
                while chunk := connection.recv(1 << 20):
                    said += chunk
                    meanwhile(len(said))
        head, _, body = bytes(said).partition(b"\r\n\r\n")
        return head, body


def is_stale(answer: Answer) -> bool:
    """Say whether a page is marked as an old copy."""
    return answer.get("x-wheelyard-stale") is not None


def is_new(answer: Answer) -> bool:
    """Say whether a page has come: a machine that is busy may look like an upstream that is out."""
    return answer.status == HTTPStatus.OK and not is_stale(answer)


@contextlib.contextmanager
def open_yard(data: Path, upstream: Simulator, **words: Unpack[ServerWords]) -> Iterator[Yard]:
    """Run a server on `data` in front of `upstream`, unless the words name other doors.

    Whatever a test does to the server, it must never speak of an exception that nobody foresaw.
    """
    given: ServerWords = {"upstreams": [upstream.url], **words}
    with running_server(data, **given) as server:
        yield Yard(Client(f"{server.base_url}/"), upstream, server, data)
    assert "Traceback" not in server.log(), server.log()


def at_once(*calls: Callable[[], Result]) -> list[Result]:
    """Make every call in a thread of its own, and return what they returned, in their order."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return [each.result() for each in [threads.submit(call) for call in calls]]


def eventually(holds: Callable[[], bool], what: str | Callable[[], str]) -> None:
    """Return as soon as `holds` does.

    Raises:
        AssertionError: it never did; `what` was waited for.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        waited_for = what if isinstance(what, str) else what()
        assert time.monotonic() < deadline, f"never happened: {waited_for}"
        time.sleep(0.01)


def kept_files(data: Path) -> list[Path]:
    """Return the blobs of a data directory."""
    return [path for path in (data / "blobs").rglob("*") if path.is_file()]
