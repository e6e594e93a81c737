"""Every answer says how the cache came by it: RFC 9211, for every kind of answer there is.

``check_manners`` looks at each answer of every other test here; this is the list by kind.
"""

from collections.abc import Iterator

import pytest

from contract.conformance.asking import HTML, JSON, Client
from contract.conformance.serving import Site, recover, serving
from support.packages import Package, make_wheel
from support.simulator import Simulator, status

DEMO = make_wheel("demo", "1.0", payload_bytes=100_000)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that holds one project with its files."""
    with (
        Simulator() as upstream,
        serving(upstream.url, tmp_path_factory.mktemp("data")) as client,
    ):
        upstream.add(DEMO, provenance={"version": 1, "attestation_bundles": [{"publisher": {}}]})
        yield Site(client, upstream)


@pytest.fixture
def path(site: Site) -> str:
    """The path of a file that is held."""
    found = path_of(site.client, DEMO)
    site.client.ask(found)
    return found


def path_of(client: Client, package: Package) -> str:
    """Return the path of a file."""
    page = client.page(package.name)
    return client.path_of(str(page.file(package.filename)["url"]))


@pytest.mark.parametrize(
    ("target", "accept", "code", "said"),
    [
        ("/simple/", JSON, 200, "wheelyard; "),
        ("/simple/", HTML, 200, "wheelyard; "),
        ("/simple/demo/", JSON, 200, "wheelyard; hit"),
        ("/simple/demo/", HTML, 200, "wheelyard; hit"),
        ("/simple/demo", HTML, 301, "wheelyard; detail=redirect"),
        ("/simple/Demo/", HTML, 301, "wheelyard; detail=redirect"),
        ("/simple/nowhere/", JSON, 404, "wheelyard; detail=absent"),
        ("/nowhere", JSON, 404, "wheelyard; detail=absent"),
        ("/packages/de/mo/demo-9.whl", JSON, 404, "wheelyard; detail=absent"),
        ("/simple/%00/", JSON, 400, "wheelyard; detail=refused"),
        ("/pypi/demo/json", JSON, 200, "wheelyard; "),
        ("/-/status", JSON, 200, "wheelyard; detail=own"),
        ("/-/metrics", JSON, 200, "wheelyard; detail=own"),
        ("/-/live", JSON, 200, "wheelyard; detail=own"),
        ("/-/ready", JSON, 200, "wheelyard; detail=own"),
        ("/", JSON, 200, "wheelyard; detail=own"),
    ],
)
@pytest.mark.usefixtures("path")
def test_answer_says_how_it_came_about(
    site: Site, target: str, accept: str, code: int, said: str
) -> None:
    """Pages, lists, documents, redirects, errors, and what is about the server itself."""
    for method in ("GET", "HEAD"):
        answer = site.client.ask(target, {"Accept": accept}, method=method)

        assert (answer.status, answer["cache-status"][: len(said)]) == (code, said)


def test_conditional_answers_say_it_too(site: Site, path: str) -> None:
    """304 of a page, of a file, of its HEAD and of a document."""
    for target in ("/simple/demo/", "/simple/", path, "/pypi/demo/json"):
        whole = site.client.ask(target, {"Accept": JSON})
        for method in ("GET", "HEAD"):
            fields = {"Accept": JSON, "If-None-Match": whole["etag"]}
            answer = site.client.ask(target, fields, method=method)

            assert answer.status == 304
            assert answer["cache-status"].startswith("wheelyard; ")


def test_file_says_whether_it_was_held(site: Site) -> None:
    """Whole, in part, by its head, beyond its end; and the documents beside it."""
    package = make_wheel("fresh", "1.0", payload_bytes=100_000)
    site.upstream.add(package)
    path = path_of(site.client, package)

    assert site.client.ask(path)["cache-status"] == "wheelyard; fwd=miss; stored"
    site.client.until(path, lambda again: again["cache-status"] == "wheelyard; hit")
    part = site.client.ask(path, {"Range": "bytes=1-9"})
    assert (part.status, part["cache-status"]) == (206, "wheelyard; hit")
    head = site.client.ask(path, method="HEAD")
    assert (head.status, head["cache-status"]) == (200, "wheelyard; detail=page")
    beyond = site.client.ask(path, {"Range": "bytes=999999999-"})
    assert (beyond.status, beyond["cache-status"]) == (416, "wheelyard; detail=refused")
    metadata = site.client.ask(f"{path}.metadata")
    assert (metadata.status, metadata["cache-status"]) == (200, "wheelyard; detail=held")


def test_provenance_says_whether_it_was_held(site: Site) -> None:
    """It is kept like a page."""
    url = str(site.client.page("demo").file(DEMO.filename)["provenance"])

    assert site.client.ask(url)["cache-status"] == "wheelyard; fwd=miss; stored"
    assert site.client.ask(url)["cache-status"].startswith("wheelyard; hit")


def test_outage_is_said(site: Site) -> None:
    """A page that nobody can give is unavailable; other methods are refused."""
    site.upstream.fault("*", status(500))
    answer = site.client.ask("/simple/unknown/", {"Accept": JSON})
    posted = site.client.ask("/simple/", {"Content-Length": "0"}, method="POST")
    recover(site.client, site.upstream)

    assert (answer.status, answer["cache-status"]) == (503, "wheelyard; detail=unavailable")
    assert (posted.status, posted["cache-status"]) == (405, "wheelyard; detail=refused")
