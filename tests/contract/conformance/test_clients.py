"""The exact requests of every client: section 4.1 of the notes on standards, replayed.

Clients that no longer start are here too; those that do are run elsewhere.
"""

import gzip
import html.parser
import json
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urljoin

import pytest
import zstandard

from contract.conformance.asking import HTML, JSON, PIP, UV, Answer, Client
from contract.conformance.contents import PROJECTS
from contract.conformance.pages import read_html

AGENT = 'pip/26.3 {"ci":null,"installer":{"name":"pip","version":"26.3"}}'


@dataclass(frozen=True, slots=True)
class Request:
    """What one client sends for a project page; ``path`` may have doubled slashes."""

    client: str
    fields: dict[str, str] = field(default_factory=dict)
    path: str = "/simple/foo-bar/"
    expected: str = JSON

    def __str__(self) -> str:
        return self.client


REQUESTS = [
    Request(
        "pip since 26.2",
        {"User-Agent": AGENT, "Accept-Encoding": "gzip, deflate", "Accept": PIP},
    ),
    Request(
        "pip 22.2 to 26.1",
        {"Accept-Encoding": "gzip, deflate", "Accept": PIP, "Cache-Control": "max-age=0"},
    ),
    Request(
        "pip to 22.1",
        {"Accept-Encoding": "gzip, deflate", "Accept": HTML, "Cache-Control": "max-age=0"},
        expected=HTML,
    ),
    Request(
        "pip 6 to 10",
        {"Accept-Encoding": "gzip, deflate", "Accept": HTML, "Cache-Control": "max-age=600"},
        expected=HTML,
    ),
    Request("pip 9 as typed", {"Accept": HTML}, path="/simple/Foo.Bar", expected=HTML),
    Request("uv", {"Accept-Encoding": "gzip, deflate, zstd", "Accept": UV}),
    Request("uv --refresh", {"Accept": UV, "Cache-Control": "no-cache"}),
    Request(
        "poetry",
        {"Accept-Encoding": "gzip, deflate, zstd", "Accept": f"{JSON}, */*;q=0.1"},
    ),
    Request("pdm", {"Accept-Encoding": "gzip, deflate", "Accept": PIP}),
    Request("pipenv", {"Accept": "*/*"}, path="/simple//foo-bar/", expected=HTML),
    Request("hatch", {"Accept": "*/*", "Cache-Control": "no-cache"}, expected=HTML),
    Request(
        "easy_install",
        {"Accept-Encoding": "identity", "User-Agent": "setuptools/41.2.0 Python-urllib/2.7"},
        path="/simple/Foo_Bar/",
        expected=HTML,
    ),
    Request("zc.buildout", {"Accept-Encoding": "identity"}, expected=HTML),
    Request("curl", {"User-Agent": "curl/8.0", "Accept": "*/*"}, expected=HTML),
    Request(
        "a browser",
        {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
        expected=HTML,
    ),
]


def unpacked(answer: Answer) -> bytes:
    """Return the body as a client reads it."""
    match answer.get("content-encoding"):
        case "gzip":
            return gzip.decompress(answer.body)
        case "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(answer.body)
        case _:
            return answer.body


def names_on(answer: Answer) -> list[str]:
    """Return the names of the files on a page, in whichever form it came."""
    body = unpacked(answer)
    if answer.media_type == JSON:
        return [file["filename"] for file in json.loads(body)["files"]]
    return [anchor.text for anchor in read_html(body).anchors]


@pytest.mark.parametrize("request_of", REQUESTS, ids=str)
def test_client_gets_the_page_in_its_form(client: Client, request_of: Request) -> None:
    """The type it reads, in a coding it can undo, with all four files."""
    answer = client.follow(request_of.path, request_of.fields)

    assert (answer.status, answer.media_type) == (200, request_of.expected)
    accepted = request_of.fields.get("Accept-Encoding", "")
    assert (answer.get("content-encoding") or "identity") in f"identity, {accepted}"
    assert len(names_on(answer)) == 4


@pytest.mark.parametrize("request_of", REQUESTS, ids=str)
def test_client_gets_its_304(client: Client, request_of: Request) -> None:
    """Asked again with the tag it was given, whatever it accepts."""
    first = client.follow(request_of.path, request_of.fields)

    again = client.ask(first.url, {**request_of.fields, "If-None-Match": first["etag"]})

    assert again.status == 304


class LinksOfPip9(html.parser.HTMLParser):
    """Finds links as pip 9 and easy_install do: every ``href`` of every anchor."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the target of a link."""
        self.hrefs += [value for name, value in attrs if tag == "a" and name == "href" and value]


def test_pip_9_finds_files_and_hashes(client: Client) -> None:
    """It reads a page whose type is exactly `text/html`, and checks what stands after the `#`."""
    answer = client.ask("/simple/foo-bar/", {"Accept": HTML})
    parser = LinksOfPip9()
    parser.feed(answer.text)

    assert answer["content-type"].lower().startswith("text/html")
    for href in parser.hrefs:
        url, _, fragment = urljoin(answer.url, href).partition("#")
        assert re.fullmatch("(sha1|sha224|sha384|sha256|sha512|md5)=([a-f0-9]+)", fragment)
        # pip escapes whatever is not escaped yet.
        path = quote(unquote(url[len(client.base_url) - 1 :]))
        assert client.ask(path).status == 200


def test_easy_install_scans_page_and_root(client: Client) -> None:
    """It follows the href pattern of its regular expression, and looks for names in the root."""
    pattern = re.compile(r"""href\s*=\s*['"]?([^'"> ]+)""", re.IGNORECASE)
    page = client.follow("/simple/Foo.Bar/", {"Accept-Encoding": "identity"})
    root = client.ask("/simple/", {"Accept-Encoding": "identity"})

    found = [urljoin(page.url, each) for each in pattern.findall(page.text)]
    listed = [urljoin(root.url, each) for each in pattern.findall(root.text)]

    assert len(found) == 4
    assert all(re.search(r"#sha256=[0-9a-f]{64}$", each) for each in found)
    assert f"{client.base_url}simple/foo-bar/" in listed
    assert "html" in page["content-type"].lower()


def test_easy_install_gets_no_page_for_what_is_not_there(client: Client) -> None:
    """It reads the body of an error as a page too, so that must not look like one."""
    answer = client.ask("/simple/No.Such.Project/", {"Accept-Encoding": "identity"})

    final = client.follow("/simple/No.Such.Project/")
    assert answer.status == 301
    assert final.status == 404
    assert "href" not in final.text


def test_poetry_search_reads_names_from_the_root(client: Client) -> None:
    """It cuts the slash off every href."""
    anchors = read_html(client.ask("/simple/", {"Accept": HTML}).body).anchors

    assert {anchor.href.rstrip("/") for anchor in anchors} == set(PROJECTS)


def test_bandersnatch_8_finds_what_it_needs(client: Client) -> None:
    """Root without a slash, serials, JSON with a serial that is not older, `/packages/` paths."""
    fields = {"Accept": JSON, "Accept-Encoding": "gzip, deflate", "User-Agent": "bandersnatch/8"}
    root = client.follow("/simple", fields)
    projects = json.loads(unpacked(root))["projects"]

    assert all(entry["_last-serial"] > 0 for entry in projects)
    for entry in projects:
        name = re.sub("[-_.]+", "-", entry["name"]).lower()
        answer = client.follow(f"/pypi/{entry['name']}/json", {"Accept": "*/*"})
        if name == "empty":
            assert answer.status == 404
            continue
        assert int(answer["x-pypi-last-serial"]) >= entry["_last-serial"]
        for file in answer.json()["urls"]:
            assert file["url"].startswith(f"{client.base_url}packages/")


def test_pip_tools_joins_pypi_to_either_index_url(client: Client) -> None:
    """`urljoin(index, "pypi")` depends on the final slash of the index URL."""
    for index in (f"{client.base_url}simple", f"{client.base_url}simple/"):
        url = f"{urljoin(index, 'pypi')}/foo-bar/1.0/json"

        assert client.ask(url).json()["info"]["version"] == "1.0"


def test_hatch_looks_for_what_was_published(client: Client) -> None:
    """It reads file names out of anchors with a regular expression."""
    text = client.ask("/simple/foo-bar/", {"Accept": "*/*", "Cache-Control": "no-cache"}).text

    found = re.findall(r"<a[^>]+>([^<]+)</a>", text)

    assert set(found) == set(names_on(client.page("foo-bar")))


def test_uv_reads_a_wheel_from_its_end(client: Client) -> None:
    """HEAD, then the last bytes by their numbers, on one connection."""
    url = client.page("payload").file("payload-1.0-py3-none-any.whl")["url"]
    head = client.ask(url, {"Accept-Encoding": "identity"}, method="HEAD")
    size = int(head["content-length"])

    tail = client.ask(url, {"Range": f"bytes={size - 16_384}-{size - 1}"})

    assert head["accept-ranges"] == "bytes"
    assert (tail.status, len(tail.body)) == (206, 16_384)
    assert tail["content-range"] == f"bytes {size - 16_384}-{size - 1}/{size}"


def test_pip_asks_for_metadata_as_it_is(client: Client) -> None:
    """`Accept-Encoding: identity`, and the bytes have the advertised hash."""
    wheel = client.page("foo-bar").file("foo_bar-1.0-py3-none-any.whl")

    answer = client.ask(f"{wheel['url']}.metadata", {"Accept-Encoding": "identity"})

    assert answer.get("content-encoding") is None
    assert answer["etag"] == f'"{wheel["core-metadata"]["sha256"]}"'


def test_keep_alive_serves_one_client_after_another(client: Client) -> None:
    """Page, metadata and file on one connection, as every installer does it."""
    wheel = client.page("foo-bar").file("foo_bar-1.0-py3-none-any.whl")
    paths = ["/simple/foo-bar/", f"{wheel['url']}.metadata", wheel["url"], "/simple/no-such/"]
    requests = [client.render(client.path_of(path), {"Accept": PIP}) for path in paths]

    said = client.raw(b"".join(requests) + client.render("/-/live", {"Connection": "close"}))

    assert said.count(b"HTTP/1.1 200 OK\r\n") == 4
    assert said.count(b"HTTP/1.1 404 Not Found\r\n") == 1
    assert said.endswith(b"alive\n")


def test_http_1_0_client_is_served(client: Client) -> None:
    """Without Host and without keep-alive; the connection ends with the answer."""
    said = client.raw(b"GET /simple/foo-bar/ HTTP/1.0\r\n\r\n")

    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"transfer-encoding" not in head.lower()
    assert read_html(body).anchors
