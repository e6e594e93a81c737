"""The simulator's pages are those of the index whose style it wears."""

import json
from collections.abc import Iterator

import html5lib
import pytest

from support.packages import make_sdist, make_stub, make_wheel
from support.simulator import (
    JSON,
    Reply,
    Simulator,
    ask,
)

PIP = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
)


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """Run an index that holds one wheel."""
    with Simulator() as running:
        running.add(make_wheel("Demo.Lib", "1.0", requires_python=">=3.8"))
        yield running


def _links(reply: Reply) -> list[dict[str, str]]:
    tree = html5lib.parse(reply.body, namespaceHTMLElements=False)
    return [dict(anchor.attrib) for anchor in tree.iter("a")]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "text/html; charset=utf-8"),
        ("text/html", "text/html; charset=utf-8"),
        (PIP, "application/vnd.pypi.simple.v1+json"),
        ("application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+html"),
        ("APPLICATION/VND.PYPI.SIMPLE.V1+JSON", "application/vnd.pypi.simple.v1+json"),
        ("application/vnd.pypi.simple.latest+json", "application/vnd.pypi.simple.v1+json"),
        ("application/vnd.pypi.simple.v1+json;q=0, */*", "text/html; charset=utf-8"),
        ("image/png", "text/html; charset=utf-8"),
        (";;;q=what,,", "text/html; charset=utf-8"),
    ],
)
def test_page_is_negotiated_as_on_pypi(upstream: Simulator, accept: str, content_type: str) -> None:
    """The simulator answers in the type that PyPI would answer in."""
    reply = ask(f"{upstream.url}demo-lib/", {"Accept": accept})

    assert reply.headers["content-type"].startswith(content_type)
    assert reply.headers["vary"] == "Accept"


def test_json_page_has_the_keys_of_pypi(upstream: Simulator) -> None:
    """A JSON page is complete to version 1.4, with PyPI's private key."""
    package = make_wheel("Demo.Lib", "1.0", requires_python=">=3.8")

    reply = ask(f"{upstream.url}demo-lib/", JSON)

    page = reply.json()
    assert page["meta"] == {"api-version": "1.4", "_last-serial": upstream.serial}
    assert page["name"] == "demo-lib"
    assert page["versions"] == ["1.0"]
    (listed,) = reply.files()
    assert str(listed["url"]).endswith(package.filename)
    assert listed["hashes"] == {"sha256": package.sha256}
    assert listed["size"] == package.size
    assert listed["upload-time"] == "2024-01-01T12:00:00.123456Z"
    assert listed["requires-python"] == ">=3.8"
    assert listed["yanked"] is False
    assert reply.headers["x-pypi-last-serial"] == str(upstream.serial)


def test_html_page_says_the_same_as_json(upstream: Simulator) -> None:
    """Both forms carry the hash, the Python and the metadata of a file."""
    listed = ask(f"{upstream.url}demo-lib/", JSON).files()[0]

    (link,) = _links(ask(f"{upstream.url}demo-lib/"))

    package = make_wheel("Demo.Lib", "1.0", requires_python=">=3.8")
    assert link["href"] == f"{listed['url']}#sha256={package.sha256}"
    assert link["data-requires-python"] == ">=3.8"
    assert link["data-core-metadata"] == link["data-dist-info-metadata"]
    assert listed["core-metadata"] == {"sha256": str(link["data-core-metadata"])[7:]}


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/simple", "/simple/"),
        ("/simple/demo-lib", "/simple/demo-lib/"),
        ("/simple/Demo.Lib/", "/simple/demo-lib/"),
        ("/pypi/Demo.Lib/json", "/pypi/demo-lib/json"),
    ],
)
def test_path_that_is_not_canonical_is_redirected(
    upstream: Simulator, path: str, location: str
) -> None:
    """Clients that do not normalise find their way."""
    reply = ask(upstream.base_url + path)

    assert (reply.status, reply.headers["location"]) == (301, location)


