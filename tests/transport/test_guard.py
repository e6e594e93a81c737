"""Where an upstream may send us: the table of the module's docstring, cell by cell."""

from ipaddress import ip_address

import pytest

from wheelyard.errors import BadInput, ConfigError, Refused
from wheelyard.transport.guard import Guard, Network, classify_address, parse_pattern
from wheelyard.transport.urls import Origin

PUBLIC_ADDRESS = "93.184.215.14"

PUBLIC = Guard.build(Origin("https", "index.example", 443), None, "main")
PLAIN = Guard.build(Origin("http", "index.example", 80), None, "main")
LOCAL = Guard.build(Origin("http", "127.0.0.1", 3141), None, "main")
STRICT = Guard.build(
    Origin("https", "index.example", 443),
    ("files.example", "*.cdn.example", "http://plain.example:8080", "10.1.2.3", "[fd00::5]:8443"),
    "main",
)


@pytest.mark.parametrize(
    ("guard", "url"),
    [
        (PUBLIC, "https://index.example/simple/"),
        (PUBLIC, "https://index.example:8443/simple/"),
        (PUBLIC, "https://files.example/a.whl"),
        (PUBLIC, f"https://{PUBLIC_ADDRESS}/a.whl"),
        (PUBLIC, "https://[2606:4700::1111]/a.whl"),
        (PUBLIC, "https://user:password@files.example/a.whl"),
        (PLAIN, "http://files.example/a.whl"),
        (PLAIN, "https://files.example/a.whl"),
        (LOCAL, "http://127.0.0.1:3141/root/pypi/+simple/"),
        (LOCAL, "http://127.0.0.1:9000/a.whl"),
        (LOCAL, "http://localhost:9000/a.whl"),
        (LOCAL, "http://[::1]:9000/a.whl"),
        (STRICT, "https://index.example/simple/"),
        (STRICT, "https://files.example/a.whl"),
        (STRICT, "https://files.example:8443/a.whl"),
        (STRICT, "https://eu.cdn.example/a.whl"),
        (STRICT, "https://a.b.cdn.example/a.whl"),
        (STRICT, "http://plain.example:8080/a.whl"),
        (STRICT, "https://10.1.2.3/a.whl"),
        (STRICT, "https://[fd00::5]:8443/a.whl"),
    ],
)
def test_place_within_the_list_is_admitted(guard: Guard, url: str) -> None:
    """What the operator named, and the public internet if nothing was named, may be asked."""
    assert guard.admit(url).url.endswith(url.rpartition("@")[2].rpartition("/")[2])


