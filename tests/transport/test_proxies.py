"""Which proxy a request takes, by the environment's rules."""

import pytest

from wheelyard.errors import ConfigError
from wheelyard.settings import Secret
from wheelyard.transport.credentials import Credentials
from wheelyard.transport.proxies import Proxies, Proxy, parse_proxy, read_proxies
from wheelyard.transport.urls import parse_target

HTTPS = parse_target("https://index.example/simple/")
HTTP = parse_target("http://index.example/simple/")

BOTH = {"http_proxy": "http://plain.example:1", "https_proxy": "http://secure.example:2"}


def test_environment_names_a_proxy_per_scheme() -> None:
    """Each scheme has its own variable."""
    proxies = read_proxies(BOTH)

    assert proxies.choose(HTTP) == Proxy("http://plain.example:1")
    assert proxies.choose(HTTPS) == Proxy("http://secure.example:2")


def test_no_environment_is_no_proxy() -> None:
    """Nothing is guessed."""
    assert read_proxies({}) == Proxies()
    assert read_proxies({"HTTPS_PROXY": " "}).choose(HTTPS) is None


def test_lower_case_wins_and_all_proxy_is_the_last_resort() -> None:
    """The spellings have an order that programs agree about."""
    environment = {
        "https_proxy": "http://lower.example",
        "HTTPS_PROXY": "http://upper.example",
        "ALL_PROXY": "http://all.example",
    }

    proxies = read_proxies(environment)

    assert proxies.choose(HTTPS) == Proxy("http://lower.example")
    assert proxies.choose(HTTP) == Proxy("http://all.example")


def test_empty_lower_case_variable_switches_the_upper_case_one_off() -> None:
    """That is how a shell says "not here"."""
    environment = {"https_proxy": "", "HTTPS_PROXY": "http://upper.example"}

    assert read_proxies(environment).choose(HTTPS) is None


def test_upper_case_http_proxy_is_not_believed_from_a_cgi_server() -> None:
    """There it may come from the header of a request."""
    environment = {"HTTP_PROXY": "http://evil.example", "REQUEST_METHOD": "GET"}

    assert read_proxies(environment).choose(HTTP) is None


@pytest.mark.parametrize(
    ("bypass", "url", "direct"),
    [
        ("*", "https://index.example/", True),
        ("index.example", "https://index.example/", True),
        ("index.example", "https://files.index.example/", True),
        (".example", "https://index.example/", True),
        ("*.example", "https://index.example/", True),
        ("dex.example", "https://index.example/", False),
        ("other.example", "https://index.example/", False),
        ("index.example:443", "https://index.example/", True),
        ("index.example:8443", "https://index.example/", False),
        ("10.0.0.0/8", "https://10.1.2.3/", True),
        ("10.1.2.3", "https://10.1.2.3/", True),
        ("10.0.0.0/8", "https://11.1.2.3/", False),
        ("[fd00::1]", "https://[fd00::1]/", True),
        ("fd00::/8", "https://[fd00::1]/", True),
        ("nonsense/8", "https://10.1.2.3/", False),
        ("a.example, INDEX.example", "https://index.example/", True),
        ("a.example index.example", "https://index.example/", True),
    ],
)
def test_no_proxy_lists_hosts_domains_addresses_and_networks(
    bypass: str, url: str, *, direct: bool
) -> None:
    """Whatever forms people write there are understood."""
    proxies = read_proxies(BOTH | {"NO_PROXY": bypass})

    assert (proxies.choose(parse_target(url)) is None) is direct


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://localhost/", "https://a.localhost/", "https://[::1]/"]
)
def test_this_machine_is_reached_directly_unless_a_proxy_is_set_for_it(url: str) -> None:
    """A variable for the way out does not catch what stays inside; a setting of ours does."""
    target = parse_target(url)

    assert read_proxies(BOTH).choose(target) is None
    assert read_proxies({}, "http://proxy.example").choose(target) == Proxy("http://proxy.example")


def test_explicit_proxy_is_for_everything_but_no_proxy() -> None:
    """Our own setting stands above the environment's proxies, beside its exceptions."""
    proxies = read_proxies(BOTH | {"no_proxy": "index.example"}, "proxy.example:3128")

    assert proxies.choose(HTTPS) is None
    assert proxies.choose(parse_target("http://other.example")) == Proxy(
        "http://proxy.example:3128"
    )


def test_credentials_of_a_proxy_are_apart_from_its_url() -> None:
    """The URL of a proxy can be shown."""
    proxy = parse_proxy("http://user:word-0815@proxy.example:3128", "https_proxy")

    assert proxy == Proxy("http://proxy.example:3128", Credentials("user", Secret("word-0815")))
    assert "0815" not in repr(proxy)


@pytest.mark.parametrize(
    "text",
    ["socks5://proxy.example", "ftp://proxy.example", "http://", "http://[::1", "http://a:0"],
)
def test_proxy_that_cannot_be_used_is_a_configuration_error(text: str) -> None:
    """The message names the variable, not its content, which may have a password."""
    with pytest.raises(ConfigError, match="`https_proxy` is not the URL") as caught:
        read_proxies({"https_proxy": text.replace("://", "://user:word-0815@")})

    assert "0815" not in str(caught.value)
