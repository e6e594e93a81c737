"""One door: how its pages are asked for, and what its answers count as."""

import json

import pytest

from support.fakes import FakeClient
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Refused, Unavailable
from wheelyard.model import Project, ProjectEntry, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Loaded, Unchanged, Validators
from wheelyard.repository.upstream import Upstream, UpstreamRules
from wheelyard.transport import Document, Request

pytestmark = pytest.mark.anyio

ROOT = "https://index.example/simple/"
URL = f"{ROOT}flask/"
FLASK = ProjectName("flask")
JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"
SHA256 = "ab" * 32
HELD = Validators(ROOT, '"one"', "Mon, 02 Nov 2026 10:00:00 GMT")


def json_page(*urls: str, version: str = "1.4", serial: int | None = None) -> bytes:
    """Return a page that lists one file per URL; those with a fragment have a digest."""
    files = [
        {
            "filename": url.partition("#")[0].rpartition("/")[2],
            "url": url.partition("#")[0],
            "hashes": {"sha256": SHA256} if "#" in url else {},
        }
        for url in urls
    ]
    meta = {"api-version": version, "_last-serial": serial}
    return json.dumps({"meta": meta, "name": "Flask", "files": files}).encode()


def html_page(*urls: str, version: str = "1.0") -> bytes:
    """Return a page in HTML."""
    anchors = "".join(f'<a href="{url}">{url.rpartition("/")[2]}</a><br>' for url in urls)
    meta = f'<meta name="pypi:repository-version" content="{version}">'
    return f"<!DOCTYPE html><html><head>{meta}</head><body>{anchors}</body></html>".encode()


LISTED = "https://files.example/flask-1.0.tar.gz"
PAGE = json_page(f"{LISTED}#sha256={SHA256}")


def upstream(client: FakeClient, **rules: object) -> Upstream:
    """Return the door behind ``client``."""
    return Upstream(client, UpstreamRules("main", ROOT, **rules), FrozenClock())  # type: ignore[arg-type]  # each test names what it changes


async def loaded(client: FakeClient, **rules: object) -> Loaded[Project]:
    """Return the page that the door must give."""
    answer = await upstream(client, **rules).refresh_project(FLASK, None)
    assert isinstance(answer, Loaded)
    return answer


async def test_page_is_asked_for_in_either_form() -> None:
    """JSON is preferred, HTML will do; nothing is asked on a condition that nobody holds."""
    client = FakeClient().answer(URL, PAGE, content_type=JSON_TYPE)

    await loaded(client, max_page_bytes=1_000_000)

    (asked,) = client.asked
    kinds = [kind.strip() for kind in asked.accept.split(",")]
    assert kinds == [JSON_TYPE, f"{HTML_TYPE};q=0.2", "text/html;q=0.1"]
    assert asked == Request(URL, asked.accept, max_bytes=1_000_000)


async def test_page_is_given_with_all_that_the_answer_says_of_itself() -> None:
    """What is needed to ask again, and for how long not to."""
    client = FakeClient().answer(
        URL,
        PAGE,
        content_type=JSON_TYPE,
        etag='"one"',
        last_modified=HELD.last_modified or "",
        cache_control="max-age=600, public",
        age="60",
    )

    answer = await loaded(client)

    assert [file.url for file in answer.value.files] == [LISTED]
    assert answer.validators == HELD
    assert (answer.lifetime_seconds, answer.url, answer.content_type) == (540, URL, JSON_TYPE)


async def test_what_is_held_of_this_door_makes_the_question_conditional() -> None:
    """A page that did not change costs a few hundred bytes."""
    client = FakeClient().answer(URL, status=304, cache_control="max-age=30")

    answer = await upstream(client).refresh_project(FLASK, HELD)

    assert answer == Unchanged(ROOT, 30)
    assert (client.asked[0].etag, client.asked[0].last_modified) == (HELD.etag, HELD.last_modified)


