"""The JSON API: upstream's document with our links, or one made of page and metadata."""

import json
from dataclasses import replace

import msgspec
import pytest

from pages.repository import FakeRepository
from server.asgi import Call, FakeBlob
from server.chain import FakeChain, index_over
from support.fakes import make_file, make_project
from wheelyard.app import HOSTED
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, BadInput, Refused, Unavailable, WheelyardError
from wheelyard.model import ProjectStatus
from wheelyard.pages import PageLinks
from wheelyard.repository.keepers import KeptDocument
from wheelyard.server.address import Addresses
from wheelyard.server.documents import JsonApi

pytestmark = pytest.mark.anyio

WHEEL = make_file("foo_bar-1.0-py3-none-any.whl", core_metadata=(("sha256", "ab" * 32),))
SDIST = make_file("foo_bar-2.0.tar.gz")
METADATA = b"Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\nSummary: a summary\n"
DOCUMENT = {
    "info": {"name": "Foo.Bar", "version": "2.0", "x": [1]},
    "urls": [{"filename": SDIST.filename, "url": "https://index.example/a", "size": 1}],
    "releases": {"1.0": [], "2.0": []},
}


@pytest.fixture
def chain(clock: FrozenClock) -> FakeChain:
    """A chain with a project of two versions, and upstream's document about it."""
    repository = FakeRepository(
        clock,
        {"foo-bar": make_project("foo-bar", WHEEL, SDIST, serial=3)},
        {f"{WHEEL.filename}.metadata": FakeBlob(METADATA)},
    )
    kept = KeptDocument(json.dumps(DOCUMENT).encode(), serial=7)
    return FakeChain(repository, documents={"json:foo-bar": kept})


def api_over(chain: FakeChain, links: PageLinks | None = None, base_url: str = "") -> JsonApi:
    """Return what answers for ``chain``."""
    return JsonApi(index_over(chain, links), Addresses(base_url), chain.repository.clock)


async def answered(api: JsonApi, call: Call) -> Call:
    """Return ``call`` once it was answered."""
    exchange = call.exchange
    await api(exchange, exchange.path.split("/")[1:])
    return call


async def test_upstreams_document_is_passed_on_with_our_links(chain: FakeChain) -> None:
    """All else is as it was, with upstream's serial."""
    call = await answered(api_over(chain), Call("/pypi/foo-bar/json"))

    document = json.loads(call.body)
    assert call.status == 200
    assert document["info"] == DOCUMENT["info"]
    assert document["urls"][0]["url"].startswith("http://127.0.0.1:8765/packages/")
    assert document["urls"][0]["url"].endswith("/foo_bar-2.0.tar.gz")
    assert call.headers["x-pypi-last-serial"] == "7"


async def test_answer_has_the_headers_of_pypi(chain: FakeChain) -> None:
    """Type, length, tag, lifetime, and leave for scripts of any page."""
    call = await answered(api_over(chain), Call("/pypi/foo-bar/json"))

    assert call.headers["content-type"] == "application/json"
    assert call.headers["content-length"] == str(len(call.body))
    assert call.headers["cache-control"] == "public, max-age=60"
    assert call.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_document_that_the_client_has_is_304(chain: FakeChain, method: str) -> None:
    """The tag is a digest of the document."""
    first = await answered(api_over(chain), Call("/pypi/foo-bar/json"))
    fields = {"If-None-Match": first.headers["etag"]}

    again = await answered(api_over(chain), Call("/pypi/foo-bar/json", fields, method))

    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-type" not in again.headers


@pytest.mark.parametrize(
    ("links", "base_url", "start"),
    [
        (PageLinks(), "https://index.example/py", "https://index.example/py/packages/"),
        (PageLinks("https://cdn.example"), "", "https://cdn.example/packages/"),
    ],
)
async def test_links_start_with_the_configured_address(
    chain: FakeChain, links: PageLinks, base_url: str, start: str
) -> None:
    """Absolute, because no client of this interface resolves any other."""
    call = await answered(api_over(chain, links, base_url), Call("/pypi/foo-bar/json"))

    assert json.loads(call.body)["urls"][0]["url"].startswith(start)


async def test_file_that_is_not_on_our_page_is_left_out(chain: FakeChain) -> None:
    """The same owner and the same policy as the page."""
    foreign = {"filename": "foo_bar-9.9.tar.gz", "url": "https://index.example/b"}
    text = json.dumps({**DOCUMENT, "urls": [*DOCUMENT["urls"], foreign]})
    chain.documents["json:foo-bar"] = KeptDocument(text.encode())

    call = await answered(api_over(chain), Call("/pypi/foo-bar/json"))

    assert b"9.9" not in call.body
    assert call.headers["x-pypi-last-serial"] == "3"


