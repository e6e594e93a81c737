"""Links as pages write them, made absolute and safe to keep.

``urllib`` costs 6 to 10 us per link, which is 0.1 s for a page of 10,000 files; the usual forms
are joined here by string operations and everything unusual goes to ``urllib``.
"""

import re
from ipaddress import ip_address
from urllib.parse import quote, unquote, urljoin, urlsplit

__all__ = ["LinkBase", "is_secure_origin", "last_component"]

MAX_URL_LENGTH = 8_192

# No spaces, controls, quotes, angle brackets, backslashes, user names or non-ASCII: such a URL is
# safe in a page and in a log as it stands.
_CLEAN = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9._-]*(?::(?:[1-5]?[0-9]{1,4}))?(?:[/?#][!#-;=?-\[\]_a-z~]*)?"
)
_QUOTED = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+")
_LOCAL = re.compile(r"file:///[!#-;=?-\[\]_a-z~]*")
_STRIPPED = re.compile(r"[\t\n\r]")
_KEPT = "!#$%&'()*+,/:;=?@[]~"


class LinkBase:
    """The URL against which the links of one page are resolved.

    Only a page that is a file itself (``file:``) can link to files: from anywhere else that would
    be a way to read this machine's.

    Source: RFC 3986, 5.2; the WHATWG URL standard for the spaces that old pages contain.
    """

    __slots__ = ("_origin", "_parts", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        path = path.partition("?")[0].partition("#")[0]
        self._origin = f"{scheme}://{host.partition('?')[0].partition('#')[0]}"
        self._parts = path.split("/")[:-1]

    def resolve(self, link: str) -> str | None:
        """Return ``link`` as an absolute URL that may be followed, or None if it is none."""
        absolute = link if link.startswith(("https://", "http://")) else self._join(link)
        if len(absolute) <= MAX_URL_LENGTH and _CLEAN.fullmatch(absolute):
            return absolute
        return self._resolve_slowly(link)

    def _join(self, link: str) -> str:
        """Join a path of plain components; the empty string for anything else."""
        climbs = 0
        while link.startswith("../", 3 * climbs):
            climbs += 1
        rest = link[3 * climbs :]
        if "/." in rest or "//" in rest or ":" in rest:
            return ""
        if rest[:1].isalnum():
            kept = self._parts[: max(len(self._parts) - climbs, 0)] if climbs else self._parts
            return "/".join([self._origin, *kept, rest])
        if link[:1] == "/" and link[1:2].isalnum():
            return self._origin + link
        return ""

    def _resolve_slowly(self, link: str) -> str | None:
        """Resolve what the short cuts do not cover."""
        if len(link) > MAX_URL_LENGTH:
            return None
        try:
            clean = _STRIPPED.sub("", link.strip()).replace("\\", "/")
            parts = urlsplit(urljoin(self.url, clean))
            absolute = parts.geturl()
            # Reading the port is what validates it.
            usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
            is_local = self._origin == "file://" == f"{parts.scheme}://{parts.netloc}"
        except ValueError:
            return None
        if not (usable or is_local):
            return None
        quoted = quote(absolute, safe=_KEPT, errors="replace")
        form = _LOCAL if is_local else _QUOTED
        return quoted if len(quoted) <= MAX_URL_LENGTH and form.fullmatch(quoted) else None


def last_component(url: str) -> str:
    """Return what follows the last slash of the path, percent-decoded."""
    end = len(url)
    for mark in "?#":
        if (found := url.find(mark, 0, end)) >= 0:
            end = found
    name = url[url.rfind("/", 0, end) + 1 : end]
    return unquote(name) if "%" in name else name


def is_secure_origin(url: str) -> bool:
    """Say whether ``url`` is absolute and https, or http on loopback.

    Source: PEP 740, "Changes to the Simple API"; https://w3c.github.io/webappsec-secure-contexts/
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme == "https":
        return bool(host)
    return parts.scheme == "http" and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    """Say whether a host name or address means this machine, without asking anyone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
