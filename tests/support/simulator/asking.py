"""A small client, so that tests of the simulator rest on the standard library alone."""

import gzip
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

__all__ = ["JSON", "Reply", "ask"]

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
"""Headers of a client that wants JSON."""

_PATIENCE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; names of headers are in lower case, the body is unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode()

    def json(self) -> dict[str, object]:
        """Return the body, which must be a JSON object."""
        document = json.loads(self.body)
        if not isinstance(document, dict):
            raise TypeError(f"not an object: {document!r}")
        return document

    def files(self) -> list[dict[str, object]]:
        """Return the files of a JSON page."""
        listed = self.json()["files"]
        if not isinstance(listed, list):
            raise TypeError(f"not a list: {listed!r}")
        return listed


def ask(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    trust: ssl.SSLContext | None = None,
) -> Reply:
    """Return the answer to one request on a connection of its own; redirects are not followed."""
    parts = urlsplit(url)
    connection = _connect(parts.scheme, parts.netloc, trust)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        connection.request(method, target, headers=dict(headers or {}))
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    said = {name.lower(): value for name, value in response.getheaders()}
    if said.get("content-encoding") == "gzip" and body:
        body = gzip.decompress(body)
    return Reply(response.status, said, body)


def _connect(scheme: str, netloc: str, trust: ssl.SSLContext | None) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(netloc, timeout=_PATIENCE_SECONDS)
    return http.client.HTTPSConnection(netloc, timeout=_PATIENCE_SECONDS, context=trust)
