"""One request to a redirector, one answer; the targets are as the test says."""

import pytest

from server.asgi import Call
from wheelyard.clock import FrozenClock
from wheelyard.decide.redirecting import Finding, Ways, plan_targets
from wheelyard.server.address import Addresses
from wheelyard.server.process import Worker
from wheelyard.server.redirector import Redirector, RedirectorParts
from wheelyard.server.target_watch import TargetWatch, WatchParts
from wheelyard.settings import RedirectSettings

pytestmark = pytest.mark.anyio

TREE, SERVER = "https://files.example/t", "https://index.example"
TARGETS = plan_targets([TREE], [SERVER], ())


def parts_with(*healthy: str) -> RedirectorParts:
    """Return the parts of a redirector of whose targets these are healthy."""
    clock = FrozenClock()
    watch = TargetWatch(WatchParts(RedirectSettings(), TARGETS, "us", clock))
    for target in TARGETS:
        watch.take(target, Finding("" if target.url in healthy else "it is down"))
    return RedirectorParts(
        Ways(), watch, "us", Worker(), clock, Addresses(""), started_at=clock.now()
    )


@pytest.fixture
def parts() -> RedirectorParts:
    """Everybody is healthy."""
    return parts_with(TREE, SERVER)


async def answered(parts: RedirectorParts, call: Call) -> Call:
    """Return the request with its answer."""
    await Redirector(parts)(call.scope, call.receive, call.send)
    return call


async def test_page_is_redirected_to_the_tree(parts: RedirectorParts) -> None:
    """With nothing that may be stored, and for scripts of any web page."""
    call = await answered(parts, Call("/simple/demo/?x=%2B"))

    assert (call.status, call.body) == (307, b"")
    assert call.headers == {
        "location": f"{TREE}/simple/demo/?x=%2B",
        "content-length": "0",
        "cache-control": "no-store",
        "cache-status": "wheelyard; detail=redirect-static",
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET",
        "access-control-allow-headers": "Content-Type, If-Match, If-Modified-Since, "
        "If-None-Match, If-Unmodified-Since",
        "access-control-max-age": "86400",
        "access-control-expose-headers": "X-PyPI-Last-Serial",
        "wheelyard-redirector": "us",
    }


async def test_credentials_play_no_part(parts: RedirectorParts) -> None:
    """They are neither answered nor repeated: A-76."""
    plain = await answered(parts, Call("/simple/demo/"))
    shown = await answered(parts, Call("/simple/demo/", {"Authorization": "Basic aHVzaA=="}))

    assert shown.headers == plain.headers
    assert "aHVzaA" not in str(shown.messages)


async def test_host_plays_no_part(parts: RedirectorParts) -> None:
    """Nobody is sent to a host because of having named it."""
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}

    call = await answered(parts, Call("/simple/demo/", forged))

    assert call.headers["location"] == f"{TREE}/simple/demo/"


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({}, TREE),
        ({"Content-Length": "0"}, TREE),
        ({"Content-Length": "3"}, SERVER),
        ({"Transfer-Encoding": "chunked"}, SERVER),
    ],
)
async def test_body_leads_to_the_server(
    parts: RedirectorParts, fields: dict[str, str], location: str
) -> None:
    """Even with a method that only reads."""
    call = await answered(parts, Call("/simple/demo/", fields))

    assert call.headers["location"] == f"{location}/simple/demo/"


async def test_nobody_healthy_is_503_with_every_reason() -> None:
    """Never an empty 200, and never stored."""
    call = await answered(parts_with(), Call("/simple/demo/"))

    assert (call.status, call.headers["retry-after"]) == (503, "1")
    assert call.headers["cache-control"] == "no-store"
    assert call.headers["wheelyard-redirector"] == "us"
    assert call.body.count(b"it is down") == 2


async def test_malformed_request_is_400(parts: RedirectorParts) -> None:
    """With a sentence and without a place to go."""
    call = await answered(parts, Call("/simple/../secret"))

    assert call.status == 400
    assert "location" not in call.headers


async def test_readiness_follows_the_targets_and_the_end(parts: RedirectorParts) -> None:
    """Ready while somebody is healthy; not while it ends; in words that no server says."""
    ready = await answered(parts, Call("/-/ready"))
    unready = await answered(parts_with(), Call("/-/ready"))
    parts.worker.draining = True
    ending = await answered(parts, Call("/-/ready"))
    alive = await answered(parts_with(), Call("/-/live"))

    assert (ready.status, ready.body) == (200, b"redirecting\n")
    assert (unready.status, ending.status) == (503, 503)
    assert (alive.status, alive.body) == (200, b"alive\n")


async def test_own_addresses_are_only_read(parts: RedirectorParts) -> None:
    """And never sent on."""
    call = await answered(parts, Call("/-/ready", method="POST"))

    assert (call.status, call.headers["allow"]) == (405, "GET, HEAD")


async def test_answers_are_counted_by_what_became_of_them(parts: RedirectorParts) -> None:
    """As the metrics tell."""
    for path in ("/simple/x/", "/simple/x/", "/search", "/..", "/-/live"):
        await answered(parts, Call(path))
    metrics = await answered(parts, Call("/-/metrics"))

    assert parts.answers == {"static": 2, "dynamic": 1, "malformed": 1, "own": 2}
    assert b'wheelyard_redirect_answers_total{outcome="static"} 2.0' in metrics.body


async def test_client_that_is_about_to_leave_may_send_everything_first(
    parts: RedirectorParts,
) -> None:
    """Closing in the middle of its body would lose the answer."""
    fields = {"Content-Length": "6", "Connection": "close"}
    call = Call("/legacy/", fields, "POST")
    pieces = iter((b"abc", b"def"))
    taken: list[bytes] = []

    async def receive() -> dict[str, object]:
        piece = next(pieces)
        taken.append(piece)
        return {"type": "http.request", "body": piece, "more_body": len(taken) < 2}

    await Redirector(parts)(call.scope, receive, call.send)

    assert taken == [b"abc", b"def"]
    assert call.status == 307


async def test_what_nobody_foresaw_is_503(
    parts: RedirectorParts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the traceback, the client a sentence."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("wheelyard.server.redirector.decide", fail)

    call = await answered(parts, Call("/simple/x/"))

    assert call.status == 503
    assert "nobody foresaw" in caplog.text
