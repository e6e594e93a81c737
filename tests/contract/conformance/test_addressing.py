"""Where things are: statements C-1 to C-10, and section 1.2 of the notes on standards."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest

from contract.conformance.asking import HTML, JSON, V1_HTML, Client
from contract.conformance.contents import PROJECTS

REDIRECTS = {301, 308}
FORMS = [JSON, V1_HTML, HTML]


class Anchors(HTMLParser):
    """Counts the links of a document."""

    count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count ``a``."""
        self.count += tag == "a"


def count_links(text: str) -> int:
    """Return how many links a reader of HTML finds in ``text``."""
    anchors = Anchors()
    anchors.feed(text)
    return anchors.count


def test_c01_root_is_200_and_ends_in_a_slash(client: Client) -> None:
    """The list of projects has one address."""
    answer = client.ask("/simple/")

    assert answer.status == 200
    assert "foo-bar/" in answer.text


def test_c01_root_without_slash_redirects(client: Client) -> None:
    """Since 7, bandersnatch asks for the root without its slash."""
    answer = client.ask("/simple")

    assert answer.status in REDIRECTS
    assert urlsplit(urljoin(answer.url, answer["location"])).path == "/simple/"
    assert client.follow("/simple").status == 200


@pytest.mark.parametrize("name", PROJECTS)
def test_c02_page_without_slash_redirects(client: Client, name: str) -> None:
    """Relative links on the page are right only below the slash."""
    answer = client.ask(f"/simple/{name}")

    assert answer.status in REDIRECTS
    assert urljoin(answer.url, answer["location"]) == f"{client.base_url}simple/{name}/"


@pytest.mark.parametrize(
    "name", ["Foo__Bar", "Foo.Bar", "foo_bar", "FOO-BAR", "foo.-_bar", "fOO---bAR"]
)
@pytest.mark.parametrize("slash", ["/", ""])
def test_c03_other_spelling_ends_at_the_page(client: Client, name: str, slash: str) -> None:
    """easy_install and old buildouts send the name as the user typed it."""
    answer = client.ask(f"/simple/{name}{slash}")

    assert answer.status in REDIRECTS
    assert urljoin(answer.url, answer["location"]) == f"{client.base_url}simple/foo-bar/"
    assert client.follow(f"/simple/{name}{slash}").body == client.ask("/simple/foo-bar/").body


def test_c03_redirect_keeps_the_query(client: Client) -> None:
    """What a client asked for is still asked for at the right address (A-73)."""
    answer = client.ask(f"/simple/Foo_Bar/?format={JSON}&x=1")

    assert answer["location"].endswith(f"?format={JSON}&x=1")
    assert client.follow(f"/simple/Foo_Bar/?format={JSON}").media_type == JSON


@pytest.mark.parametrize(
    "path",
    [
        "/simple//foo-bar/",
        "//simple/foo-bar/",
        "//simple//foo-bar//",
        "/simple///Foo_Bar//",
        "/simple//foo-bar",
    ],
)
def test_c04_doubled_slashes_end_at_the_page(client: Client, path: str) -> None:
    """An index URL that ends in a slash is joined by pipenv to a path that begins with one."""
    answer = client.follow(path, {"Accept": JSON})

    assert (answer.status, answer.json()["name"]) == (200, "foo-bar")


@pytest.mark.parametrize("accept", [*FORMS, "*/*"])
def test_c05_unknown_project_is_404_without_links(client: Client, accept: str) -> None:
    """The body cannot be taken for a page by anybody, whatever was asked for."""
    answer = client.ask("/simple/no-such-project-xyz/", {"Accept": accept})

    assert answer.status == 404
    assert count_links(answer.text) == 0
    assert "`no-such-project-xyz` does not exist" in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "foo-bar%0A",
        "foo-bar%0a",
        "foo-bar%0D%0A",
        "foo-bar%20",
        "%20foo-bar",
        "foo-bar%00",
        "..",
        "%2e%2e",
        "%2E.",
        "foo-bar%2f",
        "foo-bar%2F..",
        "..%2ffoo-bar",
        "foo%5Cbar",
        "f%C3%B6%C3%B6",
        "foo-bar%E2%80%8B",
        "%EF%BC%A6oo-bar",
        "foo-bar%ff",
        "%",
        "%zz",
        "-foo-bar",
        "foo-bar-",
        ".foo",
        "foo bar".replace(" ", "+"),
        "foo,bar",
        "foo;bar",
        "foo'bar",
        'foo"bar',
        "foo@1",
        "a" * 201,
    ],
)
@pytest.mark.parametrize("slash", ["/", ""])
def test_c06_name_that_is_none_is_refused(client: Client, name: str, slash: str) -> None:
    """Neither a page nor a crash: 400 or 404 with a sentence, warm page or not."""
    assert client.ask("/simple/foo-bar/").status == 200

    assert client.ask(f"/simple/{name}{slash}").status in {400, 404}


@pytest.mark.parametrize("name", ["f\xf6\xf6", "\xff", "foo-bar\xa0"])
def test_c06_raw_letters_beyond_ascii_are_refused(client: Client, name: str) -> None:
    """A request line that no standard allows is answered all the same."""
    assert client.ask(f"/simple/{name}/").status in {400, 404}


@pytest.mark.parametrize("accept", FORMS)
@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/", "/simple/large/"])
def test_c07_head_of_a_page_has_the_headers_of_get(
    client: Client, path: str, accept: str, coding: str
) -> None:
    """A client may look before it reads; only the clock may move between the two."""
    fields = {"Accept": accept, "Accept-Encoding": coding}
    whole = client.ask(path, fields)

    head = client.ask(path, fields, method="HEAD")

    assert head.body == b""
    assert {n for n, _ in head.headers} == {n for n, _ in whole.headers}
    timed = {"date", "age", "cache-status"}
    assert [h for h in head.headers if h[0] not in timed] == [
        h for h in whole.headers if h[0] not in timed
    ]