async def test_second_opinion_is_asked_on_a_new_connection() -> None:
    """Past every cache, and on no condition, whatever is held."""
    client = FakeClient().answer(URL, PAGE, content_type=JSON_TYPE)

    await upstream(client).refresh_project(FLASK, HELD, again=True)

    (asked,) = client.asked
    assert asked.fresh_connection
    assert (asked.etag, asked.last_modified) == (None, None)


async def test_what_is_held_of_another_door_is_not_shown() -> None:
    """Two doors may give the same tag to different pages."""
    client = FakeClient().answer(URL, PAGE, content_type=JSON_TYPE)
    held = Validators("https://mirror.example/simple/", HELD.etag, HELD.last_modified)

    answer = await upstream(client).refresh_project(FLASK, held)

    assert isinstance(answer, Loaded)
    assert (client.asked[0].etag, client.asked[0].last_modified) == (None, None)


@pytest.mark.parametrize(
    "held", [None, Validators(ROOT), Validators("https://mirror.example/simple/", '"one"')]
)
async def test_unchanged_without_a_condition_is_unavailable(held: Validators | None) -> None:
    """A broken proxy does not confirm what came from elsewhere."""
    client = FakeClient().answer(URL, status=304)

    with pytest.raises(Unavailable, match="304"):
        await upstream(client).refresh_project(FLASK, held)


@pytest.mark.parametrize("status", [404, 410])
async def test_absent_is_said_by_two_statuses(status: int) -> None:
    """A claim of certainty, with the name of who made it."""
    client = FakeClient().answer(URL, b"<h1>Not found</h1>", status)

    with pytest.raises(Absent) as caught:
        await upstream(client).refresh_project(FLASK, None)

    assert (caught.value.what, caught.value.where) == ("`flask`", "main")


@pytest.mark.parametrize("status", [204, 206, 301, 401, 403, 407, 418, 429, 500, 502, 503, 504])
async def test_any_other_status_is_unavailable(status: int) -> None:
    """Even with a perfect page in its body. The patience asked for is passed on."""
    client = FakeClient().answer(URL, PAGE, status, content_type=JSON_TYPE, retry_after="120")

    with pytest.raises(Unavailable) as caught:
        await upstream(client).refresh_project(FLASK, None)

    assert str(status) in caught.value.reason
    assert caught.value.what == "`flask`"
    assert caught.value.retry_seconds == 120
    assert caught.value.failing == {429: "door"}.get(status, "thing" if status >= 500 else "")


async def test_forbidden_is_absent_where_that_is_declared() -> None:
    """An object store without the right to list says 403 for what is not there."""
    client = FakeClient().answer(URL, b"<Error/>", 403)

    with pytest.raises(Absent):
        await upstream(client, forbidden_means_absent=True).refresh_project(FLASK, None)


