"""Single requests: what a server answers, byte for byte, before and after the load."""

import html
import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bench.errors import CannotMeasureError

__all__ = ["Answer", "ask", "find_file"]

TIMEOUT_SECONDS = 60
LINK = re.compile(rb'href="(?P<target>[^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response as it came; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    wire_bytes: int

    @property
    def content_type(self) -> str:
        """Return the content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def is_compressed(self) -> bool:
        """Say whether the body has a content coding."""
        return self.headers.get("content-encoding", "identity") != "identity"


def ask(url: str, headers: Mapping[str, str]) -> Answer:
    """Return the answer to one GET on a connection that the client would keep.

    Raises:
        OSError: nobody is there, or they hang up.
        CannotMeasureError: what came is not HTTP.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.putrequest("GET", parts.path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        body = response.read()
    except http.client.HTTPException as error:
        raise CannotMeasureError(f"{url}: {type(error).__name__} {error}") from error
    finally:
        connection.close()
    found = {name.lower(): value for name, value in response.getheaders()}
    head = sum(len(name) + len(value) + 4 for name, value in response.getheaders())
    first_line = len(f"HTTP/1.1 {response.status} {response.reason}\r\n\r\n")
    return Answer(
        status=response.status,
        headers=found,
        body=body,
        wire_bytes=first_line + head + len(body),
    )


def find_file(page_url: str) -> str:
    """Return the path of the first file that an HTML page links to.

    Raises:
        CannotMeasureError: the page is not there or has no file.
    """
    page = ask(page_url, {"Accept": "text/html", "Accept-Encoding": "identity"})
    if page.status != http.client.OK:
        raise CannotMeasureError(f"{page_url}: {page.status}")
    for found in LINK.finditer(page.body):
        path = urlsplit(urljoin(page_url, html.unescape(found["target"].decode()))).path
        if path.endswith(".whl"):
            return path
    raise CannotMeasureError(f"{page_url}: no file on it")
