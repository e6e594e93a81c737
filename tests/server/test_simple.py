"""Pages of the Simple API: addresses, representations, freshness as headers."""

import contextlib
import gzip
import json

import anyio
import pytest

from pages.repository import FakeRepository
from server.asgi import Call
from support.fakes import make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, BadInput
from wheelyard.model import Knowledge
from wheelyard.monitor import Counters
from wheelyard.names import ProjectName
from wheelyard.pages import PageLinks, Shelf
from wheelyard.server.cors import CORS
from wheelyard.server.simple import SimplePages, choose, freshness_headers
from wheelyard.wire.negotiate import Form

pytestmark = pytest.mark.anyio

JSON = {"Accept": Form.JSON.media_type}
WIDE = make_project("wide", *(make_file(f"wide-1.{n}.tar.gz") for n in range(400)), serial=7)


@pytest.fixture
def repository(clock: FrozenClock) -> FakeRepository:
    """A repository with a small page and one of many files."""
    small = make_project("foo-bar", make_file("foo_bar-1.0.tar.gz"), serial=3)
    return FakeRepository(clock, {"foo-bar": small, "wide": WIDE})


@pytest.fixture
def simple(repository: FakeRepository) -> SimplePages:
    """The pages of ``repository``."""
    shelf = Shelf(repository, PageLinks(), repository.clock, 1_000_000)
    return SimplePages(shelf, repository.clock, Counters())


async def answered(simple: SimplePages, call: Call) -> Call:
    """Return ``call`` once it was answered."""
    exchange = call.exchange
    await simple(exchange, exchange.path.split("/")[1:])
    return call


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/simple", "simple/"),
        ("/simple/foo-bar", "foo-bar/"),
        ("/simple/Foo_Bar", "foo-bar/"),
        ("/simple/Foo.Bar/", "../foo-bar/"),
        ("/simple/never-heard-of", "never-heard-of/"),
        ("/simple?a=b", "simple/?a=b"),
    ],
)
async def test_other_address_leads_to_the_true_one(
    simple: SimplePages, repository: FakeRepository, target: str, location: str
) -> None:
    """Nobody is asked whether the page exists: that is said at its address."""
    call = await answered(simple, Call(target))

    assert (call.status, call.headers["location"]) == (301, location)
    assert repository.asked == []


@pytest.mark.parametrize(
    ("fields", "media_type"),
    [
        ({}, "text/html; charset=utf-8"),
        ({"Accept": "*/*"}, "text/html; charset=utf-8"),
        (JSON, "application/vnd.pypi.simple.v1+json"),
    ],
)
@pytest.mark.parametrize("target", ["/simple/", "/simple/foo-bar/"])
async def test_page_comes_in_the_form_that_was_asked_for(
    simple: SimplePages, target: str, fields: dict[str, str], media_type: str
) -> None:
    """The list of projects as well as a page."""
    call = await answered(simple, Call(target, fields))

    assert (call.status, call.headers["content-type"]) == (200, media_type)
    assert b"foo-bar" in call.body


async def test_page_comes_compressed_where_the_client_can_undo_it(simple: SimplePages) -> None:
    """A large page is made in a thread, and is the same page."""
    plain = await answered(simple, Call("/simple/wide/", JSON))

    packed = await answered(simple, Call("/simple/wide/", {**JSON, "Accept-Encoding": "gzip"}))

    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(json.loads(plain.body)["files"]) == 400


async def test_format_in_the_query_wins(simple: SimplePages) -> None:
    """Source: PEP 691."""
    call = Call(f"/simple/foo-bar/?format={Form.JSON.media_type}", {"Accept": "text/html"})

    assert (await answered(simple, call)).headers["content-type"] == Form.JSON.media_type


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_page_that_the_client_has_is_304(simple: SimplePages, method: str) -> None:
    """With the headers that a cache brings up to date by it."""
    first = await answered(simple, Call("/simple/foo-bar/", JSON))
    fields = {**JSON, "If-None-Match": first.headers["etag"]}

    again = await answered(simple, Call("/simple/foo-bar/", fields, method))

    assert (again.status, again.body) == (304, b"")
    assert again.headers.keys() == {
        "etag",
        "vary",
        "x-pypi-last-serial",
        "cache-control",
        "age",
        "cache-status",
    } | {name.decode() for name, _ in CORS}


async def test_head_has_the_headers_of_get(simple: SimplePages) -> None:
    """And no body."""
    await answered(simple, Call("/simple/foo-bar/", JSON))
    whole = await answered(simple, Call("/simple/foo-bar/", JSON))

    head = await answered(simple, Call("/simple/foo-bar/", JSON, "HEAD"))

    assert (head.status, head.headers, head.body) == (200, whole.headers, b"")


