"""URLs are taken apart strictly, and shown without secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.transport.urls import Origin, display_url, parse_host, parse_target


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://index.example/simple/", "https://index.example/simple/"),
        ("https://INDEX.example", "https://index.example/"),
        ("https://index.example:443/a", "https://index.example/a"),
        ("http://index.example:80/a?b=c", "http://index.example/a?b=c"),
        ("https://index.example:8443/a#sha256=00", "https://index.example:8443/a"),
        ("https://user:password@index.example/a", "https://index.example/a"),
        ("https://good.example@index.example/a", "https://index.example/a"),
        ("https://index.example./a", "https://index.example/a"),
        ("https://[::1]:8080/a", "https://[::1]:8080/a"),
        ("https://[2001:DB8:0::1]/", "https://[2001:db8::1]/"),
        ("https://index.example/a b", "https://index.example/a%20b"),
        ("https://index.example/ä", "https://index.example/%C3%A4"),
        ("https://index.example/\udcff", "https://index.example/%FF"),
        ("https://index.example/a%2Fb%7e", "https://index.example/a%2Fb%7e"),
        ("https://index.example/100%", "https://index.example/100%25"),
        (
            "https://index.example/?X-Signature=a%2Fb+c",
            "https://index.example/?X-Signature=a%2Fb+c",
        ),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://\uff11\uff12\uff17.0.0.1/", "https://127.0.0.1/"),
        ("https://a_b.example/", "https://a_b.example/"),
        (" https://index.example/ ", "https://index.example/"),
    ],
)
def test_target_of_a_good_url_is_what_goes_on_the_wire(text: str, url: str) -> None:
    """A URL has one spelling after parsing; what is encoded already is left as it is."""
    assert parse_target(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "index.example",
        "/simple/",
        "//index.example/",
        "file:///etc/passwd",
        "gopher://index.example/",
        "ftp://index.example/",
        "javascript:alert(1)",
        "https://",
        "https:///simple",
        "https://user@/",
        "https://index.example:0/",
        "https://index.example:70000/",
        "https://index.example:port/",
        "https://index.example\\@other.example/",
        "https://index.example\\other.example/",
        "https://index.example%2eother.example/",
        "https://index example/",
        "https://index..example/",
        "https://.example/",
        "https://-index.example/",
        "https://[::1/",
        "https://[::g]/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[127.0.0.1]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.01/",
        "https://1.2.3.4.5/",
        "https://999.0.0.1/",
        "https://index.example/\r\nHost: other.example",
        "https://index.example/\x00",
        "https://index.exa\tmple/",
        "https://ﷺ.example/",
        "https://index.example/" + 20_000 * "a",
    ],
)
def test_target_of_a_bad_url_is_refused(text: str) -> None:
    """What two parsers could understand differently is not understood at all."""
    with pytest.raises(BadInput):
        parse_target(text)


@given(st.text(max_size=60))
def test_parsing_raises_nothing_but_bad_input(text: str) -> None:
    """Whatever a page has as a link, it is a target or bad input; and a target is stable."""
    for url in (text, f"https://{text}", f"https://index.example/{text}"):
        try:
            target = parse_target(url)
        except BadInput:
            continue

        assert parse_target(target.url) == target
        assert target.url.isascii()
        assert target.url.isprintable()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:password@index.example/a?key=value#x", "https://index.example/a?..."),
        ("https://index.example/a", "https://index.example/a"),
        ("file:///srv/wheels", "file:///srv/wheels"),
        ("/srv/wheels", "/srv/wheels"),
        ("https://index.example/\u202e\n", "https://index.example/\\u202e"),
        ("http://[::1", "a broken URL"),
    ],
)
def test_shown_url_has_no_secret_and_no_control_character(url: str, shown: str) -> None:
    """A URL in a message shows the place and nothing that is not for everybody."""
    assert display_url(url) == shown


@given(st.text(max_size=30), st.text(alphabet="abcXYZ09", min_size=8, max_size=20))
def test_shown_url_never_has_the_password(noise: str, password: str) -> None:
    """User information and query are hidden whatever else is in the URL."""
    url = f"https://user{noise}:{password}@index.example/p?token={password}"
    prefix = noise.partition("/")[0].partition("?")[0].partition("#")[0]
    if prefix != noise:
        return  # then it is a path or a query, and not user information

    assert password not in display_url(url)


def test_shown_url_is_short() -> None:
    """A message stays a message, however long the link is."""
    assert len(display_url("https://index.example/" + 5_000 * "a")) <= 300


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        (Origin("https", "index.example", 443), "https://index.example"),
        (Origin("http", "index.example", 443), "http://index.example:443"),
        (Origin("https", "::1", 8443), "https://[::1]:8443"),
    ],
)
def test_origin_as_text_leaves_out_the_usual_port(origin: Origin, text: str) -> None:
    """An origin reads as people write it."""
    assert str(origin) == text


def test_reference_that_is_no_url_is_bad_input() -> None:
    """A redirect to nonsense is told from a redirect to somewhere."""
    target = parse_target("https://index.example/a/")

    with pytest.raises(BadInput):
        target.join("http://[::1")


def test_host_in_brackets_is_an_address() -> None:
    """Brackets are for IPv6 alone, and their address is written in its shortest form."""
    assert parse_host("[0:0:0:0:0:0:0:1]") == "::1"
