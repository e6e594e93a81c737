"""URLs taken apart once, so that what is checked is what is connected to.

Two parsers that disagree about a host are how allow-lists are circumvented. Hence a URL is parsed
here alone, by strict rules, and a request is built from the parts and never from the text.
Source: RFC 3986; the host rules that end in a number: WHATWG URL, "ends in a number checker".
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from wheelyard.errors import BadInput

__all__ = ["Address", "Origin", "Target", "display_url", "parse_host", "parse_target"]

Address = IPv4Address | IPv6Address

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_URL_LENGTH = 16_384

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"[A-Za-z0-9/._~=&-]*")
# Everything that may stand in a path or query as it is; the rest is percent-encoded.
_LITERAL = "%/:=&?~+!$,;'@()*[]-._"


class Origin(NamedTuple):
    """Scheme, host and port: what credentials are bound to. Source: RFC 6454, 4."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


@dataclass(frozen=True, slots=True)
class Target:
    """A checked place to ask: an origin, a path and a query, as sent on the wire.

    The host is lower case, ASCII, without brackets or a final dot. There is no user information
    and no fragment: the first never leaves our hands, the second is for the reader of the answer.
    """

    origin: Origin
    path: str
    query: str = ""

    @property
    def url(self) -> str:
        """The URL as text, with its query; ``display_url`` makes it fit for people."""
        return f"{self.origin}{self.path}{'?' if self.query else ''}{self.query}"

    @property
    def address(self) -> Address | None:
        """The IP address, if the host is written as one."""
        return parse_address(self.origin.host)

    def join(self, reference: str) -> str:
        """Return the URL that ``reference`` means on this place. Source: RFC 3986, 5."""
        try:
            return urljoin(self.url, reference)
        except ValueError as error:
            raise BadInput("it is not a URL") from error


def display_url(url: str) -> str:
    """Return ``url`` fit for a log or a message: no user information, no query, one short line."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "a broken URL"
    place = parts.netloc.rpartition("@")[2]
    slashes = "//" if "://" in url else ""
    scheme = f"{parts.scheme}:{slashes}" if parts.scheme else ""
    shown = f"{scheme}{place}{parts.path}{'?...' if parts.query else ''}"
    if not shown.isascii() or not shown.isprintable():
        shown = ascii(shown)[1:-1]
    return shown if len(shown) <= 300 else f"{shown[:297]}..."  # noqa: PLR2004 (a screenful)


def parse_target(url: str) -> Target:
    """Return the place that ``url`` names.

    Raises:
        BadInput: it is not an absolute HTTP URL with an unambiguous host and port.
    """
    # Most addresses differ from others in the path alone, and that is plain.
    at = url.find("/", len("https://"))
    if at > 0 and len(url) <= MAX_URL_LENGTH and _PLAIN.fullmatch(url, at):
        return Target(_parse_place(url[:at]).origin, url[at:])
    return _parse_target(url)


@lru_cache(maxsize=256)
def _parse_place(url: str) -> Target:
    """Return the place that a URL without a path names; as ``parse_target``."""
    return _parse_target(url)


def _parse_target(url: str) -> Target:
    """Do what ``parse_target`` promises."""
    if len(url) > MAX_URL_LENGTH or _CONTROL.search(url):
        raise BadInput("it has control characters or is too long")
    try:
        parts = urlsplit(url.strip(" "))
        port = parts.port
    except ValueError as error:
        raise BadInput("its host or port is malformed") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise BadInput("its scheme is neither https nor http")
    if port == 0 or "\\" in parts.netloc:
        raise BadInput("its host or port is malformed")
    host = parse_host(_host_text(parts))
    origin = Origin(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme])
    return Target(origin, _encode(parts.path) or "/", _encode(parts.query))


def _host_text(parts: SplitResult) -> str:
    """Return the host as written, brackets included, without user information and port."""
    place = parts.netloc.rpartition("@")[2]
    if place.startswith("["):
        return place[: place.find("]") + 1]
    return place.partition(":")[0]


def parse_host(text: str) -> str:
    """Return the host ``text`` in the one form that is compared and connected to.

    Raises:
        BadInput: it is neither a name nor an address in its usual spelling. Octal, hexadecimal,
            short and single-number IPv4 forms are refused: programs disagree about them.
    """
    if text.startswith("[") and text.endswith("]"):
        return _parse_ipv6(text[1:-1])
    try:
        host = text.encode("idna").decode("ascii").lower() if not text.isascii() else text.lower()
    except UnicodeError as error:
        raise BadInput("its host is not a name") from error
    host = host.removesuffix(".")
    if not _HOST.fullmatch(host):
        raise BadInput("its host is not a name")
    if _NUMBER.fullmatch(host.rpartition(".")[2]) and parse_address(host) is None:
        raise BadInput("its host is a number that is no ordinary IPv4 address")
    return host


def _parse_ipv6(text: str) -> str:
    """Return an IPv6 address in its shortest form. Source: RFC 5952."""
    try:
        address = IPv6Address(text)
    except ValueError as error:
        raise BadInput("its host is not an IPv6 address") from error
    if address.scope_id is not None:
        raise BadInput("its host is an IPv6 address with a zone")
    return str(address)


def parse_address(host: str) -> Address | None:
    """Return ``host`` as an address if it is one in canonical spelling, else None."""
    if not host[-1:].isdigit() and ":" not in host:
        return None
    try:
        return ip_address(host)
    except ValueError:
        return None


def _encode(text: str) -> str:
    """Percent-encode only what may not stand in a URL; what is encoded already stays as it is.

    Signatures of object stores are made over the exact spelling, so nothing is "normalised".
    """
    if _PLAIN.fullmatch(text):
        return text
    whole = _STRAY_PERCENT.sub("%25", text)
    return quote(whole, safe=_LITERAL, errors="surrogateescape")
