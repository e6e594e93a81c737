"""PyPI's JSON API: statements C-88 to C-91, and section 3.1 of the notes on standards.

Both ways: the upstream's own document with our addresses, and one made from page and metadata.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from contract.conformance.asking import Client
from contract.conformance.contents import fill
from contract.conformance.serving import Site, serving
from support.packages import make_wheel
from support.simulator import CORPORATE, Simulator, Style, ask, running_simulator, status

INFO = {
    "author",
    "author_email",
    "bugtrack_url",
    "classifiers",
    "description",
    "description_content_type",
    "docs_url",
    "download_url",
    "downloads",
    "dynamic",
    "home_page",
    "keywords",
    "license",
    "license_expression",
    "license_files",
    "maintainer",
    "maintainer_email",
    "name",
    "package_url",
    "platform",
    "project_url",
    "project_urls",
    "provides_extra",
    "release_url",
    "requires_dist",
    "requires_python",
    "summary",
    "version",
    "yanked",
    "yanked_reason",
}
FILE = {
    "comment_text",
    "core-metadata",
    "digests",
    "downloads",
    "filename",
    "has_sig",
    "md5_digest",
    "packagetype",
    "python_version",
    "requires_python",
    "size",
    "upload_time",
    "upload_time_iso_8601",
    "url",
    "yanked",
    "yanked_reason",
}


@pytest.fixture(scope="module")
def without_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose upstream has no JSON API, and otherwise everything."""
    with running_simulator(Style(json_api=False)) as upstream:
        fill(upstream)
        with serving(upstream.url, tmp_path_factory.mktemp("data")) as found:
            yield Site(found, upstream)


@pytest.fixture(params=["passed on", "made here"])
def api(request: pytest.FixtureRequest, client: Client, upstream: Simulator) -> Site:
    """A server that answers from its upstream's documents, and one that makes its own."""
    if request.param == "passed on":
        return Site(client, upstream)
    site = request.getfixturevalue("without_api")
    assert isinstance(site, Site)
    return site


def test_c88_project_has_the_keys_of_pypi(api: Site) -> None:
    """What scripts look for is there, whoever made the document."""
    answer = api.client.ask("/pypi/foo-bar/json")

    document = answer.json()
    assert answer["content-type"] == "application/json"
    assert {"info", "last_serial", "releases", "urls", "vulnerabilities"} <= document.keys()
    assert document["releases"].keys() == {"1.0", "2.0"}
    assert [file["filename"] for file in document["urls"]] == [
        file["filename"] for file in document["releases"]["2.0"]
    ]


def test_c88_version_has_no_releases(api: Site) -> None:
    """The short form is about one version only."""
    document = api.client.ask("/pypi/foo-bar/1.0/json").json()

    assert "releases" not in document
    assert document["info"]["version"] == "1.0"
    assert {file["filename"] for file in document["urls"]} == {
        "foo_bar-1.0-py3-none-any.whl",
        "foo_bar-1.0.tar.gz",
    }


def test_c88_document_made_here_has_every_key(without_api: Site) -> None:
    """A program that reads `info["docs_url"]` gets null and not a crash."""
    document = without_api.client.ask("/pypi/foo-bar/json").json()

    assert document.keys() == {
        "info",
        "last_serial",
        "releases",
        "urls",
        "vulnerabilities",
        "ownership",
    }
    assert document["info"].keys() == INFO
    for file in (*document["urls"], *document["releases"]["1.0"]):
        assert file.keys() == FILE
    assert document["info"]["downloads"] == {"last_day": -1, "last_month": -1, "last_week": -1}


def test_c88_document_made_here_tells_what_metadata_tell(without_api: Site) -> None:
    """Summary, requirements and extras come from the wheel."""
    info = without_api.client.ask("/pypi/foo-bar/1.0/json").json()["info"]

    assert info["name"] == "Foo.Bar"
    assert info["summary"] == "Foo.Bar for tests"
    assert info["requires_python"] == ">=3.8"
    assert info["requires_dist"] == ["needed>=1; extra == 'x'"]
    assert "Foo.Bar, built in memory." in info["description"]


