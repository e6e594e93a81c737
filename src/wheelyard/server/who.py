"""Who sends a request, as far as it shows that; what it is worth is for ``access`` to say."""

from wheelyard.access.proxy import proxy_user
from wheelyard.access.shown import Shown
from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Exchange

__all__ = ["shown_by"]


def shown_by(exchange: Exchange, addresses: Addresses) -> Shown:
    """Return what a request shows, its user header only if a trusted proxy sends it."""
    scope = exchange.scope
    peer = (scope.get("client") or ("", 0))[0]
    header, trusted = addresses.user_header, addresses.trusted_proxies
    proxied = proxy_user(scope["method"], scope["headers"], peer, header, trusted)
    return Shown(exchange.header(b"authorization"), addresses.client_of(scope), proxied)
