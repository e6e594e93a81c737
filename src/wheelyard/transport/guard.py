"""Which places an upstream may send us to. Pure: no name is resolved and nothing is asked here.

The theory. Links and redirects are the upstream's words, and an upstream may be broken into. So a
place is *reached for* only as far as the operator said:

====================================  =======================================================
the upstream's own host               the addresses of this network too; the operator named it
a host in ``allow_hosts``             the same
any other host, no ``allow_hosts``    https, and addresses of the public internet, or the
                                      private one (not loopback) of the upstream's own host
any other host, with ``allow_hosts``  never
====================================  =======================================================

Link-local, multicast and cloud metadata addresses are reached for only if the operator wrote down
the very address. Names are judged twice: here by their spelling, and in ``resolver`` by every
address they resolve to at the moment of connecting, so an answer that changes gains nothing.
Source: OWASP "Server Side Request Forgery Prevention"; RFC 6890 (special-purpose addresses).

Editing: a new special range goes into ``classify_address`` with a row in its test.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from wheelyard.errors import BadInput, ConfigError, Refused
from wheelyard.transport.urls import (
    DEFAULT_PORTS,
    Address,
    Origin,
    Target,
    display_url,
    parse_address,
    parse_host,
    parse_target,
)

__all__ = ["Guard", "HostPattern", "Network", "classify_address", "is_loopback", "parse_pattern"]

# Metadata services of clouds that are not link-local, and hand out credentials to whoever asks.
_METADATA = frozenset(
    ip_address(text)
    for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
_NAT64 = IPv6Network("64:ff9b::/96")
# Names that never mean a public host. Source: RFC 6761, RFC 6762, RFC 8375, RFC 9476.
_LOCAL_NAMES = ("localhost", "local", "localdomain", "internal", "home.arpa", "lan", "intranet")


class Network(IntEnum):
    """How far away an address is; a place may be reached for up to its own number."""

    PUBLIC = 0
    PRIVATE = 1
    FORBIDDEN = 2


def classify_address(address: Address) -> Network:
    """Say to which kind of network ``address`` belongs, by the IPv4 address inside if it has one.

    Source: RFC 4291, 2.5.5 (mapped); RFC 3056 (6to4); RFC 6052 (NAT64).
    """
    if isinstance(address, IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return classify_address(inner)
    if address in _METADATA or address.is_link_local or address.is_multicast:
        return Network.FORBIDDEN
    if address.is_loopback:
        return Network.PRIVATE
    if address.is_unspecified or address.is_reserved:
        return Network.FORBIDDEN
    if isinstance(address, IPv6Address) and address.is_site_local:
        return Network.PRIVATE
    return Network.PUBLIC if address.is_global else Network.PRIVATE


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that packets to ``address`` end up at, if it is such a form."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


@dataclass(frozen=True, slots=True)
class HostPattern:
    """One entry of ``allow_hosts``: ``[scheme://]host[:port]`` or ``[scheme://]*.host[:port]``."""

    host: str
    scheme: str | None = None
    port: int | None = None

    def admits(self, origin: Origin) -> bool:
        """Say whether ``origin`` is meant; without a scheme or port, any is."""
        if self.port is not None and self.port != origin.port:
            return False
        if self.scheme is not None and self.scheme != origin.scheme:
            return False
        if self.host.startswith("*."):
            return origin.host.endswith(self.host[1:]) and parse_address(origin.host) is None
        return self.host == origin.host


def parse_pattern(text: str) -> HostPattern:
    """Return the host pattern that ``text`` spells.

    Raises:
        BadInput: it is not of the form ``[scheme://]host[:port]``.
    """
    scheme, separator, place = text.strip().rpartition("://")
    star = "*." if place.startswith("*.") else ""
    if separator and scheme not in DEFAULT_PORTS:
        raise BadInput("its scheme is neither https nor http")
    authority = place.removeprefix(star).removesuffix("/")
    host, _, port = authority.rpartition(":") if authority[-1:].isdigit() else ("", "", "")
    if not host or (":" in host and not host.endswith("]")):
        host, port = authority, ""
    if port and not 0 < int(port) < 65_536:  # noqa: PLR2004 (the ports there are)
        raise BadInput("its port is out of range")
    return HostPattern(star + parse_host(host), scheme or None, int(port) if port else None)


@dataclass(frozen=True, slots=True)
class Guard:
    """The allow-list of one upstream; ``name`` is what its section of the settings is called."""

    origin: Origin
    patterns: tuple[HostPattern, ...] | None = None
    name: str = "NAME"

    @classmethod
    def build(cls, origin: Origin, allow_hosts: tuple[str, ...] | None, name: str) -> "Guard":
        """Return the guard for an upstream at ``origin`` with these settings.

        Raises:
            ConfigError: an entry of ``allow_hosts`` is malformed.
        """
        if allow_hosts is None:
            return cls(origin, None, name)
        patterns = []
        for text in allow_hosts:
            try:
                patterns.append(parse_pattern(text))
            except BadInput as error:
                sentence = (
                    f"`[upstream.{name}] allow_hosts` has `{text}`, but {error}: "
                    "write a host like `files.index.example`, `*.index.example` or `host:8443`."
                )
                raise ConfigError(sentence) from error
        return cls(origin, tuple(patterns), name)

    def admit(self, url: str) -> Target:
        """Return the place that ``url`` names, if we may go there.

        Raises:
            Refused: it is malformed, or the allow-list does not have it.
        """
        try:
            target = parse_target(url)
        except BadInput as error:
            raise Refused(f"`{display_url(url)}`", f"{error}.") from error
        problem = self._problem(target)
        if problem:
            raise Refused(f"`{display_url(url)}`", f"{problem}; {self._advice()}")
        return target

    def admit_redirect(self, source: Target, location: str) -> Target:
        """Return the place that ``source`` redirects to, if we may go there.

        Raises:
            Refused: as ``admit``; or it leads from https to http, whoever is allowed.
        """
        try:
            url = source.join(location)
        except BadInput as error:
            raise Refused(f"A redirect from `{display_url(source.url)}`", f"{error}.") from error
        target = self.admit(url)
        if source.origin.scheme == "https" and target.origin.scheme == "http":
            shown = display_url(source.url)
            raise Refused(
                f"`{display_url(url)}`", f"`{shown}` redirects there from https to plain http."
            )
        return target

    def check_address(self, host: str, port: int, address: Address) -> bool:
        """Say whether a connection to ``host`` and ``port`` may go to ``address``."""
        kind = classify_address(address)
        if kind is Network.FORBIDDEN:
            return parse_address(host) == address and self._is_ours(host, port)
        return kind is Network.PUBLIC or self._is_ours(host, port)

    def check_neighbour(self, address: Address, own: Collection[Address]) -> bool:
        """Say whether a host that nobody named may be at ``address``, beside the upstream itself.

        Where an index is reached through a gateway or a split-horizon name server, its file hosts
        are on the same machine of the same private network: the one that the operator chose.
        """
        if address.is_loopback or classify_address(address) is not Network.PRIVATE:
            return False
        return address in own

    def refuse_addresses(self, host: str) -> Refused:
        """Return the error for a host that resolves to addresses we may not reach for."""
        reason = f"it resolves to an address that is not on the public internet; {self._advice()}"
        return Refused(f"Host `{host}`", reason)

    def _problem(self, target: Target) -> str:
        """Return why we may not go to ``target``, or an empty string."""
        origin = target.origin
        if self._is_own(origin.host, origin.port):
            if origin.scheme == "http" and self.origin.scheme == "https":
                return "it leads from https to plain http"
            return ""
        if self._is_listed(origin):
            return ""
        if self.patterns is not None:
            return f"host `{origin.host}` is not in the allow-list of this upstream"
        return self._stranger_problem(target)

    def _stranger_problem(self, target: Target) -> str:
        """Return what is wrong with a host that nobody named, or an empty string."""
        host = target.origin.host
        if target.origin.scheme == "http" and self.origin.scheme == "https":
            return "it is plain http on another host"
        if target.address is not None:
            public = classify_address(target.address) is Network.PUBLIC
            return "" if public else f"`{host}` is not an address of the public internet"
        if "." not in host or host.endswith(tuple(f".{name}" for name in _LOCAL_NAMES)):
            return f"`{host}` is a name of the local network"
        return ""

    def _is_own(self, host: str, port: int) -> bool:
        """Say whether ``host`` is the upstream itself: any port of it, unless a list is kept."""
        if self.patterns is not None and port != self.origin.port:
            return False
        return host == self.origin.host or (is_loopback(host) and is_loopback(self.origin.host))

    def _is_listed(self, origin: Origin) -> bool:
        """Say whether the operator wrote down this host; plain http only for an http upstream."""
        return any(
            pattern.admits(origin)
            and origin.scheme in {"https", self.origin.scheme, pattern.scheme}
            for pattern in self.patterns or ()
        )

    def _is_ours(self, host: str, port: int) -> bool:
        """Say whether the operator named this host, so that it may be on this network."""
        return self._is_own(host, port) or any(
            pattern.admits(Origin(scheme, host, port))
            for pattern in self.patterns or ()
            for scheme in DEFAULT_PORTS
        )

    def _advice(self) -> str:
        """Return what the operator can do about it."""
        return (
            f"if it is right, add the host to `[upstream.{self.name}] allow_hosts` "
            "(`http://host` for plain http)."
        )


def is_loopback(host: str) -> bool:
    """Say whether ``host`` is written as this very machine."""
    address = parse_address(host)
    if address is None:
        return host == "localhost"
    return address.is_loopback