def test_c88_both_ways_agree(client: Client, without_api: Site) -> None:
    """For what both know, nobody can tell who made the document."""
    theirs = client.ask("/pypi/foo-bar/json").json()
    ours = without_api.client.ask("/pypi/foo-bar/json").json()

    for key in ("name", "version", "summary", "requires_dist", "yanked", "yanked_reason"):
        assert ours["info"][key] == theirs["info"][key]
    for mine, other in zip(ours["urls"], theirs["urls"], strict=True):
        same = FILE - {"comment_text", "digests", "md5_digest", "url"}
        assert {k: mine[k] for k in same & other.keys()} == {
            k: other[k] for k in same & other.keys()
        }
        assert mine["digests"]["sha256"] == other["digests"]["sha256"]
        assert urlsplit(mine["url"]).path == urlsplit(other["url"]).path


def test_c88_every_url_is_ours_and_leads_to_the_file(api: Site) -> None:
    """Absolute, since bandersnatch and pip-tools know no other; nothing leads past us."""
    document = api.client.ask("/pypi/foo-bar/json").json()

    files = [*document["urls"], *(file for each in document["releases"].values() for file in each)]
    assert len(files) == 6
    for file in files:
        assert file["url"].startswith(f"{api.client.base_url}packages/")
        found = api.client.ask(file["url"])
        assert (found.status, len(found.body)) == (200, file["size"])
        assert file["digests"]["sha256"] in found["etag"]


def test_c88_upstreams_own_keys_are_kept(client: Client, upstream: Simulator) -> None:
    """What only the upstream knows is passed on as it is: but for addresses, all is equal."""
    theirs = ask(f"{upstream.base_url}/pypi/foo-bar/json").json()
    ours = client.ask("/pypi/foo-bar/json").json()

    assert ours.keys() == theirs.keys()
    for key in ("info", "last_serial", "vulnerabilities"):
        assert ours[key] == theirs[key]


@pytest.mark.parametrize(
    "path",
    [
        "/pypi/no-such-project/json",
        "/pypi/foo-bar/9.9/json",
        "/pypi/no-such-project/1.0/json",
        "/pypi/quarantined/json",
        "/pypi/quarantined/1.0/json",
        "/pypi/empty/json",
        "/pypi/foo-bar/1.0/2.0/json",
        "/pypi/foo-bar",
        "/pypi/foo-bar/",
    ],
)
def test_c89_what_is_not_there_is_404(api: Site, path: str) -> None:
    """Unknown, without a release, or in quarantine. Source: PyPI."""
    assert api.client.ask(path).status in {404, 400}
    if path.endswith("json") and "2.0" not in path:
        assert api.client.ask(path).status == 404


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/pypi/Foo_Bar/json", "/pypi/foo-bar/json"),
        ("/pypi/FOO.BAR/1.0/json", "/pypi/foo-bar/1.0/json"),
        ("/pypi/foo-bar/json/", "/pypi/foo-bar/json"),
        ("/pypi/foo-bar/1.0/json/", "/pypi/foo-bar/1.0/json"),
        ("/simple/pypi/Foo_Bar/json", "/simple/pypi/foo-bar/json"),
        ("/pypi/Foo.Bar/1!2.0+local/json", "/pypi/foo-bar/1!2.0+local/json"),
    ],
)
def test_c89_other_spelling_is_301(api: Site, path: str, expected: str) -> None:
    """Anything but 200 is "not found" for poetry, unless it is sent on."""
    answer = api.client.ask(path)

    assert answer.status == 301
    assert (
        urlsplit(urljoin(answer.url, answer["location"]))
        .path.replace("%2B", "+")
        .replace("%21", "!")
        == expected
    )


@pytest.mark.parametrize("name", ["%00", "..", "%2e%2e", "f%C3%B6", "a%2fb", "-a", "%ff"])
@pytest.mark.parametrize("tail", ["json", "1.0/json"])
def test_c89_name_that_is_none_is_refused(api: Site, name: str, tail: str) -> None:
    """With a sentence, as on the simple pages."""
    assert api.client.ask(f"/pypi/{name}/{tail}").status in {400, 404}


@pytest.mark.parametrize("version", ["%00", "..", "%ff", "not-a-version", "1.0%0a", "a" * 500, "*"])
def test_c89_version_that_is_none_is_refused(api: Site, version: str) -> None:
    """No upstream is asked for a path that somebody made up."""
    before = api.upstream.count("json")

    assert api.client.ask(f"/pypi/foo-bar/{version}/json").status in {400, 404}
    assert api.upstream.count("json") == before


@pytest.mark.parametrize("version", ["1", "1.0.0", "v1.0", "1.0+"])
def test_c89_version_in_another_spelling_is_the_same_version(api: Site, version: str) -> None:
    """Versions are compared as PEP 440 has it, not letter by letter."""
    answer = api.client.ask(f"/pypi/foo-bar/{version}/json")

    assert answer.status == (404 if version == "1.0+" else 200)
    assert version == "1.0+" or answer.json()["info"]["version"] == "1.0"


