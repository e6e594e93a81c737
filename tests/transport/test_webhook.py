"""What is sent to a webhook, and what a hostile one cannot make of it."""

import socket
import traceback
from collections.abc import Sequence

import pytest

from transport.raw_server import OK, End, RawServer, redirect
from wheelyard.errors import ConfigError, Refused, Unavailable
from wheelyard.transport import Fault, WebhookClient, WebhookRules, fault_of

pytestmark = pytest.mark.anyio

BODY = b'{"event": "outage.start"}'
FIELDS = {"Content-Type": "application/json"}


def rules(
    server: RawServer, *, seconds: float = 20.0, place: str = "services/key-4711"
) -> WebhookRules:
    """Return what a webhook at ``server`` is posted to with."""
    return WebhookRules(f"{server.url}{place}", total_seconds=seconds)


async def test_post_arrives_with_its_body() -> None:
    """One request: the method, the path with its query, the fields, the length."""
    async with (
        RawServer.saying((OK, End.CLOSE)) as server,
        WebhookClient(rules(server, place="a/b?sig=1%2F2")) as client,
    ):
        status = await client.post(BODY, FIELDS)

    assert status == 200
    assert server.requests[0].startswith("POST /a/b?sig=1%2F2 HTTP/1.1\r\n")
    assert server.header("Content-Type") == "application/json"
    assert server.header("Content-Length") == str(len(BODY))
    assert (server.header("User-Agent") or "").startswith("wheelyard/")
    assert server.header("Authorization") is None


async def test_user_information_becomes_credentials() -> None:
    """Where a webhook wants a name and a password, they come from its address."""
    async with RawServer.saying((OK, End.CLOSE)) as server:
        url = server.url.replace("://", "://user:word@")
        async with WebhookClient(WebhookRules(url)) as client:
            await client.post(BODY, FIELDS)
            shown = client.shown

    assert server.header("Authorization") == "Basic dXNlcjp3b3Jk"
    assert "word" not in shown


async def test_redirect_is_an_answer_and_not_followed() -> None:
    """Nobody else than the host that was written down gets to know what happened."""
    async with RawServer.saying((OK, End.CLOSE)) as other:
        there = redirect(f"{other.url}steal", "307 Temporary Redirect")
        async with (
            RawServer.saying((there, End.CLOSE)) as server,
            WebhookClient(rules(server)) as client,
        ):
            status = await client.post(BODY, FIELDS)

    assert status == 307
    assert other.connections == 0


async def test_endless_answer_is_not_read() -> None:
    """The status is there; what follows it may be as long as it likes."""
    huge = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n" + bytes(1_000_000)
    async with (
        RawServer.saying((huge, End.SILENCE)) as server,
        WebhookClient(rules(server)) as client,
    ):
        status = await client.post(BODY, FIELDS)

    assert status == 200


async def test_answer_that_stops_is_not_waited_for() -> None:
    """A body that never ends is none of our business."""
    script = (b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", End.SILENCE)
    async with RawServer.saying(script) as server, WebhookClient(rules(server)) as client:
        assert await client.post(BODY, FIELDS) == 204


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ((End.SILENCE,), Fault.SLOW),
        ((b"HTTP/1.1 100 Continue\r\n\r\n" * 3, End.SILENCE), Fault.SLOW),
        ((End.RESET,), Fault.RESET),
        ((End.CLOSE,), Fault.RESET),
        ((b"HTTP/9.9 hello\r\n\r\n", End.CLOSE), Fault.FRAMING),
        ((b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 100_000, End.SILENCE), Fault.TOO_LARGE),
    ],
    ids=["silent", "only-interim", "reset", "closed", "no-http", "huge-head"],
)
async def test_answer_that_is_none_is_a_failure(
    script: tuple[bytes | End, ...], fault: Fault
) -> None:
    """The error says what kind, and nothing of the path, not even in its traceback."""
    async with (
        RawServer.saying(script) as server,
        WebhookClient(rules(server, seconds=0.3)) as client,
    ):
        with pytest.raises(Unavailable) as caught:
            await client.post(BODY, FIELDS)

    text = "".join(traceback.format_exception(caught.value))
    assert fault_of(caught.value) in {fault, Fault.SILENT if fault is Fault.SLOW else fault}
    assert "key-4711" not in text
    assert server.connections == 1


async def test_receiver_that_is_not_there_is_a_failure() -> None:
    """It is tried once: who counts attempts decides about the next."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    async with WebhookClient(WebhookRules(f"http://127.0.0.1:{port}/key-4711")) as client:
        with pytest.raises(Unavailable) as caught:
            await client.post(BODY, FIELDS)

    assert fault_of(caught.value) is Fault.REFUSED
    assert "key-4711" not in str(caught.value)


async def test_name_that_leads_to_a_metadata_service_is_refused() -> None:
    """Private networks are the operator's own; the addresses that hand out credentials are not."""

    async def lookup(host: str, port: int, family: socket.AddressFamily) -> Sequence[str]:
        return ["169.254.169.254"]

    async with WebhookClient(WebhookRules("http://hooks.example/key-4711"), lookup) as client:
        with pytest.raises((Refused, Unavailable)) as caught:
            await client.post(BODY, FIELDS)

    assert "not on the public internet" in str(caught.value)
    assert "key-4711" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.1/key-4711", "http://a b/key-4711", "http:///key-4711"]
)
async def test_address_that_is_none_is_refused_unseen(url: str) -> None:
    """At the start, and not with the first outage."""
    with pytest.raises(ConfigError, match="outage_webhooks") as caught:
        WebhookClient(WebhookRules(url))

    assert "key-4711" not in str(caught.value)