@pytest.mark.parametrize(
    ("guard", "url"),
    [
        # Other schemes, and plain http from https.
        (PUBLIC, "file:///etc/passwd"),
        (PUBLIC, "gopher://files.example:70/_GET"),
        (PUBLIC, "ftp://files.example/a.whl"),
        (PUBLIC, "dict://127.0.0.1:11211/stats"),
        (PUBLIC, "data:text/plain,hello"),
        (PUBLIC, "//files.example/a.whl"),
        (PUBLIC, "http://files.example/a.whl"),
        (PUBLIC, "http://index.example/simple/"),
        # This machine, in all its spellings.
        (PUBLIC, "https://127.0.0.1/"),
        (PUBLIC, "https://127.0.0.2:6379/"),
        (PUBLIC, "https://127.255.255.254/"),
        (PUBLIC, "https://localhost/"),
        (PUBLIC, "https://LOCALHOST./"),
        (PUBLIC, "https://files.localhost/"),
        (PUBLIC, "https://0.0.0.0/"),
        (PUBLIC, "https://0/"),
        (PUBLIC, "https://127.1/"),
        (PUBLIC, "https://127.0.1/"),
        (PUBLIC, "https://2130706433/"),
        (PUBLIC, "https://0x7f000001/"),
        (PUBLIC, "https://0x7f.0.0.1/"),
        (PUBLIC, "https://0177.0.0.1/"),
        (PUBLIC, "https://017700000001/"),
        (PUBLIC, "https://127.0.0.1./"),
        (PUBLIC, "https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/"),
        (PUBLIC, "https://127\u30020\u30020\u30021/"),
        (PUBLIC, "https://[::1]/"),
        (PUBLIC, "https://[0:0:0:0:0:0:0:1]/"),
        (PUBLIC, "https://[::]/"),
        (PUBLIC, "https://[::ffff:127.0.0.1]/"),
        (PUBLIC, "https://[::ffff:7f00:1]/"),
        (PUBLIC, "https://[::127.0.0.1]/"),
        (PUBLIC, "https://[64:ff9b::127.0.0.1]/"),
        (PUBLIC, "https://[64:ff9b::a9fe:a9fe]/"),
        (PUBLIC, "https://[2002:7f00:1::]/"),
        (PUBLIC, "https://[2001:0:7f00:1::]/"),
        # Networks that are not public.
        (PUBLIC, "https://10.0.0.1/"),
        (PUBLIC, "https://172.16.0.1/"),
        (PUBLIC, "https://172.31.255.255/"),
        (PUBLIC, "https://192.168.0.1/"),
        (PUBLIC, "https://100.64.0.1/"),
        (PUBLIC, "https://198.18.0.1/"),
        (PUBLIC, "https://192.0.2.1/"),
        (PUBLIC, "https://[fc00::1]/"),
        (PUBLIC, "https://[fd12:3456::1]/"),
        (PUBLIC, "https://[fec0::1]/"),
        (PUBLIC, "https://[fe80::1]/"),
        (PUBLIC, "https://[fe80::1%25eth0]/"),
        (PUBLIC, "https://[::ffff:10.0.0.1]/"),
        (PUBLIC, "https://[2002:a00:1::]/"),
        (PUBLIC, "https://224.0.0.1/"),
        (PUBLIC, "https://255.255.255.255/"),
        (PUBLIC, "https://240.0.0.1/"),
        (PUBLIC, "https://[ff02::1]/"),
        # Metadata services.
        (PUBLIC, "https://169.254.169.254/latest/meta-data/"),
        (PUBLIC, "https://[::ffff:169.254.169.254]/"),
        (PUBLIC, "https://2852039166/"),
        (PUBLIC, "https://0xA9FEA9FE/"),
        (PUBLIC, "https://100.100.100.200/"),
        (PUBLIC, "https://168.63.129.16/"),
        (PUBLIC, "https://192.0.0.192/"),
        (PUBLIC, "https://[fd00:ec2::254]/"),
        (PUBLIC, "https://metadata.google.internal/"),
        (PUBLIC, "https://metadata/"),
        # Names of the local network.
        (PUBLIC, "https://intranet/"),
        (PUBLIC, "https://printer.local/"),
        (PUBLIC, "https://router.home.arpa/"),
        (PUBLIC, "https://nas.lan/"),
        # Tricks with user information and separators.
        (PUBLIC, "https://index.example@127.0.0.1/"),
        (PUBLIC, "https://index.example:443@169.254.169.254/"),
        (PUBLIC, "https://127.0.0.1#@index.example/"),
        (PUBLIC, "https://127.0.0.1?@index.example/"),
        (PUBLIC, "https://127.0.0.1\\@index.example/"),
        (PUBLIC, "https://index.example\\.127.0.0.1/"),
        (PUBLIC, "https://127.0.0.1%00.index.example/"),
        (PUBLIC, "https://index.example%2F@127.0.0.1/"),
        (PUBLIC, "https://[127.0.0.1]/"),
        (PUBLIC, "https://127.0.0.1\r\n.index.example/"),
        (PUBLIC, "https:/127.0.0.1/"),
        # An upstream on this machine or in plain http opens nothing else.
        (LOCAL, "http://10.0.0.1/"),
        (LOCAL, "http://169.254.169.254/latest/meta-data/"),
        (LOCAL, "https://192.168.0.1/"),
        (PLAIN, "http://127.0.0.1/"),
        (PLAIN, "http://intranet/"),
        # A list is a list.
        (STRICT, "https://other.example/a.whl"),
        (STRICT, "https://index.example:8443/simple/"),
        (STRICT, "https://cdn.example/a.whl"),
        (STRICT, "https://evilcdn.example/a.whl"),
        (STRICT, "https://files.example.evil.example/"),
        (STRICT, "http://files.example/a.whl"),
        (STRICT, "https://plain.example:8080/a.whl"),
        (STRICT, "http://plain.example/a.whl"),
        (STRICT, "https://10.1.2.4/"),
        (STRICT, "https://[fd00::5]/"),
        (STRICT, f"https://{PUBLIC_ADDRESS}/a.whl"),
    ],
)
def test_place_beyond_the_list_is_refused(guard: Guard, url: str) -> None:
    """T28: no spelling of a forbidden place gets through."""
    with pytest.raises(Refused):
        guard.admit(url)