def test_c90_version_is_the_newest_that_is_final_and_not_yanked(api: Site) -> None:
    """Not 2.0rc1, and not 1.2, which was yanked."""
    document = api.client.ask("/pypi/prereleases/json").json()

    assert document["info"]["version"] == "1.1"
    assert document["info"]["yanked"] is False
    assert [file["filename"] for file in document["urls"]] == ["prereleases-1.1-py3-none-any.whl"]


def test_c90_version_that_was_yanked_says_so(api: Site) -> None:
    """Asked for by number it is shown, with its reason."""
    info = api.client.ask("/pypi/yanked/3.0/json").json()["info"]

    assert (info["yanked"], info["yanked_reason"]) == (True, "withdrawn")


@pytest.mark.parametrize("tail", ["foo-bar/json", "foo-bar/1.0/json"])
def test_c91_both_addresses_answer(api: Site, tail: str) -> None:
    """pip-tools joins `pypi` to the index URL, with or without its final slash."""
    first, second = api.client.ask(f"/pypi/{tail}"), api.client.ask(f"/simple/pypi/{tail}")

    assert first.status == second.status == 200
    assert first.body == second.body
    assert first["etag"] == second["etag"]


def test_document_has_the_headers_of_pypi(api: Site) -> None:
    """Lifetime, tag, serial, and leave for scripts of any page to read it."""
    answer = api.client.ask("/pypi/foo-bar/json")

    assert "max-age=" in answer["cache-control"]
    assert answer["access-control-allow-origin"] == "*"
    assert answer["x-pypi-last-serial"] == str(answer.json()["last_serial"])
    assert answer["x-pypi-last-serial"] == api.client.page("foo-bar")["x-pypi-last-serial"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_document_that_the_client_has_is_304(api: Site, method: str) -> None:
    """The tag is a digest of the document, so it is the same until something changes."""
    tag = api.client.ask("/pypi/foo-bar/json")["etag"]

    answer = api.client.ask("/pypi/foo-bar/json", {"If-None-Match": tag}, method=method)

    assert (answer.status, answer["etag"]) == (304, tag)
    assert "max-age=" in answer["cache-control"]


def test_head_of_a_document_has_the_headers_of_get(api: Site) -> None:
    """Only the clock may move between the two."""
    timed = {"date", "age", "cache-status"}
    whole = api.client.ask("/pypi/foo-bar/json")

    head = api.client.ask("/pypi/foo-bar/json", method="HEAD")

    assert head.body == b""
    assert [h for h in head.headers if h[0] not in timed] == [
        h for h in whole.headers if h[0] not in timed
    ]


def test_api_that_fails_is_replaced_by_our_own(troubled: Site) -> None:
    """The page is there, so the document can be made of it."""
    troubled.upstream.add(make_wheel("api-down", "1.0"))
    troubled.upstream.fault("/pypi/api-down/*", status(404))
    troubled.upstream.add(make_wheel("api-broken", "1.0"))
    troubled.upstream.fault("/pypi/api-broken/*", status(500))

    for name in ("api-down", "api-broken"):
        document = troubled.client.ask(f"/pypi/{name}/json").json()
        assert document["info"].keys() == INFO
        assert document["info"]["version"] == "1.0"


def test_api_of_another_project_is_not_passed_on(troubled: Site) -> None:
    """A document that is about somebody else is a mistake upstream, or worse."""
    troubled.upstream.add(make_wheel("mine", "1.0"), make_wheel("theirs", "6.6"))
    other = ask(f"{troubled.upstream.base_url}/pypi/theirs/json").body
    troubled.upstream.fault("/pypi/mine/json", status(200, body=other))

    document = troubled.client.ask("/pypi/mine/json").json()

    assert document["info"]["name"] == "mine"
    assert document["info"]["version"] == "1.0"


def test_upstream_that_says_least_has_documents_too(tmp_path: Path) -> None:
    """HTML without sizes, hashes and dates: nulls, and addresses that work."""
    with running_simulator(CORPORATE) as upstream:
        upstream.add(make_wheel("sparse", "1.0"))
        with serving(upstream.url, tmp_path) as client:
            document = client.ask("/pypi/sparse/json").json()
            (file,) = document["urls"]

            assert file.keys() == FILE
            assert (file["size"], file["upload_time"], file["digests"]) == (None, None, {})
            assert client.ask(file["url"]).status == 200
