"""What of a server follows from its settings."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from wheelyard.server.from_settings import address_of, local_address, options_of
from wheelyard.settings import ServerSettings, load_settings


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (ServerSettings(), "http://127.0.0.1:8765/"),
        (ServerSettings(host="0.0.0.0"), "http://127.0.0.1:8765/"),
        (ServerSettings(host="::"), "http://[::1]:8765/"),
        (ServerSettings(host="::1"), "http://[::1]:8765/"),
        (ServerSettings(host="index.example"), "http://index.example:8765/"),
        (ServerSettings(tls_cert=Path("a.pem")), "https://127.0.0.1:8765/"),
        (ServerSettings(uds=Path("/run/w.sock")), "http+unix:///run/w.sock/"),
    ],
)
def test_address_is_one_that_a_client_here_can_use(server: ServerSettings, expected: str) -> None:
    """A wildcard is an address to listen on, not to go to."""
    assert address_of(server, 8765) == expected
    assert local_address(server, 8765) == expected


def test_address_that_is_configured_is_told_to_people_and_not_to_programs_here() -> None:
    """`wheelyard status` must not go through the proxy of the world outside."""
    server = ServerSettings(base_url="https://index.example/py")

    assert address_of(server, 8765) == "https://index.example/py/"
    assert local_address(server, 8765) == "http://127.0.0.1:8765/"


def test_limits_are_those_of_the_settings(tmp_path: Path) -> None:
    """This machine and trusted proxies are not counted by address."""
    environment = {
        "WHEELYARD__SERVER__HEADER_SECONDS": "3",
        "WHEELYARD__SERVER__MAX_CONNECTIONS": "5",
        "WHEELYARD__SERVER__TRUSTED_PROXIES": "10.0.0.0/8",
    }
    settings = load_settings({}, environment, tmp_path)

    limits = options_of(settings, workers=1).limits

    assert (limits.header_seconds, limits.max_connections) == (3, 5)
    assert ip_network("10.0.0.0/8") in limits.unlimited_networks
    assert ip_network("127.0.0.0/8") in limits.unlimited_networks
