"""A server that hosts projects of its own, and a client that uploads to it, right or wrong."""

import base64
import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from contract.conformance.asking import JSON, Answer, Client, Fields, check_manners
from contract.conformance.serving import serving
from support.accounts import new_administrator, wheelyard
from support.packages import Package
from support.uploads import Form, form_of

__all__ = ["PATIENCE_SECONDS", "Hosting", "basic", "hosting"]

PATIENCE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Hosting:
    """A client with a token of an administrator; each test uses projects of its own."""

    client: Client
    data: Path
    token: str = field(repr=False)

    def upload(
        self, what: Form | Package, fields: Fields | None = None, *, path: str = "/legacy/"
    ) -> Answer:
        """Return the answer to an upload; without other ``fields`` the token goes with it."""
        form = form_of(what) if isinstance(what, Package) else what
        content_type, body = form.render()
        given = basic("__token__", self.token) if fields is None else fields
        return self.send(path, {"Content-Type": content_type, **dict(given)}, body)

    def send(self, path: str, fields: Fields, body: bytes) -> Answer:
        """Return the answer to a POST, of which everything is sent before the answer is read."""
        head = {"Content-Length": str(len(body)), **dict(fields)}
        with self.connected() as connection:
            connection.sendall(self.client.render(path, head, method="POST") + body)
            answer = self.client.read(connection, path, method="POST")
        check_manners(answer, "POST")
        return answer

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        """Yield a connection of which the test is the master."""
        with socket.create_connection(self.client.address, PATIENCE_SECONDS) as connection:
            yield connection

    def page(self, name: str) -> Answer:
        """Return the answer for the page of a project, which need not be there."""
        return self.client.ask(f"/simple/{name}/", {"Accept": JSON})

    def filenames(self, name: str) -> set[str]:
        """Return the names of the files on the page of a project; none if there is no page."""
        answer = self.page(name)
        if answer.status == 404:
            return set()
        assert answer.status == 200, answer
        return {file["filename"] for file in answer.json()["files"]}

    def command(self, *words: str) -> str:
        """Run a command on the data directory while the server runs."""
        return wheelyard(self.data, *words)


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header that clients send. Source: RFC 7617."""
    secret = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {secret}"}


@contextmanager
def hosting(
    upstream_url: str, data: Path, settings: dict[str, str] | None = None
) -> Iterator[Hosting]:
    """Run a server on ``data`` with an administrator called ``root``."""
    with contextlib.ExitStack() as running:
        client = running.enter_context(serving(upstream_url, data, settings))
        yield Hosting(client, data, new_administrator(data))