@pytest.mark.parametrize(
    "instead",
    [
        pytest.param(Absent("`foo-bar`"), id="no JSON API"),
        pytest.param(Unavailable("`foo-bar`"), id="out of order"),
        pytest.param(KeptDocument(b"<html>"), id="no JSON"),
        pytest.param(KeptDocument(b"{}"), id="no document"),
        pytest.param(KeptDocument(b'{"info": {"name": "other"}, "urls": []}'), id="of another"),
    ],
)
async def test_document_is_made_of_the_page_where_upstream_has_none(
    chain: FakeChain, instead: KeptDocument | WheelyardError
) -> None:
    """The page is there, so there is an answer."""
    chain.documents["json:foo-bar"] = instead

    call = await answered(api_over(chain), Call("/pypi/foo-bar/json"))

    document = json.loads(call.body)
    assert document["info"]["version"] == "2.0"
    assert document["releases"].keys() == {"1.0", "2.0"}
    assert call.headers["x-pypi-last-serial"] == "3"


async def test_document_of_a_version_tells_what_its_metadata_tell(chain: FakeChain) -> None:
    """Name as it is displayed, summary, and only the files of that version."""
    call = await answered(api_over(chain), Call("/pypi/foo-bar/1.0/json"))

    document = json.loads(call.body)
    assert document["info"]["name"] == "Foo.Bar"
    assert document["info"]["summary"] == "a summary"
    assert [file["filename"] for file in document["urls"]] == [WHEEL.filename]
    assert "releases" not in document


async def test_document_without_metadata_tells_what_the_page_tells(chain: FakeChain) -> None:
    """Metadata that cannot be had now are no reason to have no answer."""
    chain.repository.blobs.clear()

    call = await answered(api_over(chain), Call("/pypi/foo-bar/1.0/json"))

    info = json.loads(call.body)["info"]
    assert (info["name"], info["summary"]) == ("foo-bar", None)


async def test_version_in_another_spelling_is_asked_for_as_its_owner_writes_it(
    chain: FakeChain,
) -> None:
    """One document per version, however many spellings there are."""
    await answered(api_over(chain), Call("/pypi/foo-bar/1.0.0/json"))

    assert chain.asked == ["json:foo-bar/1.0"]


@pytest.mark.parametrize("version", ["9.9", "nonsense", "1.0-x"])
async def test_version_that_the_page_does_not_know_is_asked_of_nobody(
    chain: FakeChain, version: str
) -> None:
    """Made-up versions do not become requests to the upstream."""
    with pytest.raises(Absent):
        await answered(api_over(chain), Call(f"/pypi/foo-bar/{version}/json"))

    assert chain.asked == []


@pytest.mark.parametrize("tail", ["json", "1.0/json"])
async def test_project_in_quarantine_is_absent(chain: FakeChain, tail: str) -> None:
    """As at PyPI."""
    project = chain.repository.pages["foo-bar"]
    status = ProjectStatus("quarantined")
    chain.repository.pages["foo-bar"] = msgspec.structs.replace(project, status=status)

    with pytest.raises(Absent):
        await answered(api_over(chain), Call(f"/pypi/foo-bar/{tail}"))


async def test_project_without_files_is_absent(chain: FakeChain) -> None:
    """There is no release to describe."""
    chain.repository.pages["foo-bar"] = make_project("foo-bar")

    with pytest.raises(Absent):
        await answered(api_over(chain), Call("/pypi/foo-bar/json"))


async def test_refusal_is_passed_on(chain: FakeChain) -> None:
    """Policy is no outage: nothing is made up in its place."""
    chain.documents["json:foo-bar"] = Refused("`foo-bar`", "it is blocked")

    with pytest.raises(Refused):
        await answered(api_over(chain), Call("/pypi/foo-bar/json"))


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/pypi/Foo_Bar/json", "../foo-bar/json"),
        ("/pypi/Foo.Bar/1.0/json", "../../foo-bar/1.0/json"),
        ("/pypi/foo-bar/json/", "../json"),
        ("/pypi/foo-bar/1.0/json/", "../json"),
    ],
)
async def test_other_address_leads_to_the_true_one(
    chain: FakeChain, target: str, location: str
) -> None:
    """Nobody is asked before the address is right."""
    call = await answered(api_over(chain), Call(target))

    assert (call.status, call.headers["location"]) == (301, location)
    assert chain.repository.asked == []


@pytest.mark.parametrize(
    "target", ["/pypi/", "/pypi/foo-bar", "/pypi/foo-bar/", "/pypi/a/b/c/json", "/pypi/-/json"]
)
async def test_address_that_is_none_is_bad_input(chain: FakeChain, target: str) -> None:
    """With a sentence that says what an address looks like."""
    with pytest.raises(BadInput):
        await answered(api_over(chain), Call(target))


@pytest.mark.parametrize("files_url", ["", "https://files.example/hosted"])
async def test_hosted_part_links_where_mirror_programs_look(
    chain: FakeChain, files_url: str
) -> None:
    """They take nothing whose path does not begin with `/packages`."""
    api = api_over(chain, PageLinks(files_url), "https://mirror.example")
    hosted = replace(api, index=replace(api.index, name=HOSTED))

    call = await answered(hosted, Call("/pypi/foo-bar/json"))

    base = "https://files.example" if files_url else "https://mirror.example"
    assert json.loads(call.body)["urls"][0]["url"].startswith(f"{base}/packages/")
