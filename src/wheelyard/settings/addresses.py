"""Where a host is, whatever name servers and hosts files say: ``index.example=203.0.113.7``."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from wheelyard.errors import BadInput

__all__ = ["HostAddress", "parse_host_address"]

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?")


@dataclass(frozen=True, slots=True)
class HostAddress:
    """One address of one host; the name is in lower case."""

    host: str
    address: IPv4Address | IPv6Address


def parse_host_address(text: str) -> HostAddress:
    """Return what ``HOST=ADDRESS`` says; an IPv6 address may stand in brackets.

    Raises:
        BadInput: it is not of this form.
    """
    host, _, address = text.partition("=")
    host = host.strip().lower().removesuffix(".")
    try:
        found = ip_address(address.strip().removeprefix("[").removesuffix("]"))
    except ValueError as error:
        raise BadInput("its address is none") from error
    if not _HOST.fullmatch(host):
        raise BadInput("its host is not a name")
    return HostAddress(host, found)