LOGIN = b"<html><head><title>Sign in</title></head><body><form><input></form></body></html>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(LOGIN, "text/html", id="login"),
        pytest.param(LOGIN, JSON_TYPE, id="login-as-json"),
        pytest.param(b"", JSON_TYPE, id="empty-json"),
        pytest.param(b"", "text/html", id="empty-html"),
        pytest.param(b"", "", id="empty-untyped"),
        pytest.param(PAGE[:-20], JSON_TYPE, id="cut-short"),
        pytest.param(PAGE.replace(b"Flask", b"Other"), JSON_TYPE, id="other-project"),
        pytest.param(json_page(LISTED, version="2.0"), JSON_TYPE, id="json-2.0"),
        pytest.param(html_page(LISTED, version="2.0"), "text/html", id="html-2.0"),
        pytest.param(PAGE, JSON_TYPE.replace("v1", "v2"), id="type-v2"),
        pytest.param(b'{"message": "try again"}', "application/json", id="error-object"),
        pytest.param(b"OK", "text/plain", id="words"),
    ],
)
async def test_answer_that_is_no_page_is_unavailable(body: bytes, content_type: str) -> None:
    """A status of 200 alone proves nothing: what is held is better than a login page."""
    client = FakeClient().answer(URL, body, content_type=content_type)

    with pytest.raises(Unavailable, match="not what was asked for"):
        await upstream(client).refresh_project(FLASK, None)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(PAGE, "application/octet-stream", id="json-as-bytes"),
        pytest.param(PAGE, "text/html", id="json-as-html"),
        pytest.param(PAGE, "", id="json-untyped"),
        pytest.param(html_page(LISTED), "text/plain", id="html-as-text"),
        pytest.param(html_page(LISTED), "application/json", id="html-as-json"),
        pytest.param(html_page(LISTED), HTML_TYPE, id="html"),
    ],
)
async def test_page_of_a_wrong_type_is_read_by_its_first_character(
    body: bytes, content_type: str
) -> None:
    """Object stores lose types; a page that is one is used."""
    answer = await loaded(FakeClient().answer(URL, body, content_type=content_type))

    assert [file.url for file in answer.value.files] == [LISTED]


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("../../packages/flask-1.0.tar.gz", "https://cdn.example/packages/flask-1.0.tar.gz"),
        ("flask-1.0.tar.gz", "https://cdn.example/simple/flask/flask-1.0.tar.gz"),
        ("/f/flask-1.0.tar.gz", "https://cdn.example/f/flask-1.0.tar.gz"),
        ("//other.example/flask-1.0.tar.gz", "https://other.example/flask-1.0.tar.gz"),
        ("http://other.example/flask-1.0.tar.gz", "http://other.example/flask-1.0.tar.gz"),
    ],
)
@pytest.mark.parametrize("form", [json_page, html_page], ids=["json", "html"])
async def test_links_are_resolved_against_where_the_page_came_from(
    link: str, url: str, form: object
) -> None:
    """After a redirect that is not where it was asked for."""
    body = json_page(link) if form is json_page else html_page(link)
    came_from = "https://cdn.example/simple/flask/"
    client = FakeClient({URL: Document(200, came_from, {}, body)})

    answer = await loaded(client)

    assert [file.url for file in answer.value.files] == [url]
    assert answer.validators.door == ROOT
    assert answer.url == came_from


@pytest.mark.parametrize(
    ("header", "body", "serial"),
    [
        pytest.param("42", 7, 42, id="header-first"),
        pytest.param("", 7, 7, id="body"),
        pytest.param("many", 7, 7, id="header-no-number"),
        pytest.param("0", 7, 0, id="zero-is-a-serial"),
        pytest.param("", None, None, id="none"),
    ],
)
async def test_serial_is_taken_from_the_header_or_the_page(
    header: str, body: int | None, serial: int | None
) -> None:
    """Mirrors compare serials; both places are in use."""
    client = FakeClient().answer(
        URL, json_page(LISTED, serial=body), content_type=JSON_TYPE, x_pypi_last_serial=header
    )

    answer = await loaded(client)

    assert answer.value.serial == serial


@pytest.mark.parametrize(
    ("unhashed", "names"),
    [("record", ["flask-1.0.tar.gz", "flask-2.0.tar.gz"]), ("refuse", ["flask-2.0.tar.gz"])],
)
async def test_file_without_a_digest_is_listed_unless_policy_refuses_it(
    unhashed: str, names: list[str]
) -> None:
    """Who wants proof before the first use does not even see the rest."""
    page = json_page(LISTED, f"https://files.example/flask-2.0.tar.gz#sha256={SHA256}")

    answer = await loaded(FakeClient().answer(URL, page), unhashed=unhashed)

    assert [file.filename for file in answer.value.files] == names