@pytest.mark.parametrize("path", ["/simple/unknown/", "/pypi/unknown/json", "/nothing"])
def test_unknown_path_is_404(upstream: Simulator, path: str) -> None:
    """What is not there is said not to be there."""
    assert ask(upstream.base_url + path).status == 404


def test_page_asked_for_with_its_etag_is_304(upstream: Simulator) -> None:
    """An unchanged page is not sent twice."""
    first = ask(f"{upstream.url}demo-lib/", JSON)

    second = ask(f"{upstream.url}demo-lib/", {**JSON, "If-None-Match": first.headers["etag"]})

    assert (second.status, second.body) == (304, b"")
    assert first.headers["cache-control"] == "max-age=600, public"


def test_head_has_the_length_and_no_body(upstream: Simulator) -> None:
    """HEAD says what GET would."""
    whole = ask(f"{upstream.url}demo-lib/")

    head = ask(f"{upstream.url}demo-lib/", method="HEAD")

    assert head.body == b""
    assert head.headers["content-length"] == str(len(whole.body))


def test_post_is_refused(upstream: Simulator) -> None:
    """Nothing can be uploaded to the simulator."""
    assert ask(upstream.url, method="POST").status == 405


def test_root_lists_names_with_serials(upstream: Simulator) -> None:
    """A mirror learns from the list what has changed."""
    root = ask(upstream.url, JSON).json()

    assert root["projects"] == [{"_last-serial": upstream.serial, "name": "Demo.Lib"}]
    assert root["meta"] == {"_last-serial": upstream.serial, "api-version": "1.4"}


def test_each_change_gives_the_project_a_new_serial(upstream: Simulator) -> None:
    """Serials grow, and only those of what changed."""
    before = upstream.serial

    upstream.add(make_wheel("other", "1.0"))

    assert upstream.serial == before + 1
    unchanged = ask(f"{upstream.url}demo-lib/", JSON)
    assert unchanged.headers["x-pypi-last-serial"] == str(before)


def test_yanked_file_carries_its_reason(upstream: Simulator) -> None:
    """A yank shows in both forms."""
    upstream.add(make_wheel("Demo.Lib", "1.0"), yanked="broken <badly>")

    reply = ask(f"{upstream.url}demo-lib/")

    assert _links(reply)[0]["data-yanked"] == "broken <badly>"
    assert ask(f"{upstream.url}demo-lib/", JSON).files()[0]["yanked"] == "broken <badly>"


def test_file_added_again_is_listed_once(upstream: Simulator) -> None:
    """Adding a file again changes how it is listed."""
    upstream.add(make_wheel("Demo.Lib", "1.0", requires_python=">=3.8"), yanked="")

    (listed,) = ask(f"{upstream.url}demo-lib/", JSON).files()

    assert listed["yanked"] is True


def test_removed_file_is_gone_from_page_and_path(upstream: Simulator) -> None:
    """A deleted file cannot be had under its old address either."""
    url = str(ask(f"{upstream.url}demo-lib/", JSON).files()[0]["url"])

    upstream.remove("demo_lib-1.0-py3-none-any.whl")

    assert ask(f"{upstream.url}demo-lib/", JSON).files() == []
    assert ask(url).status == 404


def test_removed_project_is_404(upstream: Simulator) -> None:
    """A deleted project has no page."""
    upstream.remove_project("demo-lib")

    assert ask(f"{upstream.url}demo-lib/").status == 404


def test_registered_project_has_an_empty_page(upstream: Simulator) -> None:
    """A project without files is not an unknown project."""
    upstream.add_project("Fresh")

    reply = ask(f"{upstream.url}fresh/", JSON)

    assert (reply.status, reply.files()) == (200, [])


