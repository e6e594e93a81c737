"""T38: who sends a request, as the edge sees it."""

from ipaddress import IPv4Network

from server.asgi import Call
from wheelyard.access.shown import Shown
from wheelyard.server.address import Addresses
from wheelyard.server.who import shown_by

BEHIND = Addresses("", (IPv4Network("127.0.0.1/32"),), "X-Remote-User")
DIRECT = Addresses("", (IPv4Network("10.0.0.1/32"),), "X-Remote-User")
FIELDS = {"X-Remote-User": "root", "X-Forwarded-For": "203.0.113.7"}


def test_t38_proxy_tells_user_and_address() -> None:
    """Through the proxy both count."""
    shown = shown_by(Call(fields=FIELDS).exchange, BEHIND)

    assert shown == Shown(None, "203.0.113.7", "root")
    assert not shown.is_nothing


def test_t38_client_tells_neither() -> None:
    """Directly, the same headers are those of a client: the log has its real address."""
    shown = shown_by(Call(fields=FIELDS).exchange, DIRECT)

    assert shown == Shown(None, "127.0.0.1", None)
    assert shown.is_nothing
