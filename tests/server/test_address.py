"""Whose word counts about where we are: nobody's, but for the proxies that the settings name."""

from ipaddress import ip_network

import pytest

from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Scope

PROXY = "10.0.0.7"
STRANGER = "198.51.100.9"
TRUSTING = Addresses("", (ip_network("10.0.0.0/8"), ip_network("fd00::/8")))


def request_from(peer: str, **fields: str) -> Scope:
    """Return a request that a peer sent to port 8765 of this machine."""
    names = {name.replace("_", "-").encode(): value for name, value in fields.items()}
    return {
        "scheme": "http",
        "server": ("192.0.2.1", 8765),
        "client": (peer, 50_000),
        "headers": [(name, value.encode("latin-1")) for name, value in names.items()],
    }


def test_base_without_settings_is_the_socket_that_was_reached() -> None:
    """Nothing has to be configured for addresses that are true on this network."""
    assert Addresses("").base_of(request_from(STRANGER)) == "http://192.0.2.1:8765/"


@pytest.mark.parametrize(
    ("server", "scheme", "expected"),
    [
        (("192.0.2.1", 80), "http", "http://192.0.2.1/"),
        (("192.0.2.1", 443), "https", "https://192.0.2.1/"),
        (("192.0.2.1", 443), "http", "http://192.0.2.1:443/"),
        (("::1", 8765), "http", "http://[::1]:8765/"),
        (None, "http", "http://localhost/"),
        (("socket", None), "http", "http://socket/"),
    ],
)
def test_base_is_written_as_urls_are(
    server: tuple[str, int | None] | None, scheme: str, expected: str
) -> None:
    """The usual port is left out, an IPv6 address is put in brackets."""
    scope = {**request_from(STRANGER), "server": server, "scheme": scheme}

    assert Addresses("").base_of(scope) == expected


def test_base_that_is_configured_wins_over_everybody() -> None:
    """What the operator says needs no confirmation by a header."""
    addresses = Addresses("https://index.example/py", (ip_network("10.0.0.0/8"),))

    found = addresses.base_of(request_from(PROXY, x_forwarded_host="other.example"))

    assert found == "https://index.example/py/"
    assert addresses.root_path == "/py"


def test_host_of_a_stranger_is_not_believed() -> None:
    """Whoever can send a header could otherwise put a host of his own on everybody's pages."""
    forged = request_from(
        STRANGER,
        host="evil.example",
        x_forwarded_host="evil.example",
        x_forwarded_proto="https",
        x_forwarded_prefix="/evil",
    )

    assert TRUSTING.base_of(forged) == "http://192.0.2.1:8765/"


def test_proxy_that_is_trusted_tells_the_address() -> None:
    """Behind a proxy the address is the proxy's."""
    scope = request_from(
        PROXY,
        x_forwarded_host="index.example",
        x_forwarded_proto="https",
        x_forwarded_prefix="/py/",
    )

    assert TRUSTING.base_of(scope) == "https://index.example/py/"


def test_proxy_on_ipv6_is_trusted_too() -> None:
    """Networks of both families may be named."""
    scope = request_from("fd00::7", x_forwarded_host="index.example")

    assert TRUSTING.base_of(scope) == "http://index.example/"


def test_last_of_several_hosts_is_the_one_that_our_proxy_added() -> None:
    """Whatever stands before it came from the client, and says nothing."""
    scope = request_from(PROXY, x_forwarded_host="evil.example, index.example:8443")

    assert TRUSTING.base_of(scope) == "http://index.example:8443/"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x_forwarded_host", "index.example/evil"),
        ("x_forwarded_host", "user@index.example"),
        ("x_forwarded_host", "index.example\\evil"),
        ("x_forwarded_host", "index.example:port"),
        ("x_forwarded_host", "\xe9.example"),
        ("x_forwarded_host", "[::1"),
        ("x_forwarded_host", "a" * 300),
        ("x_forwarded_host", '"><script>'),
        ("x_forwarded_host", ""),
        ("x_forwarded_proto", "javascript"),
        ("x_forwarded_prefix", '/py"><script>'),
        ("x_forwarded_prefix", "/py?evil"),
        ("x_forwarded_prefix", "/py" * 100),
    ],
)
def test_word_of_a_proxy_that_cannot_be_is_ignored(name: str, value: str) -> None:
    """A trusted proxy may pass on what a client made up; it never reaches a page."""
    scope = request_from(PROXY, **{"x_forwarded_host": "index.example", name: value})

    assert TRUSTING.base_of(scope) == "http://192.0.2.1:8765/"