async def test_page_keeps_status_versions_and_the_count_of_what_was_dropped() -> None:
    """Nothing that the page says gets lost on the way."""
    page = json.loads(json_page(LISTED, "not-a-file:x"))
    page |= {"versions": ["1.0"], "project-status": {"status": "deprecated", "reason": "old"}}

    answer = await loaded(FakeClient().answer(URL, json.dumps(page).encode()))

    project = answer.value
    assert (project.versions, project.dropped) == (("1.0",), 1)
    assert (project.status.status, project.status.reason) == ("deprecated", "old")


@pytest.mark.parametrize("form", [json_page, html_page], ids=["json", "html"])
async def test_large_page_is_read_like_a_small_one(form: object) -> None:
    """It is parsed beside the loop, and its faults are told the same way."""
    links = [f"https://files.example/flask-{number}.0.tar.gz" for number in range(2_000)]
    body = json_page(*links) if form is json_page else html_page(*links)

    answer = await loaded(FakeClient().answer(URL, body))

    assert len(body) > 64 * 1024
    assert [file.url for file in answer.value.files] == links


async def test_large_answer_that_is_no_page_is_unavailable() -> None:
    """Nor does a long login page become an index."""
    client = FakeClient().answer(URL, LOGIN + b" " * 100_000, content_type="text/html")

    with pytest.raises(Unavailable):
        await upstream(client).refresh_project(FLASK, None)


async def test_project_list_is_asked_for_at_the_root() -> None:
    """Names as displayed, with the serial of the index."""
    body = json.dumps(
        {"meta": {"api-version": "1.4", "_last-serial": 7}, "projects": [{"name": "Flask"}]}
    ).encode()
    client = FakeClient().answer(ROOT, body, content_type=JSON_TYPE, x_pypi_last_serial="9")

    answer = await upstream(client).refresh_projects(None)

    assert isinstance(answer, Loaded)
    assert answer.value == ProjectList((ProjectEntry("Flask"),), 9)
    assert [asked.url for asked in client.asked] == [ROOT]


async def test_project_list_is_asked_for_on_a_condition() -> None:
    """The list of a large index is megabytes."""
    client = FakeClient().answer(ROOT, status=304)

    answer = await upstream(client).refresh_projects(HELD)

    assert answer == Unchanged(ROOT, None)
    assert client.asked[0].etag == HELD.etag


async def test_page_is_no_project_list() -> None:
    """An index that answers with the wrong document has not answered."""
    client = FakeClient().answer(ROOT, PAGE, content_type=JSON_TYPE)

    with pytest.raises(Unavailable):
        await upstream(client).refresh_projects(None)


async def test_redirect_to_a_place_that_is_not_admitted_is_unavailable() -> None:
    """A captive portal leads elsewhere; that says nothing about the project."""

    class Portal(FakeClient):
        async def load(self, request: Request) -> Document:
            """Refuse to follow."""
            raise Refused("`https://portal.example/`", "it is not one of the hosts")

    with pytest.raises(Unavailable, match="redirects"):
        await upstream(Portal()).refresh_project(FLASK, None)


@pytest.mark.parametrize(("status", "expected"), [(405, Absent), (404, Absent), (503, Unavailable)])
async def test_call_is_posted_and_refused_in_any_way(
    status: int, expected: type[Exception]
) -> None:
    """News that an index does not have are absent, and its faults are faults."""
    client = FakeClient().answer("https://index.example/pypi", b"<methodResponse/>")
    rules = UpstreamRules("corp", "https://index.example/simple/")
    wanted = DocumentWanted("call", "changelog_last_serial", body=b"<methodCall/>")

    loaded = await Upstream(client, rules, FrozenClock()).refresh_document(wanted, None)
    client.answer("https://index.example/pypi", status=status)

    assert isinstance(loaded, Loaded)
    assert loaded.value == b"<methodResponse/>"
    (request,) = client.asked
    assert (request.method, request.body, request.content_type) == ("POST", wanted.body, "text/xml")
    with pytest.raises(expected):
        await Upstream(client, rules, FrozenClock()).refresh_document(wanted, None)
