"""A client that sends exactly what it is told, and looks at everything that comes back.

Paths are not normalised, headers are sent in the order given, redirects are followed only by
``follow``. Whatever a test is about, no answer may break the rules in ``check_manners``.
"""

import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urljoin, urlsplit

__all__ = ["HTML", "JSON", "PIP", "UV", "V1_HTML", "Answer", "Client", "Fields"]

PATIENCE_SECONDS = 180.0

JSON = "application/vnd.pypi.simple.v1+json"
V1_HTML = "application/vnd.pypi.simple.v1+html"
HTML = "text/html"

PIP = f"{JSON}, {V1_HTML}; q=0.1, text/html; q=0.01"
"""What pip has sent as ``Accept`` since 22.2. Source: observed."""
UV = f"{JSON}, {V1_HTML};q=0.2, text/html;q=0.01"
"""What uv sends. Source: observed."""

Fields = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are in lower case, in the order in which they came."""

    url: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    def values(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key == name]

    def get(self, name: str) -> str | None:
        """Return the value of a header that comes at most once."""
        values = self.values(name)
        assert len(values) <= 1, f"{name} came {len(values)} times: {values}"
        return values[0] if values else None

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        assert value is not None, f"no {name} in {self}"
        return value

    @property
    def media_type(self) -> str:
        """The content type without parameters."""
        return (self.get("content-type") or "").partition(";")[0].strip()

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:  # noqa: ANN401 - a document has no type before it was looked at
        """Return the body as a JSON document."""
        return json.loads(self.body)

    def words(self, name: str) -> set[str]:
        """Return the members of a header that is a list, in lower case."""
        return {part.strip().lower() for part in (self.get(name) or "").split(",") if part.strip()}

    def file(self, filename: str) -> dict[str, Any]:
        """Return the entry of a file on this JSON page."""
        (found,) = [each for each in self.json()["files"] if each["filename"] == filename]
        return {**found, "url": urljoin(self.url, found["url"])}


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the server at ``base_url``, which ends in a slash."""

    base_url: str

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to connect to."""
        parts = urlsplit(self.base_url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def ask(self, target: str, fields: Fields = (), *, method: str = "GET") -> Answer:
        """Return the answer to one request; ``target`` is a path, sent as it is, or a URL."""
        path = self.path_of(target)
        with socket.create_connection(self.address, PATIENCE_SECONDS) as connection:
            connection.sendall(self.render(path, fields, method=method))
            answer = self.read(connection, path, method=method)
        check_manners(answer, method)
        return answer

    def follow(self, target: str, fields: Fields = ()) -> Answer:
        """Return the answer at the end of at most three redirects."""
        answer = self.ask(target, fields)
        for _ in range(3):
            if answer.status not in {301, 302, 303, 307, 308}:
                break
            answer = self.ask(urljoin(answer.url, answer["location"]), fields)
        return answer

    def page(self, name: str, accept: str = JSON) -> Answer:
        """Return the page of a project, which must be there."""
        answer = self.ask(f"/simple/{name}/", {"Accept": accept})
        assert answer.status == 200, answer
        return answer

    def until(self, target: str, holds: Callable[[Answer], bool], accept: str = JSON) -> Answer:
        """Return the answer as soon as something is true of it: changes show within a second."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds(answer := self.ask(target, {"Accept": accept})):
            assert time.monotonic() < deadline, answer
        return answer

    def raw(self, request: bytes) -> bytes:
        """Send bytes and return everything until the server closes the connection."""
        with socket.create_connection(self.address, PATIENCE_SECONDS) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    @contextmanager
    def opened(self, target: str, fields: Fields = ()) -> Iterator[HTTPResponse]:
        """Yield an answer of which the headers are here and the body is yet to be read."""
        with socket.create_connection(self.address, PATIENCE_SECONDS) as connection:
            connection.sendall(self.render(self.path_of(target), fields))
            response = HTTPResponse(connection)
            response.begin()
            yield response

    def path_of(self, target: str) -> str:
        """Return what stands in the request line for ``target``."""
        if not target.startswith(self.base_url):
            return target
        return f"/{target[len(self.base_url) :].partition('#')[0]}"

    def render(self, path: str, fields: Fields = (), *, method: str = "GET") -> bytes:
        """Return a request as bytes; ``Host`` is the server's unless it is given."""
        given = list(fields.items() if isinstance(fields, Mapping) else fields)
        if not any(name.lower() == "host" for name, _ in given):
            given.insert(0, ("Host", "{}:{}".format(*self.address)))
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def read(self, connection: socket.socket, path: str = "/", *, method: str = "GET") -> Answer:
        """Return the next answer on a connection."""
        response = HTTPResponse(connection, method=method)
        response.begin()
        body = response.read()
        headers = tuple((name.lower(), value) for name, value in response.getheaders())
        url = self.base_url + path.removeprefix("/")
        return Answer(url, response.status, response.reason, headers, body)


def check_manners(answer: Answer, method: str = "GET") -> None:
    """Assert what holds for every answer of this server, whatever was asked.

    Source: RFC 9110, 5.3 (one line per field), 6.6.1 (Date), 8.6 (length), 15.4.5 (304);
    RFC 9211, 2.
    """
    counted = Counter(name for name, _ in answer.headers)
    assert not [name for name, count in counted.items() if count > 1], answer
    assert parsedate_to_datetime(answer["date"]) is not None
    assert "set-cookie" not in counted
    assert "server" not in counted
    assert "traceback" not in answer.body.lower().decode("latin-1"), answer.body
    assert answer.get("vary") != "*"
    if answer.get("connection") != "close":  # what is no HTTP never comes to the cache
        assert answer["cache-status"].startswith("wheelyard"), answer
    length = answer.get("content-length")
    if answer.status in {204, 304}:
        assert answer.body == b""
    elif method != "HEAD":
        assert length is not None or "transfer-encoding" in counted, answer
        assert length is None or int(length) == len(answer.body)
    if answer.status >= 400:
        check_problem(answer, method)


def check_problem(answer: Answer, method: str) -> None:
    """Assert that what went wrong is said in a sentence, and not kept by anybody.

    What is no HTTP at all is refused before anybody thinks of caches; no cache keeps a 400.
    """
    assert answer["content-type"] == "text/plain; charset=utf-8"
    if answer.get("connection") != "close":
        assert "no-store" in answer["cache-control"]
    assert "etag" not in dict(answer.headers)
    if method != "HEAD":
        assert answer.text.endswith(".\n"), answer.body
        assert " " in answer.text
    if retry := answer.get("retry-after"):
        assert 1 <= int(retry) <= 5
