"""What an issuer is asked, and what a hostile one cannot make of it."""

import socket
from pathlib import Path

import pytest
import trustme

from transport.raw_server import OK, End, RawServer, answer, redirect, server_context
from wheelyard.errors import ConfigError, Refused, Unavailable
from wheelyard.settings import Secret
from wheelyard.transport import Credentials, Fault, IssuerClient, IssuerRules, fault_of

pytestmark = pytest.mark.anyio


async def test_document_is_returned_with_its_status() -> None:
    """A status is an answer; what it means is for others to say."""
    gone = answer(b"{}", status="404 Not Found")
    async with (
        RawServer.saying((gone, End.CLOSE)) as server,
        IssuerClient(IssuerRules(server.url)) as client,
    ):
        found = await client.load(f"{server.url}keys?x=1")

    assert (found.status, found.body) == (404, b"{}")
    assert server.requests[0].startswith("GET /keys?x=1 HTTP/1.1\r\n")
    assert server.header("Accept") == "application/json"
    assert server.header("Authorization") is None


async def test_form_is_posted_with_credentials() -> None:
    """A code for a token. Source: RFC 6749, 4.1.3 and 2.3.1."""
    secret = Credentials("id", Secret("hush"))
    async with (
        RawServer.saying((OK, End.CLOSE)) as server,
        IssuerClient(IssuerRules(server.url)) as client,
    ):
        found = await client.send_form(f"{server.url}token", {"code": "a&b"}, secret)

    assert found.body == b"ok"
    assert server.requests[0].startswith("POST /token HTTP/1.1\r\n")
    assert server.header("Content-Type") == "application/x-www-form-urlencoded"
    assert server.header("Authorization") == "Basic aWQ6aHVzaA=="
    assert server.header("Content-Length") == str(len("code=a%26b"))


async def test_redirect_is_not_followed() -> None:
    """Keys come from where the issuer says, and from nobody it is redirected to."""
    async with RawServer.saying((OK, End.CLOSE)) as other:
        there = redirect(f"{other.url}keys")
        async with (
            RawServer.saying((there, End.CLOSE)) as server,
            IssuerClient(IssuerRules(server.url)) as client,
        ):
            found = await client.load(f"{server.url}keys")

    assert found.status == 302
    assert other.connections == 0


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ((End.SILENCE,), {Fault.SLOW, Fault.SILENT}),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", End.SILENCE), {Fault.SLOW}),
        ((End.RESET,), {Fault.RESET}),
        ((b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 600_000, End.CLOSE), {Fault.TOO_LARGE}),
        ((answer(b"x", "Content-Encoding: gzip"), End.CLOSE), {Fault.FRAMING, Fault.TRUNCATED}),
    ],
    ids=["silent", "stalls", "reset", "huge", "coded"],
)
async def test_answer_that_is_none_is_a_failure(
    script: tuple[bytes | End, ...], fault: set[Fault]
) -> None:
    """Whatever an issuer does, it takes neither long nor much."""
    seconds = 0.5 if End.SILENCE in script else 60
    async with (
        RawServer.saying(script) as server,
        IssuerClient(IssuerRules(server.url, total_seconds=seconds)) as client,
    ):
        with pytest.raises(Unavailable) as caught:
            await client.load(f"{server.url}keys")

    assert fault_of(caught.value) in fault | {Fault.STALLED}


@pytest.mark.parametrize(
    "url",
    [
        "http://keys.example/",
        "https://127.0.0.1/keys",
        "https://10.0.0.1/keys",
        "https://169.254.169.254/latest",
        "https://intranet/keys",
        "file:///etc/passwd",
        "https://[::1]/keys",
        "nonsense",
    ],
)
async def test_issuer_cannot_send_us_into_our_own_network(url: str) -> None:
    """An issuer on the internet whose documents name a place of ours is not obeyed."""
    async with IssuerClient(IssuerRules("https://issuer.example")) as client:
        with pytest.raises(Refused) as caught:
            await client.load(url)

    assert "upstream" not in str(caught.value)


async def test_name_that_leads_into_our_own_network_is_refused() -> None:
    """What counts is the address that is connected to."""

    async def lookup(host: str, _port: int, _family: socket.AddressFamily) -> list[str]:
        return ["10.0.0.1" if host == "keys.example" else "8.8.8.8"]

    async with IssuerClient(IssuerRules("https://issuer.example"), lookup) as client:
        with pytest.raises(Refused):
            await client.load("https://keys.example/keys")


@pytest.mark.parametrize("url", ["http://issuer.example", "http://10.0.0.1", "nonsense"])
def test_issuer_over_plain_http_is_a_mistake(url: str) -> None:
    """Anybody on the way could give us keys of their own; this machine itself is fine."""
    with pytest.raises(ConfigError, match=r"\[oidc.own\] issuer"):
        IssuerClient(IssuerRules(url, "own"))


async def test_issuer_is_believed_with_the_authority_that_was_named(tmp_path: Path) -> None:
    """A company's own issuer has a certificate of the company's own authority."""
    authority = trustme.CA()
    ca = tmp_path / "ca.pem"
    ca.write_bytes(authority.cert_pem.bytes())
    async with RawServer.saying((OK, End.CLOSE), tls=server_context(authority)) as server:
        async with IssuerClient(IssuerRules(server.url, ca=ca)) as client:
            found = await client.load(server.url)
        async with IssuerClient(IssuerRules(server.url)) as client:
            with pytest.raises(Unavailable) as caught:
                await client.load(server.url)

    assert found.body == b"ok"
    assert fault_of(caught.value) is Fault.TLS
