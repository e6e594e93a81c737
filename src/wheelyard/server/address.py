"""Where a request came in: our root path, and the address that clients know us by.

Nothing here believes a header of a peer that is not a configured proxy. Without a configured
base URL the address is that of the socket which the client reached: true, and not to be forged.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from wheelyard.server.exchange import Scope

__all__ = ["Addresses"]

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")
_PREFIX = re.compile(r"[A-Za-z0-9/._~-]{0,200}")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The address rules of one server. ``base_url`` is configured, without a final slash.

    ``user_header`` is where a trusted proxy names the user that it has signed in; empty for none.
    """

    base_url: str
    trusted_proxies: Sequence[IPv4Network | IPv6Network] = ()
    user_header: str = ""

    @property
    def root_path(self) -> str:
        """The path below which we are mounted, without a slash at the end."""
        return urlsplit(self.base_url).path

    def base_of(self, scope: Scope) -> str:
        """Return the address of our root for this request, with a slash at the end."""
        if self.base_url:
            return f"{self.base_url}/"
        if self._is_trusted(scope) and (forwarded := _forwarded(scope)):
            return forwarded
        host, port = scope.get("server") or ("localhost", None)
        host = f"[{host}]" if ":" in host else host
        scheme = scope.get("scheme", "http")
        shown = "" if port in {None, {"http": 80, "https": 443}.get(scheme)} else f":{port}"
        return f"{scheme}://{host}{shown}/"

    def client_of(self, scope: Scope) -> str:
        """Return the address of the client: the peer, or whom a trusted proxy names."""
        peer = (scope.get("client") or ("", 0))[0]
        if not self._is_trusted(scope):
            return peer
        chain = [part.strip() for part in _header(scope, b"x-forwarded-for").split(",")]
        for address in reversed(chain):
            if address and not self._is_proxy(address):
                return address
        return peer

    def is_in_clear(self, scope: Scope) -> bool:
        """Say whether others on the way could read the request: plain HTTP from another machine.

        A trusted proxy says how it was asked; where it does not, the configured address does.
        """
        schemes = {scope.get("scheme")}
        if self._is_trusted(scope):
            told = _header(scope, b"x-forwarded-proto").rpartition(",")[2].strip()
            schemes.add(told or urlsplit(self.base_url).scheme)
        client = self.client_of(scope)
        return "https" not in schemes and client != "" and not _is_loopback(client)

    def _is_trusted(self, scope: Scope) -> bool:
        """Say whether the peer is one of our proxies."""
        client = scope.get("client")
        return client is not None and self._is_proxy(client[0])

    def _is_proxy(self, address: str) -> bool:
        """Say whether ``address`` is one of our proxies."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.trusted_proxies)


def _is_loopback(address: str) -> bool:
    """Say whether ``address`` is of this machine."""
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _forwarded(scope: Scope) -> str:
    """Return the address that a trusted proxy says it was asked for, or an empty string."""
    host = _header(scope, b"x-forwarded-host").rpartition(",")[2].strip()
    if not host or not _HOST.fullmatch(host):
        return ""
    scheme = _header(scope, b"x-forwarded-proto").rpartition(",")[2].strip() or "http"
    prefix = _header(scope, b"x-forwarded-prefix").rpartition(",")[2].strip().strip("/")
    if scheme not in {"http", "https"} or not _PREFIX.fullmatch(prefix):
        return ""
    return f"{scheme}://{host}/{prefix}/" if prefix else f"{scheme}://{host}/"


def _header(scope: Scope, name: bytes) -> str:
    """Return a request header, its lines as one list; an empty string if there is none.

    The last word of a list is our proxy's: it may have added a line of its own to the client's.
    """
    lines = [bytes(value) for key, value in scope["headers"] if key == name]
    return b",".join(lines).decode("latin-1")
