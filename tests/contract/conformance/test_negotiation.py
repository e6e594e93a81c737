"""Which form a client gets: statements C-34 to C-43, and the table of section 1.5."""

import gzip
import zlib
from urllib.parse import urljoin

import pytest
import zstandard

from contract.conformance.asking import HTML, JSON, PIP, UV, V1_HTML, Client, Fields
from contract.conformance.contents import PROJECTS

LATEST_JSON = "application/vnd.pypi.simple.latest+json"
LATEST_HTML = "application/vnd.pypi.simple.latest+html"
POETRY = f"{JSON}, */*;q=0.1"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"

TABLE = [
    pytest.param(None, HTML, id="absent"),
    ("*/*", HTML),
    ("text/*", HTML),
    ("text/html", HTML),
    (JSON, JSON),
    (JSON.upper(), JSON),
    ("Application/VND.PyPI.Simple.v1+Json", JSON),
    (V1_HTML, V1_HTML),
    (V1_HTML.upper(), V1_HTML),
    (PIP, JSON),
    (UV, JSON),
    (POETRY, JSON),
    (f"{JSON}, text/html", JSON),
    (f"text/html, {JSON}", JSON),
    (f"{JSON};q=0, */*", HTML),
    (f"text/html;q=0, {JSON}", JSON),
    (LATEST_JSON, JSON),
    (LATEST_HTML, V1_HTML),
    ("application/json", HTML),
    ("image/png", HTML),
    ("application/vnd.pypi.simple.v2+json", HTML),
    (BROWSER, HTML),
    # Beyond the table: weights, and what RFC 9110 says about them.
    (f"{JSON};q=0.1, text/html;q=0.2", HTML),
    (f"{V1_HTML};q=0.9, {JSON};q=0.8", V1_HTML),
    (f"{V1_HTML}, text/html", V1_HTML),
    (f"{JSON} ; q=0.001 , text/html;q=0", JSON),
    (f"{JSON};q=1.000", JSON),
    (f"{JSON};version=1;q=0.5, text/html;q=0.1", JSON),
    (f"*/*;q=0.1, {JSON}", JSON),
    (f"text/*;q=0.3, text/html;q=0.1, {V1_HTML};q=0.2", V1_HTML),
    (f"{LATEST_JSON};q=0.5, text/html;q=0.1", JSON),
    (f",, ,{JSON},", JSON),
]

MALFORMED = [
    "",
    ",",
    ";",
    ";q=1",
    "q=1",
    "/",
    "text",
    "text/",
    "*/",
    "**",
    "text/html;q=2",
    "text/html;q=-1",
    "text/html;q=abc",
    "text/html;q=",
    f"{JSON};q=1.0000000000001",
    '"',
    f'"{JSON}',
    "\xff\xfe",
    "\t",
    "a" * 5_000,
    ",".join(["text/html"] * 300),
    f"{JSON};" + ";".join(f"p{number}=1" for number in range(300)),
]


def accepting(accept: str | None) -> Fields:
    """Return the headers of a client that sends this, or no ``Accept`` at all."""
    return {} if accept is None else {"Accept": accept}


@pytest.mark.parametrize(("accept", "expected"), TABLE)
@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/"])
def test_c34_table_holds(client: Client, path: str, accept: str | None, expected: str) -> None:
    """The negotiation table of 1.5, line by line, for the list and for a page."""
    answer = client.ask(path, accepting(accept))

    assert (answer.status, answer.media_type) == (200, expected)


def test_c34_any_application_type_is_not_answered_with_html(client: Client) -> None:
    """``application/*`` may be JSON or the versioned HTML, but never ``text/html``."""
    answer = client.ask("/simple/foo-bar/", {"Accept": "application/*"})

    assert answer.media_type in {JSON, V1_HTML}


def test_c34_several_accept_headers_are_one_list(client: Client) -> None:
    """Source: RFC 9110, 5.3; urllib3 sends lists this way."""
    fields = [("Accept", "text/html;q=0.1"), ("Accept", JSON)]

    assert client.ask("/simple/foo-bar/", fields).media_type == JSON