def test_refusal_names_the_setting_and_not_the_password() -> None:
    """The operator reads what to change; nobody reads a secret."""
    with pytest.raises(Refused) as caught:
        PUBLIC.admit("https://user:password@10.0.0.1/a?signature=secret")

    assert "`[upstream.main] allow_hosts`" in str(caught.value)
    assert "10.0.0.1" in str(caught.value)
    assert "password" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        (PUBLIC_ADDRESS, Network.PUBLIC),
        ("8.8.8.8", Network.PUBLIC),
        ("2606:4700::1111", Network.PUBLIC),
        (f"::ffff:{PUBLIC_ADDRESS}", Network.PUBLIC),
        (f"64:ff9b::{PUBLIC_ADDRESS}", Network.PUBLIC),
        ("127.0.0.1", Network.PRIVATE),
        ("10.0.0.1", Network.PRIVATE),
        ("100.64.0.1", Network.PRIVATE),
        ("192.0.2.1", Network.PRIVATE),
        ("::1", Network.PRIVATE),
        ("fd00::1", Network.PRIVATE),
        ("64:ff9b::10.0.0.1", Network.PRIVATE),
        ("2002:a00:1::", Network.PRIVATE),
        ("0.0.0.0", Network.FORBIDDEN),
        ("169.254.1.1", Network.FORBIDDEN),
        ("224.0.0.1", Network.FORBIDDEN),
        ("255.255.255.255", Network.FORBIDDEN),
        ("168.63.129.16", Network.FORBIDDEN),
        ("fe80::1", Network.FORBIDDEN),
        ("ff02::1", Network.FORBIDDEN),
        ("::", Network.FORBIDDEN),
        ("fd00:ec2::254", Network.FORBIDDEN),
        ("::ffff:169.254.169.254", Network.FORBIDDEN),
        ("::127.0.0.1", Network.FORBIDDEN),
    ],
)
def test_address_belongs_to_one_network(text: str, network: Network) -> None:
    """An address is judged by where its packets end up."""
    assert classify_address(ip_address(text)) is network


@pytest.mark.parametrize(
    ("guard", "host", "address", "admitted"),
    [
        (PUBLIC, "files.example", PUBLIC_ADDRESS, True),
        (PUBLIC, "files.example", "127.0.0.1", False),
        (PUBLIC, "files.example", "10.0.0.1", False),
        (PUBLIC, "files.example", "169.254.169.254", False),
        (PUBLIC, "index.example", "10.0.0.1", True),
        (PUBLIC, "index.example", "169.254.169.254", False),
        (STRICT, "files.example", "10.0.0.1", True),
        (STRICT, "eu.cdn.example", "10.0.0.1", True),
        (STRICT, "other.example", "10.0.0.1", False),
        (LOCAL, "files.example", "127.0.0.1", False),
    ],
)
def test_resolved_address_is_judged_for_its_host(
    guard: Guard, host: str, address: str, *, admitted: bool
) -> None:
    """A name may lead into this network only if the operator wrote it down."""
    assert guard.check_address(host, 443, ip_address(address)) is admitted


def test_link_local_upstream_is_reached_only_as_written() -> None:
    """An operator who means a link-local address has to write that address."""
    guard = Guard.build(Origin("http", "169.254.1.1", 80), None, "main")

    assert guard.check_address("169.254.1.1", 80, ip_address("169.254.1.1"))
    assert not guard.check_address("169.254.1.1", 80, ip_address("169.254.1.2"))


def test_redirect_is_judged_like_a_link() -> None:
    """A relative redirect stays, one into this network is refused."""
    source = PUBLIC.admit("https://index.example/simple/a")

    assert PUBLIC.admit_redirect(source, "/simple/a/").url == "https://index.example/simple/a/"
    with pytest.raises(Refused):
        PUBLIC.admit_redirect(source, "https://10.0.0.1/")


def test_redirect_from_https_to_http_is_refused_even_if_listed() -> None:
    """Nobody who rewrites a redirect gets the rest of the exchange in the clear."""
    source = STRICT.admit("https://index.example/simple/a")

    with pytest.raises(Refused, match="plain http"):
        STRICT.admit_redirect(source, "http://plain.example:8080/")


def test_redirect_to_nonsense_is_refused() -> None:
    """A location that is no URL leads nowhere."""
    source = PUBLIC.admit("https://index.example/simple/a")

    with pytest.raises(Refused, match="A redirect from"):
        PUBLIC.admit_redirect(source, "http://[::1")


@pytest.mark.parametrize(
    "text",
    ["", "*", "*.", "a b", "ftp://files.example", "files.example:0", "files.example:70000", "10.1"],
)
def test_pattern_that_means_nothing_is_a_configuration_error(text: str) -> None:
    """A list with a slip in it does not start as a shorter list."""
    with pytest.raises(BadInput):
        parse_pattern(text)
    with pytest.raises(ConfigError, match=r"`\[upstream.main\] allow_hosts` has"):
        Guard.build(Origin("https", "index.example", 443), (text,), "main")
