"""Users whom a proxy in front of us has signed in, named in a header that only it may set.

Rules for changing it:

- The peer of the connection counts, and nothing that a header says about addresses.
- A header that comes twice is nobody's: one of the two may be the client's own.
- What a proxy lets through carries its user whoever made the browser send it, so what changes
  something is not taken from a page of another site.

Source: threats T38 (spoofed identity headers); Fetch Metadata.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

__all__ = ["is_of_another_site", "proxy_user"]

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})

Network = IPv4Network | IPv6Network


def proxy_user(
    method: str,
    headers: Iterable[tuple[bytes, bytes]],
    peer: str,
    user_header: str,
    trusted: Sequence[Network],
) -> str | None:
    """Return the user whom a trusted proxy names in ``user_header``; None if none does.

    ``headers`` are those of the request with names in lower case, ``peer`` the address of the
    other end of the connection. Whether there is such a user is for others to say.
    """
    if not user_header or not _is_trusted(peer, trusted):
        return None
    listed = list(headers)
    wanted = user_header.lower().encode("ascii", "replace")
    values = [value for name, value in listed if name == wanted]
    if len(values) != 1:
        return None
    if method not in _SAFE_METHODS and is_of_another_site(listed):
        return None
    return values[0].decode("latin-1").strip() or None


def is_of_another_site(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Say whether a browser sent this for a page that may not be ours; programs say neither.

    A browser adds what it was signed in with, of its own accord: a proxy's cookie, a password.
    """
    said = {name: value.decode("latin-1") for name, value in headers}
    if b"sec-fetch-site" in said:
        return said[b"sec-fetch-site"] not in _OWN_SITES
    return b"origin" in said


def _is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    """Say whether the other end of the connection is one of our proxies."""
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in trusted)