@pytest.mark.parametrize(
    "target",
    [
        "/simple/-/",
        "/simple/f%C3%B6/",
        "/simple/%ff/",
        "/simple/a,b",
        "/simple/foo-bar/index.html",
        "/simple/a/b/c/",
        f"/simple/{'a' * 201}/",
    ],
)
async def test_address_that_is_none_is_bad_input(simple: SimplePages, target: str) -> None:
    """With a sentence that says what an address looks like."""
    with pytest.raises(BadInput):
        await answered(simple, Call(target))


async def test_large_page_that_expires_while_it_is_made_tells_its_own_age(
    simple: SimplePages,
) -> None:
    """It is made in a thread; a change that is noticed meanwhile is news for the next one only."""
    await answered(simple, Call("/simple/wide/"))
    call = Call("/simple/wide/", JSON)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answered, simple, call)
        await anyio.lowlevel.checkpoint()
        simple.shelf.expire(ProjectName("wide"))

    assert call.headers["cache-control"] == "public, max-age=60"
    assert call.headers["age"] == "0"
    assert simple.shelf.find(ProjectName("wide")) is None


async def test_absence_is_passed_on(simple: SimplePages) -> None:
    """Whoever routes the request makes an answer of it."""
    with pytest.raises(Absent):
        await answered(simple, Call("/simple/nothing/"))


async def test_answers_are_counted_by_how_they_came_about(
    simple: SimplePages, repository: FakeRepository, clock: FrozenClock
) -> None:
    """Fetched, found, confirmed, old, or known not to exist."""
    for _ in range(2):
        await answered(simple, Call("/simple/foo-bar/"))
    repository.how = "renewed"
    clock.forward(60)
    await answered(simple, Call("/simple/foo-bar/"))
    repository.how = "stale"
    clock.forward(60)
    await answered(simple, Call("/simple/foo-bar/"))
    with contextlib.suppress(Absent):
        await answered(simple, Call("/simple/nothing/"))

    counted = {result: count for (_, result), count in simple.counters.cache_answers.items()}
    assert counted == {"miss": 1, "hit": 1, "renewed": 1, "stale": 1, "absent": 1}


def test_choice_is_remembered() -> None:
    """The few headers that clients send are not read again and again."""
    before = choose.cache_info().hits

    choose("text/html", None, "gzip")
    choose("text/html", None, "gzip")

    assert choose.cache_info().hits > before


@pytest.mark.parametrize(
    ("known", "now", "expected"),
    [
        pytest.param(
            Knowledge(100, 160, how="miss"),
            100.9,
            ["public, max-age=60", "0", "wheelyard; fwd=miss; stored"],
            id="just fetched",
        ),
        pytest.param(
            Knowledge(100, 160),
            110.2,
            ["public, max-age=60", "10", "wheelyard; hit; ttl=50"],
            id="ten seconds old",
        ),
        pytest.param(
            Knowledge(100, 160, how="renewed"),
            100,
            ["public, max-age=60", "0", "wheelyard; hit; ttl=60"],
            id="confirmed",
        ),
        pytest.param(
            Knowledge(100, 10_000),
            100,
            ["public, max-age=600", "0", "wheelyard; hit; ttl=600"],
            id="never more than ten minutes",
        ),
        pytest.param(
            Knowledge(100.5, 160),
            101.2,
            ["public, max-age=59", "0", "wheelyard; hit; ttl=59"],
            id="never older than it is",
        ),
        pytest.param(
            Knowledge(200, 260),
            100,
            ["public, max-age=60", "0", "wheelyard; hit; ttl=60"],
            id="checked in the future",
        ),
        pytest.param(
            Knowledge(100, 101),
            100,
            ["no-cache", "0", "wheelyard; hit; ttl=1"],
            id="asked for every time",
        ),
    ],
)
def test_freshness_is_told(known: Knowledge, now: float, expected: list[str]) -> None:
    """Lifetime, age, and how the answer came about. Source: RFC 9111, 5.1; RFC 9211."""
    headers = {name.decode(): value.decode() for name, value in freshness_headers(known, now)}

    assert headers == dict(zip(("cache-control", "age", "cache-status"), expected, strict=True))


def test_stale_answer_has_a_short_life_and_no_age() -> None:
    """Caches do not come back at once, all of them; people see how old it is."""
    known = Knowledge(100, 161, how="stale")

    headers = {name.decode(): value.decode() for name, value in freshness_headers(known, 160)}

    assert headers == {
        "cache-control": "public, max-age=10",
        "cache-status": "wheelyard; hit; ttl=-60; detail=stale",
        "x-wheelyard-stale": "60",
    }


def test_page_with_the_files_of_strangers_says_so() -> None:
    """Somebody asked for it; whoever gets it can see it, and sees a new file of ours at once."""
    known = Knowledge(100, 160, merged=True)

    headers = {name.decode(): value.decode() for name, value in freshness_headers(known, 110)}

    assert headers == {
        "cache-control": "no-cache",
        "cache-status": "wheelyard; hit; detail=merged",
    }