def test_c07_head_of_a_file_has_the_headers_of_get(client: Client) -> None:
    """Length and ranges are learned this way by uv and by pip's fast-deps.

    Only where the answer comes from differs: for a HEAD nobody looks into the store.
    """
    url = client.page("foo-bar").file("foo_bar-2.0-py3-none-any.whl")["url"]
    client.ask(url)
    whole = client.ask(url)

    head = client.ask(url, method="HEAD")

    own = {"date", "cache-status"}
    assert head.body == b""
    assert head["cache-status"] == "wheelyard; detail=page"
    assert sorted(h for h in head.headers if h[0] not in own) == sorted(
        h for h in whole.headers if h[0] not in own
    )


@pytest.mark.parametrize(
    "path",
    [
        "/simple/foo-bar/",
        "/simple/no-such-project/",
        "/simple/Foo_Bar/",
        "/pypi/foo-bar/json",
        "/-/live",
        "/-/ready",
        "/-/metrics",
        "/-/status",
        "/",
        "/nothing",
        "/packages/00/00/nothing-1.0.tar.gz",
    ],
)
def test_c07_head_has_no_body_on_the_wire(client: Client, path: str) -> None:
    """A stray byte would be read as the beginning of the next answer on the connection."""
    twice = client.render(path, method="HEAD") + client.render(
        "/-/live", {"Connection": "close"}, method="GET"
    )

    said = client.raw(twice)

    first, _, rest = said.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 ")
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.endswith(b"alive\n")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (JSON, JSON),
        (JSON.replace("+", "%2B"), JSON),
        (V1_HTML, V1_HTML),
        ("text/html", HTML),
        ("application/vnd.pypi.simple.latest+json", JSON),
        ("application/vnd.pypi.simple.latest%2Bhtml", V1_HTML),
    ],
)
def test_c08_format_overrides_accept(client: Client, wanted: str, expected: str) -> None:
    """The five types that PyPI supports in the query, however the plus is written."""
    other = HTML if expected == JSON else JSON

    answer = client.ask(f"/simple/foo-bar/?format={wanted}", {"Accept": other})

    assert (answer.status, answer.media_type) == (200, expected)


@pytest.mark.parametrize(
    "query", ["format=", "format", "format=%00", "format=%ff", "format=image/png", "format=%", "&&"]
)
def test_c08_format_that_is_none_is_ignored(client: Client, query: str) -> None:
    """An unknown format leaves the choice to ``Accept``; it is never an error of ours."""
    answer = client.ask(f"/simple/foo-bar/?{query}", {"Accept": JSON})

    assert (answer.status, answer.media_type) == (200, JSON)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/", "/packages/x", "/pypi/a/json"])
def test_c09_other_method_is_405_with_allow(client: Client, path: str, method: str) -> None:
    """What a resource answers is told together with the refusal."""
    answer = client.ask(path, method=method)

    assert answer.status == 405
    assert answer.words("allow") >= {"get", "head"}


def test_c09_method_that_nobody_knows_is_an_error_of_the_client(client: Client) -> None:
    """A made-up word is refused, and nobody waits for a body."""
    assert client.ask("/simple/foo-bar/", method="MAKE-COFFEE").status in {400, 405, 501}


@pytest.mark.parametrize(
    "tail", ["?x=1", "?", "#sha256=00", "%23sha256=00", "?x=1#y", "?a=b&a=c;d", "?%00", "?%ff"]
)
@pytest.mark.parametrize("accept", FORMS)
def test_c10_query_and_fragment_change_nothing(client: Client, tail: str, accept: str) -> None:
    """Some clients send the fragment of a link, some add a query to get past a cache."""
    plain = client.ask("/simple/foo-bar/", {"Accept": accept})

    answer = client.ask(f"/simple/foo-bar/{tail}", {"Accept": accept})

    assert (answer.status, answer.body) == (200, plain.body)
    assert answer["etag"] == plain["etag"]


@pytest.mark.parametrize("path", ["/simple/%66oo-bar/", "/%73imple/foo-bar/", "/simple/foo%2Dbar/"])
def test_address_with_needless_escapes_is_the_same_address(client: Client, path: str) -> None:
    """Source: RFC 3986, 6.2.2.2."""
    answer = client.follow(path, {"Accept": JSON})

    assert (answer.status, answer.json()["name"]) == (200, "foo-bar")


@pytest.mark.parametrize("path", ["/simple%2Ffoo-bar/", "/simple%2ffoo-bar%2f", "/simple%2f"])
def test_escaped_slash_is_no_slash(client: Client, path: str) -> None:
    """A rule of a proxy in front of us must not be got round by writing a slash otherwise."""
    assert client.ask("/simple/foo-bar/").status == 200

    assert client.ask(path).status in {400, 404}


def test_absolute_form_of_the_target_is_understood(client: Client) -> None:
    """Source: RFC 9112, 3.2.2: every server has to accept it."""
    answer = client.ask("http://index.example/simple/foo-bar/", {"Accept": JSON})

    assert answer.json()["name"] == "foo-bar"


def test_root_lists_every_project_but_those_in_quarantine(client: Client) -> None:
    """What upstream leaves out of its list is not in ours. Source: PEP 792."""
    listed = client.ask("/simple/", {"Accept": JSON}).json()["projects"]

    names = {entry["name"].lower().replace(".", "-") for entry in listed}
    assert names == set(PROJECTS)