@pytest.mark.parametrize("accept", [None, "*/*"])
@pytest.mark.parametrize("name", PROJECTS)
def test_c35_anything_means_text_html(client: Client, name: str, accept: str | None) -> None:
    """easy_install, buildout, hatch and pipenv ask so and read HTML (A-71)."""
    answer = client.ask(f"/simple/{name}/", accepting(accept))

    assert answer["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("accept", [PIP, UV, POETRY])
def test_c36_installers_get_json(client: Client, accept: str) -> None:
    """The form that tells most is what they like best."""
    assert client.ask("/simple/foo-bar/", {"Accept": accept}).media_type == JSON


@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/"])
def test_c37_latest_is_answered_with_its_true_type(client: Client, path: str) -> None:
    """``latest`` is a word of requests only."""
    assert client.ask(path, {"Accept": LATEST_JSON})["content-type"] == JSON
    assert client.ask(path, {"Accept": LATEST_HTML}).media_type == V1_HTML


@pytest.mark.parametrize("accept", [None, HTML, V1_HTML, JSON, "image/png"])
@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/", "/simple/empty/"])
def test_c38_content_type_is_always_there(client: Client, path: str, accept: str | None) -> None:
    """Without it installers say "no versions", and nobody knows why."""
    said = client.ask(path, accepting(accept))["content-type"]

    assert said == JSON or said.endswith("; charset=utf-8")


@pytest.mark.parametrize("accept", [HTML, V1_HTML, JSON])
@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/"])
def test_c39_vary_names_what_was_chosen_by(
    client: Client, path: str, accept: str, coding: str
) -> None:
    """On an answer and on a 304: a cache between must not mix the forms."""
    fields = {"Accept": accept, "Accept-Encoding": coding}
    answer = client.ask(path, fields)
    unchanged = client.ask(path, {**fields, "If-None-Match": answer["etag"]})

    assert answer.words("vary") == {"accept", "accept-encoding"}
    assert unchanged.status == 304
    assert unchanged.words("vary") == {"accept", "accept-encoding"}


@pytest.mark.parametrize("path", ["/simple", "/simple/foo-bar", "/simple/Foo_Bar/"])
def test_c39_redirect_has_vary_too(client: Client, path: str) -> None:
    """A redirect of a page is kept by caches as the page is."""
    answer = client.ask(path)

    assert answer.status == 301
    assert "accept" in answer.words("vary")


@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/", "/simple/large/"])
def test_c40_every_representation_has_its_own_tag(client: Client, path: str) -> None:
    """Three forms, each plain, gzip and zstd: nine tags, and none stands for another's bytes."""
    wanted = [(a, c) for a in (HTML, V1_HTML, JSON) for c in ("identity", "gzip", "zstd")]
    fields = [{"Accept": accept, "Accept-Encoding": coding} for accept, coding in wanted]
    answers = [client.ask(path, each) for each in fields]
    tags = {answer["etag"]: answer for answer in answers}

    for each, answer in zip(fields, answers, strict=True):
        for tag in tags:
            again = client.ask(path, {**each, "If-None-Match": tag})
            assert again.status == (304 if tag == answer["etag"] else 200)
    for tag, first in tags.items():
        same = [answer for answer in answers if answer["etag"] == tag]
        assert {(answer["content-type"], answer.body) for answer in same} == {
            (first["content-type"], first.body)
        }
        assert tag.startswith('"')


@pytest.mark.parametrize("accept", MALFORMED, ids=range(len(MALFORMED)))
@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/"])
def test_c41_malformed_accept_is_answered(client: Client, path: str, accept: str) -> None:
    """A broken proxy mangles the header; the client behind it still wants its page."""
    answer = client.ask(path, {"Accept": accept})

    assert answer.status == 200
    assert answer.media_type in {HTML, V1_HTML, JSON}


@pytest.mark.parametrize(
    "accept", [f"{JSON};q=0, text/html", f"{JSON};q=0.0, */*", f"{JSON}; Q=0.000, {V1_HTML}"]
)
def test_c42_form_that_is_excluded_is_not_sent(client: Client, accept: str) -> None:
    """A weight of nothing means "not this one"."""
    assert client.ask("/simple/foo-bar/", {"Accept": accept}).media_type != JSON


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("GZip", "gzip"),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("gzip, deflate, zstd", "zstd"),
        ("zstd", "zstd"),
        ("br", None),
        ("deflate", None),
        ("gzip;q=0", None),
        ("gzip;q=0, zstd;q=0, *", None),
        ("*", "gzip"),
        ("*;q=0", None),
        ("identity;q=0", None),
        ("gzip;q=0.5, identity;q=1.0", None),
        ("gzip;q=abc", None),
        (";;,,;q=1", None),
        ("gzip" * 2_000, None),
        ("\xff", None),
    ],
)
@pytest.mark.parametrize("path", ["/simple/foo-bar/", "/simple/large/"])
def test_c43_coding_is_one_that_was_asked_for(
    client: Client, path: str, coding: str | None, expected: str | None
) -> None:
    """Compressed only for whoever can undo it; `identity` is never refused."""
    fields = {"Accept": JSON} if coding is None else {"Accept": JSON, "Accept-Encoding": coding}

    answer = client.ask(path, fields)

    assert (answer.status, answer.get("content-encoding")) == (200, expected)
    assert "accept-encoding" in answer.words("vary")


@pytest.mark.parametrize("accept", [HTML, V1_HTML, JSON])
@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/", "/simple/large/"])
def test_c43_compressed_page_is_the_page(client: Client, path: str, accept: str) -> None:
    """What comes out of each coding is byte for byte the plain page."""
    plain = client.ask(path, {"Accept": accept}).body

    gzipped = client.ask(path, {"Accept": accept, "Accept-Encoding": "gzip"}).body
    zstded = client.ask(path, {"Accept": accept, "Accept-Encoding": "zstd"}).body

    if gzipped != plain:  # a page of a few lines is not worth it
        assert gzip.decompress(gzipped) == plain
        assert zlib.decompressobj(31).decompress(gzipped) == plain
        assert zstandard.ZstdDecompressor().decompress(zstded, len(plain)) == plain


def test_c43_large_page_shrinks(client: Client) -> None:
    """The point of it all: a tenth or so for a page of many files."""
    plain = client.page("large")

    packed = client.ask("/simple/large/", {"Accept": JSON, "Accept-Encoding": "gzip"})

    assert len(packed.body) < len(plain.body) / 3


def test_gzip_is_the_same_for_the_same_page(client: Client) -> None:
    """No time stamp and no file name: two servers that hold the same page send the same bytes."""
    packed = client.ask("/simple/large/", {"Accept": JSON, "Accept-Encoding": "gzip"}).body

    assert packed[:3] == b"\x1f\x8b\x08"
    assert packed[3] == 0, "no name, no comment"
    assert packed[4:8] == bytes(4), "no time"


@pytest.mark.parametrize("accept", [PIP, UV, "text/html", "*/*"])
def test_redirected_client_gets_the_form_it_asked_for(client: Client, accept: str) -> None:
    """Clients repeat their headers when they are sent on."""
    direct = client.ask("/simple/foo-bar/", {"Accept": accept})

    moved = client.follow("/simple/Foo.Bar", {"Accept": accept})

    assert (moved["content-type"], moved.body) == (direct["content-type"], direct.body)
    assert moved.url == urljoin(client.base_url, "simple/foo-bar/")