@pytest.mark.parametrize("host", ["index.example:8443", "[2001:db8::1]", "[::1]:8765", "in_dex"])
def test_host_of_any_form_is_taken_from_a_trusted_proxy(host: str) -> None:
    """With a port, as an IPv6 address, or a name that only a company would give."""
    scope = request_from(PROXY, x_forwarded_host=host)

    assert TRUSTING.base_of(scope) == f"http://{host}/"


def test_client_is_the_peer_unless_the_peer_is_a_proxy() -> None:
    """A stranger cannot write another address into the log."""
    scope = request_from(STRANGER, x_forwarded_for="192.0.2.99")

    assert TRUSTING.client_of(scope) == STRANGER


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ("192.0.2.99", "192.0.2.99"),
        ("203.0.113.1, 192.0.2.99, 10.1.1.1", "192.0.2.99"),
        ("10.1.1.1", PROXY),
        ("", PROXY),
        ("192.0.2.99, ,", "192.0.2.99"),
    ],
)
def test_client_behind_proxies_is_the_last_who_is_none(chain: str, expected: str) -> None:
    """Addresses before that one are the client's own claim. Source: RFC 7239, 5.2."""
    assert TRUSTING.client_of(request_from(PROXY, x_forwarded_for=chain)) == expected


def test_client_of_a_unix_socket_has_no_address() -> None:
    """Nobody is trusted for having no address."""
    scope = {**request_from(PROXY, x_forwarded_host="index.example"), "client": None}

    assert TRUSTING.client_of(scope) == ""
    assert TRUSTING.base_of(scope) == "http://192.0.2.1:8765/"


def test_root_path_of_no_base_is_empty() -> None:
    """Without a sub-path nothing is cut off the paths of requests."""
    assert Addresses("https://index.example").root_path == ""
    assert Addresses("").root_path == ""


@pytest.mark.parametrize(
    ("peer", "fields", "expected"),
    [
        (STRANGER, {}, True),
        (STRANGER, {"x_forwarded_proto": "https"}, True),
        (STRANGER, {"x_forwarded_for": "127.0.0.1"}, True),
        ("127.0.0.1", {}, False),
        ("::1", {}, False),
        ("", {}, False),
        ("not an address", {}, True),
        (PROXY, {"x_forwarded_for": STRANGER, "x_forwarded_proto": "https"}, False),
        (PROXY, {"x_forwarded_for": STRANGER, "x_forwarded_proto": "https, http"}, True),
        (PROXY, {"x_forwarded_for": STRANGER, "x_forwarded_proto": "http"}, True),
        (PROXY, {"x_forwarded_for": STRANGER}, True),
        (PROXY, {"x_forwarded_for": "127.0.0.1"}, False),
    ],
)
def test_request_in_clear_is_plain_http_from_another_machine(
    peer: str, fields: dict[str, str], *, expected: bool
) -> None:
    """How a proxy was asked counts only if the proxy is trusted."""
    assert TRUSTING.is_in_clear(request_from(peer, **fields)) is expected


def test_request_over_tls_is_not_in_clear() -> None:
    """Whoever sent it."""
    assert not TRUSTING.is_in_clear({**request_from(STRANGER), "scheme": "https"})


@pytest.mark.parametrize(("peer", "expected"), [(PROXY, False), (STRANGER, True)])
def test_configured_address_counts_for_a_trusted_proxy_alone(peer: str, *, expected: bool) -> None:
    """Who reaches us past the proxy is in clear, although the address begins with https."""
    addresses = Addresses("https://index.example", TRUSTING.trusted_proxies)

    scope = request_from(peer, x_forwarded_for=STRANGER)

    assert addresses.is_in_clear(scope) is expected


def test_lines_of_one_header_are_one_list() -> None:
    """Some proxies add a line of their own below the client's. Source: RFC 9110, 5.3."""
    forged = (b"x-forwarded-for", b"127.0.0.1"), (b"x-forwarded-proto", b"https")
    added = (b"x-forwarded-for", STRANGER.encode()), (b"x-forwarded-proto", b"http")
    scope = {**request_from(PROXY), "headers": [*forged, *added]}

    assert TRUSTING.client_of(scope) == STRANGER
    assert TRUSTING.is_in_clear(scope)