def test_quarantined_project_shows_its_status_and_no_files(upstream: Simulator) -> None:
    """Quarantine empties the page, leaves the list and closes the JSON API, as on PyPI."""
    upstream.status("demo-lib", "quarantined", "malware")

    page = ask(f"{upstream.url}demo-lib/", JSON).json()

    assert page["project-status"] == {"status": "quarantined", "reason": "malware"}
    assert page["files"] == []
    assert ask(upstream.url, JSON).json()["projects"] == []
    assert ask(f"{upstream.base_url}/pypi/demo-lib/json").status == 404
    assert (
        'name="pypi:project-status-reason" content="malware"'
        in ask(f"{upstream.url}demo-lib/").text
    )


def test_unknown_keys_and_versions_are_passed_through(upstream: Simulator) -> None:
    """An index from the future can be played."""
    upstream.api_version = "1.9"
    upstream.project_extra("demo-lib", {"alternate-locations": [], "_private": 1})

    page = ask(f"{upstream.url}demo-lib/", JSON).json()

    assert page["_private"] == 1
    assert page["meta"] == {"api-version": "1.9", "_last-serial": upstream.serial}


def test_json_api_describes_the_newest_release(upstream: Simulator) -> None:
    """The JSON API looks past pre-releases and yanked versions."""
    upstream.add(make_wheel("Demo.Lib", "3.0rc1"), make_sdist("Demo.Lib", "1.1"))
    upstream.add(make_wheel("Demo.Lib", "2.0"), yanked="no")

    reply = ask(f"{upstream.base_url}/pypi/demo-lib/json")

    document = json.loads(reply.body)
    assert document["info"]["version"] == "1.1"
    assert list(document["releases"]) == ["1.0", "1.1", "2.0", "3.0rc1"]
    assert document["urls"][0]["packagetype"] == "sdist"
    assert document["last_serial"] == upstream.serial
    assert reply.headers["x-pypi-last-serial"] == str(upstream.serial)


def test_json_api_of_one_version_has_no_releases(upstream: Simulator) -> None:
    """The form for one version is the smaller one."""
    document = ask(f"{upstream.base_url}/pypi/demo-lib/1.0/json").json()

    assert "releases" not in document
    assert ask(f"{upstream.base_url}/pypi/demo-lib/9.9/json").status == 404


def test_hashes_may_be_of_another_algorithm_or_absent(upstream: Simulator) -> None:
    """A listing may advertise any hash, or none."""
    upstream.add(make_stub("odd", "1.0"), hashes={"md5": "0" * 32})
    upstream.add(make_stub("odd", "2.0"), hashes=False)

    listed = ask(f"{upstream.url}odd/", JSON).files()

    assert [each["hashes"] for each in listed] == [{"md5": "0" * 32}, {}]


# --- many -----------------------------------------------------------------------------------------


def test_synthetic_page_has_thousands_of_true_files(upstream: Simulator) -> None:
    """A huge page costs one line, and each of its files can be had."""
    upstream.add_synthetic("huge", files=3000)

    listed = ask(f"{upstream.url}huge/", JSON).files()

    assert len(listed) == 3000
    assert len(ask(str(listed[-1]["url"])).body) == listed[-1]["size"]


def test_many_projects_are_listed_without_being_made(upstream: Simulator) -> None:
    """A root of any length costs one line, and each name on it has a page."""
    upstream.add_many(20_000, files=2)

    projects = ask(upstream.url, JSON).json()["projects"]
    listed = ask(f"{upstream.url}synthetic-019999/", JSON).files()

    assert isinstance(projects, list)
    assert len(projects) == 20_001
    assert projects[-1]["name"] == "synthetic-019999"
    assert [ask(str(each["url"])).status for each in listed] == [200, 200]
    assert ask(f"{upstream.url}synthetic-020000/").status == 404


def test_door_with_copied_contents_says_the_same(upstream: Simulator) -> None:
    """Several doors to one index agree, serials included."""
    with Simulator() as second:
        second.copy_contents_from(upstream)

        page = ask(f"{second.url}demo-lib/", JSON)

    assert page.json()["meta"] == ask(f"{upstream.url}demo-lib/", JSON).json()["meta"]
    assert second.serial == upstream.serial
