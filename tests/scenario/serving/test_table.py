"""Every server answers the same table of requests, wherever the tree is and whatever it is below.

What is sent are the bytes of the tree; which of them, is decided as the program itself decides.
"""

import gzip
from urllib.parse import urljoin

import pytest
import zstandard

from scenario.serving import cases
from scenario.serving.cases import Address
from scenario.serving.sites import CODINGS, Answer, Served
from support.served_trees import TREE
from wheelyard.wire.negotiate import Form, negotiate

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

ENDINGS = {"": "", "gzip": ".gz", "zstd": ".zst"}


def accepting(accept: str | None, coding: str | None = None) -> dict[str, str]:
    """Return the headers of a client."""
    given = {"Accept": accept, "Accept-Encoding": coding}
    return {name: value for name, value in given.items() if value is not None}


def body_of(answer: Answer) -> bytes:
    """Return the body without its coding."""
    coding = answer.headers.get("content-encoding", "")
    if coding == "gzip":
        return gzip.decompress(answer.body)
    return zstandard.ZstdDecompressor().decompress(answer.body) if coding == "zstd" else answer.body


@pytest.mark.parametrize("accept", cases.ACCEPTS, ids=repr)
def test_page_has_the_form_that_the_program_would_choose(
    served: Served, accept: str | None
) -> None:
    """By `Accept`, with its weights and stars; never a refusal."""
    form = negotiate(accept)

    answer = served.ask("/simple/demo/", accepting(accept))

    assert answer.status == 200
    assert answer.headers["content-type"] == form.media_type
    assert answer.body == TREE.page("demo").variant(form, "identity").body
    assert answer.words("vary") == {"accept", "accept-encoding"}
    assert answer.headers["cache-control"] == cases.FOR_A_WHILE
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("asked", [cases.JSON, cases.JSON.replace("+", "%2B"), "text/html"])
def test_format_of_the_query_wins(served: Served, asked: str) -> None:
    """Over `Accept`, as PEP 691 has it; a plus may be written as it is."""
    other = "text/html" if "json" in asked else cases.JSON

    answer = served.ask(f"/simple/demo/?format={asked}", accepting(other))

    assert answer.headers["content-type"].partition(";")[0] == asked.replace("%2B", "+")


@pytest.mark.parametrize("name", ["", "big", "from-source"])
@pytest.mark.parametrize("coding", cases.CODED, ids=repr)
def test_page_comes_in_a_coding_that_is_there_and_taken(
    served: Served, coding: str | None, name: str
) -> None:
    """As it was compressed when it was published; a page that was not comes as it is."""
    allowed = cases.CODED[coding] & (CODINGS[served.kind] | {""})
    page = f"simple/{name}/" if name else "simple/"
    has_packed = (served.folder / f"{page}index.json.gz").exists()

    answer = served.ask(f"/{page}", accepting(cases.JSON, coding))

    sent = answer.headers.get("content-encoding", "")
    assert answer.status == 200
    assert sent in (allowed or {""} if has_packed else {""})
    assert answer.body == (served.folder / f"{page}index.json{ENDINGS[sent]}").read_bytes()
    assert body_of(answer) == TREE.page(name).variant(Form.JSON, "identity").body
    assert answer.words("vary") == {"accept", "accept-encoding"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("address", cases.ADDRESSES, ids=str)
def test_object_is_sent_as_it_is_in_the_tree(served: Served, address: Address, method: str) -> None:
    """With its type, for as long as it may be kept, and never in a coding of its own."""
    content = (served.folder / address.object_path).read_bytes()

    answer = served.ask(address.link, address.headers, method)

    assert answer.status == 200
    assert answer.body == (content if method == "GET" else b"")
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["content-type"] == address.content_type
    assert answer.headers["cache-control"] == address.cache_control
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", cases.MISSING)
def test_what_is_not_in_the_tree_is_not_found(served: Served, path: str) -> None:
    """Nor is what the tree keeps to itself; and nobody is told to remember it."""
    answer = served.ask(path, accepting(cases.JSON))

    assert answer.status in {404, 400}
    assert "immutable" not in answer.headers.get("cache-control", "")
    assert b"not yet" not in answer.body


@pytest.mark.parametrize("name", ["Demo", "from_source", "FROM.Source"])
def test_name_that_is_not_normalised_is_not_found(served: Served, name: str) -> None:
    """A file server cannot compute names; every installer since 2015 normalises by itself."""
    assert served.ask(f"/simple/{name}/", accepting(cases.JSON)).status == 404


@pytest.mark.parametrize("path", cases.REDIRECTS)
def test_address_without_its_slash_leads_to_the_one_with_it(served: Served, path: str) -> None:
    """Under whatever host and path the tree is."""
    answer = served.ask(path)

    asked = f"{served.base_url}{path}"
    assert answer.status == 301
    assert urljoin(asked, answer.headers["location"]) == served.base_url + cases.REDIRECTS[path]


def test_address_of_the_tree_leads_to_the_list(served: Served) -> None:
    """For people who type it."""
    answer = served.ask("/")

    assert answer.status == 302
    assert urljoin(f"{served.base_url}/", answer.headers["location"]) == served.index_url


@pytest.mark.parametrize("path", ["/simple/big/", cases.link_to(cases.WHEEL)])
def test_client_that_has_it_is_told_so(served: Served, path: str) -> None:
    """304 without a body, for the same form and coding; not for another one of the page."""
    headers = accepting(cases.JSON, "gzip")
    etag = served.ask(path, headers).headers["etag"]

    again = served.ask(path, {**headers, "If-None-Match": etag})
    other = served.ask(path, {**headers, "If-None-Match": '"something-else"'})
    html = served.ask(path, {**accepting("text/html"), "If-None-Match": etag})

    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == etag
    assert again.headers["cache-control"] == other.headers["cache-control"]
    assert other.status == 200
    assert html.status == (200 if path.startswith("/simple/") else 304)


def test_file_can_be_had_in_parts(served: Served) -> None:
    """So that a download can be resumed, and metadata read out of a wheel."""
    link, content = cases.link_to(cases.WHEEL), TREE.of("demo")[0].content

    part = served.ask(link, {"Range": "bytes=100-199"})
    tail = served.ask(link, {"Range": "bytes=-50", "Accept-Encoding": "gzip"})
    beyond = served.ask(link, {"Range": f"bytes={len(content)}-"})
    changed = served.ask(link, {"Range": "bytes=1-2", "If-Range": '"another"'})

    assert (part.status, part.body) == (206, content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(content)}"
    assert (tail.status, tail.body) == (206, content[-50:])
    assert beyond.status == 416
    assert (changed.status, changed.body) == (200, content)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_tree_takes_nothing(served: Served, method: str) -> None:
    """There is nobody to take it."""
    for path in ("/simple/demo/", cases.link_to(cases.WHEEL), "/legacy/"):
        assert served.ask(path, method=method).status in {403, 404, 405}
