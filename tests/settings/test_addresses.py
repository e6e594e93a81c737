"""Hosts and their addresses, as somebody writes them."""

from ipaddress import ip_address

import pytest

from wheelyard.errors import BadInput
from wheelyard.settings import HostAddress
from wheelyard.settings.addresses import parse_host_address


@pytest.mark.parametrize(
    ("text", "host", "address"),
    [
        ("index.example=203.0.113.7", "index.example", "203.0.113.7"),
        (" Index.Example. = 203.0.113.7 ", "index.example", "203.0.113.7"),
        ("index.example=2001:db8::7", "index.example", "2001:db8::7"),
        ("index.example=[2001:db8::7]", "index.example", "2001:db8::7"),
    ],
)
def test_host_has_its_address(text: str, host: str, address: str) -> None:
    """Names are compared in lower case and without a final dot."""
    assert parse_host_address(text) == HostAddress(host, ip_address(address))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "index.example",
        "index.example=",
        "=203.0.113.7",
        "index.example=files.example",
        "index.example=203.0.113.7:443",
        "index.example=203.0.113",
        "https://index.example=203.0.113.7",
        "index example=203.0.113.7",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """A slip is said at the start, and not at the first request."""
    with pytest.raises(BadInput):
        parse_host_address(text)
