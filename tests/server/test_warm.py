"""Pages that are sent past the routes: only plain requests, and never with another answer."""

import pytest

from pages.repository import FakeRepository
from server.asgi import Call
from support.fakes import make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.monitor import Counters
from wheelyard.names import ProjectName
from wheelyard.pages import PageLinks, Shelf
from wheelyard.server.exchange import Scope, Send
from wheelyard.server.simple import SimplePages
from wheelyard.server.warm import WarmPages
from wheelyard.wire.negotiate import Form

pytestmark = pytest.mark.anyio

JSON = Form.JSON.media_type
PAGE = "/simple/foo-bar/"
FILES = [make_file(f"foo_bar-1.{number}.tar.gz") for number in range(20)]


@pytest.fixture
def repository(clock: FrozenClock) -> FakeRepository:
    """A repository with one page."""
    return FakeRepository(clock, {"foo-bar": make_project("foo-bar", *FILES)})


@pytest.fixture
def shelf(repository: FakeRepository) -> Shelf:
    """The shelf of ``repository``, which is empty."""
    return Shelf(repository, PageLinks(), repository.clock, 1_000_000)


@pytest.fixture
def simple(shelf: Shelf, clock: FrozenClock) -> SimplePages:
    """The long way to the same pages."""
    return SimplePages(shelf, clock, Counters())


@pytest.fixture
def warm(shelf: Shelf, clock: FrozenClock) -> WarmPages:
    """The short way."""
    return WarmPages(shelf, clock)


async def sent(warm: WarmPages, scope: Scope, send: Send) -> int | None:
    """Have the short way answer; return the length of the body, or None if it does not."""
    found = warm.find(scope)
    if found is None:
        return None
    await send(found.start)
    await send(found.body)
    return found.length


async def by_the_long_way(simple: SimplePages, call: Call) -> Call:
    """Return ``call`` once the ordinary handler answered it."""
    exchange = call.exchange
    await simple(exchange, exchange.path.split("/")[1:])
    return call


@pytest.mark.parametrize("path", ["/simple/", PAGE])
@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
async def test_answer_is_that_of_the_long_way(
    simple: SimplePages, warm: WarmPages, path: str, form: Form, coding: str
) -> None:
    """Status, every header, every byte; and the length for the counters."""
    fields = {"Accept": form.media_type, "Accept-Encoding": coding}
    await by_the_long_way(simple, Call(path, fields))
    long, short = await by_the_long_way(simple, Call(path, fields)), Call(path, fields)

    length = await sent(warm, short.scope, short.send)

    ready = short.messages[0].pop("ready")
    lines = [b"%b: %b" % pair for pair in long.messages[0]["headers"]]
    assert short.messages[0] == long.messages[0]
    assert ready.header_lines.split(b"\r\n") == [*lines, b"", b""]
    assert ready.length == length
    assert (short.body, short.is_whole) == (long.body, True)
    assert length == len(long.body)


@pytest.mark.parametrize("seconds", [0.0, 0.4, 0.5, 0.99, 1.0, 1.01, 59.2])
async def test_age_is_that_of_the_long_way_at_every_moment(
    simple: SimplePages, warm: WarmPages, clock: FrozenClock, seconds: float
) -> None:
    """What stands ready for a second is true for that second."""
    clock.seconds += 0.55
    await by_the_long_way(simple, Call(PAGE))
    clock.forward(seconds)
    long, short = await by_the_long_way(simple, Call(PAGE)), Call(PAGE)

    await sent(warm, short.scope, short.send)

    assert short.headers == long.headers


async def test_answer_changes_with_the_clock(
    simple: SimplePages, warm: WarmPages, clock: FrozenClock
) -> None:
    """The age grows by the second, and the page is left alone once it is old."""
    await by_the_long_way(simple, Call(PAGE))
    ages = []
    for _ in range(3):
        call = Call(PAGE)
        assert await sent(warm, call.scope, call.send)
        ages.append(call.headers["age"])
        clock.forward(1)

    clock.forward(60)

    call = Call(PAGE)
    assert await sent(warm, call.scope, call.send) is None
    assert ages == ["0", "1", "2"]


