"""One request and its answer: headers, bodies, redirects, and what HEAD leaves out."""

import pytest

from server.asgi import Call
from wheelyard.server.problems import Problem

pytestmark = pytest.mark.anyio


async def test_header_that_comes_once_is_its_value() -> None:
    """Letters beyond ASCII are read as bytes are, and never fail."""
    exchange = Call(fields={"Accept": "text/html", "User-Agent": "\xe9"}).exchange

    assert exchange.header(b"accept") == "text/html"
    assert exchange.header(b"user-agent") == "\xe9"
    assert exchange.header(b"range") is None


async def test_header_that_comes_twice_is_one_list() -> None:
    """Source: RFC 9110, 5.3."""
    exchange = Call().exchange
    exchange.scope["headers"] = [(b"accept", b"text/html;q=0.1"), (b"accept", b"*/*")]

    assert exchange.header(b"accept") == "text/html;q=0.1, */*"


async def test_answer_is_sent_whole_and_counted() -> None:
    """Status and bytes are known afterwards, for the log and the counters."""
    call = Call()
    exchange = call.exchange
    assert not exchange.started

    await exchange.answer(200, [(b"x", b"1")], b"abc")

    assert (call.status, call.headers, call.body) == (200, {"x": "1"}, b"abc")
    assert call.is_whole
    assert (exchange.started, exchange.status, exchange.sent_bytes) == (True, 200, 3)


async def test_answer_to_head_has_no_body() -> None:
    """All of it but the bytes, and those are not counted."""
    call = Call(method="HEAD")
    exchange = call.exchange

    await exchange.answer(200, [(b"content-length", b"3")], b"abc")

    assert (call.headers, call.body, call.is_whole) == ({"content-length": "3"}, b"", True)
    assert (exchange.is_head, exchange.sent_bytes) == (True, 0)


async def test_body_in_pieces_ends_with_the_last() -> None:
    """Until then the answer is not whole."""
    call = Call()
    exchange = call.exchange
    await exchange.start(200, [])
    await exchange.write(b"a", more=True)
    before = call.is_whole

    await exchange.write(b"b")

    assert (before, call.is_whole, call.body) == (False, True, b"ab")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_problem_is_text_that_nobody_keeps(method: str) -> None:
    """And that no browser takes for a page."""
    call = Call(method=method)

    await call.exchange.problem(Problem(404, "It is gone.", ((b"x", b"1"),)))

    assert call.status == 404
    assert call.headers == {
        "content-type": "text/plain; charset=utf-8",
        "content-length": "12",
        "cache-control": "no-store",
        "cache-status": "wheelyard; detail=absent",
        "x-content-type-options": "nosniff",
        "x": "1",
    }
    assert call.body == (b"It is gone.\n" if method == "GET" else b"")


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/simple/Foo", "foo/"), ("/simple/Foo?", "foo/"), ("/simple/Foo?a=b&c", "foo/?a=b&c")],
)
async def test_redirect_keeps_the_query(target: str, expected: str) -> None:
    """What else was asked is asked at the right address too."""
    call = Call(target)

    await call.exchange.redirect("foo/")

    assert (call.status, call.headers["location"], call.body) == (301, expected, b"")
    assert call.headers["vary"] == "Accept, Accept-Encoding"
    assert call.headers["content-length"] == "0"
    assert "max-age" in call.headers["cache-control"]


async def test_redirect_may_be_for_now() -> None:
    """Permanent ones are kept by pip for ever."""
    call = Call()

    await call.exchange.redirect("foo/", permanent=False)

    assert call.status == 302
