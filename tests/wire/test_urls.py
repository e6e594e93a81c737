"""Links become absolute http(s) URLs that are safe to keep, or nothing."""

import string
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.wire.urls import LinkBase, is_secure_origin, last_component

BASE = "https://index.example/simple/foo/"


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("x.whl", f"{BASE}x.whl"),
        ("./x.whl", f"{BASE}x.whl"),
        ("../x.whl", "https://index.example/simple/x.whl"),
        ("../../a/x.whl", "https://index.example/a/x.whl"),
        ("../../../../x.whl", "https://index.example/x.whl"),
        ("/a/x.whl", "https://index.example/a/x.whl"),
        ("a/../x.whl", f"{BASE}x.whl"),
        ("//other.example/x.whl", "https://other.example/x.whl"),
        ("https://other.example/x.whl", "https://other.example/x.whl"),
        ("HTTPS://Other.example/x.whl", "https://Other.example/x.whl"),
        ("http://[::1]:8080/x.whl", "http://[::1]:8080/x.whl"),
        ("x.whl?a=1&b=2#sha256=ab", f"{BASE}x.whl?a=1&b=2#sha256=ab"),
        (" x.whl\n", f"{BASE}x.whl"),
        ("x y.whl", f"{BASE}x%20y.whl"),
        ("x%20y.whl", f"{BASE}x%20y.whl"),
        ("é.whl", f"{BASE}%C3%A9.whl"),
        ("\\\\other.example\\x.whl", "https://other.example/x.whl"),
        ("http://user:secret@other.example/x", "http://user:secret@other.example/x"),
    ],
)
def test_link_is_resolved_as_browsers_do(link: str, url: str) -> None:
    """Relative, rooted, with another host; spaces and letters of other alphabets quoted."""
    assert LinkBase(BASE).resolve(link) == url


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("x.whl", "file:///srv/our%20simple/foo/x.whl"),
        ("../../a/x%2B1.whl#sha256=ab", "file:///srv/a/x%2B1.whl#sha256=ab"),
        ("/a/x y.whl", "file:///a/x%20y.whl"),
        ("file:///a/x.whl", "file:///a/x.whl"),
        ("https://other.example/x.whl", "https://other.example/x.whl"),
        ("file://other.example/x.whl", None),
        ("ftp://other.example/x.whl", None),
    ],
)
def test_page_that_is_a_file_links_to_files(link: str, url: str | None) -> None:
    """On this machine, wherever it is: whether it may be read is for its client to say."""
    assert LinkBase("file:///srv/our%20simple/foo/index.html").resolve(link) == url


@pytest.mark.parametrize("link", ["file:///etc/passwd", "file:x.whl", "file://localhost/etc/x"])
def test_page_from_elsewhere_never_links_to_files(link: str) -> None:
    """That would have us read this machine's files for a stranger."""
    assert LinkBase(BASE).resolve(link) is None


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://other.example/x",
        "mailto:a@b.example",
        "http://[::1/x",
        "http://other.example:port/x",
        "http://other.example:99999/x",
        "https://other.example/" + "x" * 10_000,
        "x" * 10_000,
    ],
)
def test_t17_link_that_is_no_http_url_is_none(link: str) -> None:
    """Nothing else may reach a page or a client of ours."""
    assert LinkBase("http://index.example/").resolve(link) is None


@pytest.mark.parametrize(
    "base",
    [
        "https://index.example",
        "https://index.example/",
        "https://index.example/a/b?c=/d/#/e/",
        "http://127.0.0.1:8765/root/simple/foo/index.html",
    ],
)
@pytest.mark.parametrize("link", ["x", "../x", "../../../x/y", "/x", "a/b/c.whl#md5=0", "x?y=z"])
def test_short_cuts_agree_with_urllib(base: str, link: str) -> None:
    """The fast path is only fast."""
    assert LinkBase(base).resolve(link) == urljoin(base, link)


@given(st.lists(st.sampled_from(["..", ".", "a", "b.whl", "", "a:b", "%2e"]), max_size=6))
def test_any_path_is_resolved_like_urllib_does(parts: list[str]) -> None:
    """For paths of any shape; what urllib gives another scheme or a bad port is none of ours."""
    link = "/".join(parts)
    expected = urljoin(BASE, link)

    found = LinkBase(BASE).resolve(link)

    assert found == (expected if _is_https(expected) else None)


def _is_https(url: str) -> bool:
    """Say whether ``url`` names a place that can be asked with HTTPS."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and port != 0


@given(st.text(max_size=80))
def test_any_link_gives_a_printable_http_url_or_none(link: str) -> None:
    """No controls, spaces, quotes or brackets get through."""
    for prefix in ("", "http://", "https://other.example/", "//"):
        url = LinkBase(BASE).resolve(prefix + link)
        if url is not None:
            assert url.startswith(("http://", "https://"))
            assert set(url) <= set(string.ascii_letters + string.digits + "!#$%&'()*+,-./:;=?@[]_~")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://files.example/a/x.whl", "x.whl"),
        ("x.whl", "x.whl"),
        ("a/x.whl?b=/c", "x.whl"),
        ("a/x.whl#/c?d", "x.whl"),
        ("a/x%2B1.whl", "x+1.whl"),
        ("a/..%2Fx.whl", "../x.whl"),
        ("a/", ""),
        ("?x=/y", ""),
        ("", ""),
    ],
)
def test_last_component_is_of_the_path_only(url: str, name: str) -> None:
    """A query or a fragment never makes a file name."""
    assert last_component(url) == name


@pytest.mark.parametrize(
    ("url", "secure"),
    [
        ("https://index.example/x", True),
        ("http://index.example/x", False),
        ("http://localhost:8765/x", True),
        ("http://127.0.0.1/x", True),
        ("http://127.1.2.3/x", True),
        ("http://127.0.0.1.evil.example/x", False),
        ("http://[::1]:8765/x", True),
        ("http://localhost.evil.example/x", False),
        ("http://index.localhost/x", True),
        ("http://0x7f000001/x", False),
        ("http://user@localhost/x", True),
        ("https:///x", False),
        ("/x", False),
        ("ftp://localhost/x", False),
        ("http://[::1/x", False),
        ("", False),
    ],
)
def test_c18_secure_origin_is_https_or_loopback(url: str, secure: bool) -> None:  # noqa: FBT001 - the answer
    """What a client may take provenance from."""
    assert is_secure_origin(url) is secure