async def test_changed_page_is_not_answered_from_memory(
    simple: SimplePages, warm: WarmPages, shelf: Shelf, repository: FakeRepository
) -> None:
    """Within the same second too."""
    await by_the_long_way(simple, Call(PAGE))
    before = Call(PAGE)
    await sent(warm, before.scope, before.send)
    repository.pages["foo-bar"] = make_project("foo-bar", make_file("foo_bar-9.9.tar.gz"))
    repository.revision = 2
    shelf.expire(ProjectName("foo-bar"))
    after = Call(PAGE)
    assert await sent(warm, after.scope, after.send) is None
    await by_the_long_way(simple, Call(PAGE))

    await sent(warm, after.scope, after.send)

    assert b"foo_bar-9.9.tar.gz" in after.body
    assert b"foo_bar-9.9.tar.gz" not in before.body


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(Call(PAGE, method="HEAD"), id="HEAD"),
        pytest.param(Call(PAGE, method="POST"), id="POST"),
        pytest.param(Call(f"{PAGE}?format={JSON}"), id="query"),
        pytest.param(Call(PAGE, {"If-None-Match": "*"}), id="conditional"),
        pytest.param(Call(PAGE, {"Via": "1.1 other"}), id="by way of somebody"),
        pytest.param(Call("/simple/foo-bar"), id="no slash"),
        pytest.param(Call("/simple/foo-barX"), id="another letter for the slash"),
        pytest.param(Call("/simple/Foo-Bar/"), id="another spelling"),
        pytest.param(Call("/simple//foo-bar/"), id="doubled slash"),
        pytest.param(Call("/simple/nothing/"), id="not here"),
        pytest.param(Call("/simple"), id="root without slash"),
        pytest.param(Call("/"), id="another route"),
        pytest.param(Call("/other/foo-bar/"), id="another index"),
    ],
)
async def test_other_request_is_left_alone(
    simple: SimplePages, warm: WarmPages, call: Call
) -> None:
    """What has rules of its own goes the long way."""
    await by_the_long_way(simple, Call(PAGE))
    await by_the_long_way(simple, Call("/simple/"))

    assert await sent(warm, call.scope, call.send) is None
    assert call.messages == []


@pytest.mark.parametrize(
    "raw", [b"/simple/foo-bar%2F", b"/simple%2Ffoo-bar/", b"/simple/%66oo-bar/"]
)
async def test_escaped_path_is_left_alone(simple: SimplePages, warm: WarmPages, raw: bytes) -> None:
    """An escaped slash is no slash, though the server has undone the escape."""
    await by_the_long_way(simple, Call(PAGE))
    call = Call(PAGE)
    scope = {**call.scope, "raw_path": raw}

    assert await sent(warm, scope, call.send) is None


async def test_representation_that_was_never_made_is_left_alone(
    simple: SimplePages, warm: WarmPages
) -> None:
    """Making it may take a thread."""
    await by_the_long_way(simple, Call(PAGE, {"Accept": JSON}))
    call = Call(PAGE)

    assert await sent(warm, call.scope, call.send) is None


async def test_repeated_headers_are_read_as_one(simple: SimplePages, warm: WarmPages) -> None:
    """Source: RFC 9110, 5.3."""
    await by_the_long_way(simple, Call(PAGE, {"Accept": JSON, "Accept-Encoding": "gzip"}))
    call = Call(PAGE)
    headers = [
        (b"accept", b"text/html;q=0.1"),
        (b"accept", JSON.encode()),
        (b"accept-encoding", b"br"),
        (b"accept-encoding", b"gzip"),
    ]

    await sent(warm, {**call.scope, "headers": headers}, call.send)

    assert call.headers["content-type"] == JSON
    assert call.headers["content-encoding"] == "gzip"


async def test_memory_of_answers_is_bounded(simple: SimplePages, warm: WarmPages) -> None:
    """A client that sends another header every time does not fill it."""
    await by_the_long_way(simple, Call(PAGE))

    for number in range(5_000):
        call = Call(PAGE, {"Accept": f"text/html;v={number}"})
        assert await sent(warm, call.scope, call.send)

    assert len(warm._ready) <= 4_096
