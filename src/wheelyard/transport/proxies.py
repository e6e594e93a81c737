"""Which proxy a request goes through, as curl, pip and most programs understand the environment.

Source: the manual of curl, "ENVIRONMENT"; Python's ``urllib.request.getproxies_environment``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import urlsplit

from wheelyard.errors import ConfigError
from wheelyard.transport.credentials import Credentials, split_credentials
from wheelyard.transport.urls import Target, parse_address

__all__ = ["Proxies", "Proxy", "parse_proxy", "read_proxies"]


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy: its URL without credentials, and these apart."""

    url: str
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies for http and https targets, and the hosts that are reached directly.

    Targets on this machine are reached directly too, unless the proxy is ``explicit``: given in
    our own settings, and not found in the environment.
    """

    http: Proxy | None = None
    https: Proxy | None = None
    bypass: tuple[str, ...] = ()
    explicit: bool = False

    def choose(self, target: Target) -> Proxy | None:
        """Return the proxy for ``target``, or None to go there directly."""
        proxy = self.https if target.origin.scheme == "https" else self.http
        if proxy is None or any(_matches(entry, target) for entry in self.bypass):
            return None
        return None if _is_local(target) and not self.explicit else proxy


def parse_proxy(text: str, source: str) -> Proxy:
    """Return the proxy at the URL ``text`` (``http://`` may be missing).

    Raises:
        ConfigError: it is not an HTTP proxy; the message names ``source`` and not the URL.
    """
    url, credentials = split_credentials(text if "://" in text else f"http://{text}")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        sentence = f"`{source}` is not the URL of an HTTP proxy: use `http://host:port`."
        raise ConfigError(sentence)
    return Proxy(url, credentials)


def read_proxies(environment: Mapping[str, str], explicit: str | None = None) -> Proxies:
    """Return the proxies that ``environment`` names, or ``explicit`` for everything.

    Lower-case names win, as everywhere. Upper-case ``HTTP_PROXY`` is not used where a CGI server
    may have set it from a request's header. ``NO_PROXY`` is obeyed in both cases.

    Raises:
        ConfigError: one of them is not the URL of an HTTP proxy.
    """
    bypass = tuple(
        entry.strip().lower()
        for entry in (_variable(environment, "no_proxy") or "").replace(" ", ",").split(",")
        if entry.strip()
    )
    if explicit:
        proxy = parse_proxy(explicit, "proxy")
        return Proxies(proxy, proxy, bypass, explicit=True)
    found: dict[str, Proxy | None] = {}
    for scheme in ("http", "https"):
        text = _variable(environment, f"{scheme}_proxy") or _variable(environment, "all_proxy")
        found[scheme] = parse_proxy(text, f"{scheme}_proxy") if text else None
    return Proxies(found["http"], found["https"], bypass)


def _variable(environment: Mapping[str, str], name: str) -> str | None:
    """Return a variable by its lower-case name, else by its upper-case one."""
    if name in environment:
        return environment[name].strip() or None
    if name == "http_proxy" and "REQUEST_METHOD" in environment:
        return None
    return environment.get(name.upper(), "").strip() or None


def _is_local(target: Target) -> bool:
    """Say whether ``target`` is written as this machine."""
    address = target.address
    if address is not None:
        return address.is_loopback
    return target.origin.host == "localhost" or target.origin.host.endswith(".localhost")


def _matches(entry: str, target: Target) -> bool:
    """Say whether an entry of ``NO_PROXY`` means ``target``: ``*``, a domain, an address or net."""
    if entry == "*":
        return True
    host, _, port = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
    if port and port != str(target.origin.port):
        return False
    address = target.address
    if address is not None:
        return _net_has(host.strip("[]"), target)
    domain = host.removeprefix("*").strip(".")
    return target.origin.host == domain or target.origin.host.endswith(f".{domain}")


def _net_has(text: str, target: Target) -> bool:
    """Say whether the address or network ``text`` has the target's address."""
    address = parse_address(target.origin.host)
    try:
        return address is not None and address in ip_network(text, strict=False)
    except ValueError:
        return False
