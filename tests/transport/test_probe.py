"""A look at an address: what is there, once, and nothing that is elsewhere."""

import socket
from pathlib import Path

import pytest
import trustme

from transport.raw_server import OK, End, RawServer, answer, redirect, server_context
from wheelyard.errors import ConfigError, Unavailable
from wheelyard.transport import Fault, ProbeClient, ProbeRules, fault_of

pytestmark = pytest.mark.anyio


async def test_answer_is_returned_whatever_its_status() -> None:
    """With its headers: what they mean is for others to say."""
    gone = answer(b"{}", "X-Mark: me", status="404 Not Found")
    async with (
        RawServer.saying((gone, End.CLOSE)) as server,
        ProbeClient(ProbeRules(f"{server.url}a/wheelyard.json")) as probe,
    ):
        found = await probe.look()

    assert (found.status, found.headers["x-mark"], found.body) == (404, "me", b"{}")
    assert server.requests[0].startswith("GET /a/wheelyard.json HTTP/1.1\r\n")
    assert server.header("Authorization") is None


async def test_redirect_is_not_followed() -> None:
    """Who is asked has to answer."""
    async with RawServer.saying((OK, End.CLOSE)) as other:
        there = redirect(f"{other.url}keys")
        async with (
            RawServer.saying((there, End.CLOSE)) as server,
            ProbeClient(ProbeRules(server.url)) as probe,
        ):
            found = await probe.look()

    assert (found.status, found.headers["location"]) == (302, f"{other.url}keys")
    assert other.connections == 0


async def test_each_look_makes_a_connection_of_its_own() -> None:
    """One that was kept would not tell whether new ones are taken."""
    async with (
        RawServer.saying((OK,), (OK,)) as server,
        ProbeClient(ProbeRules(server.url)) as probe,
    ):
        await probe.look()
        await probe.look()

    assert server.connections == 2


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ((End.SILENCE,), {Fault.SLOW, Fault.SILENT}),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", End.SILENCE), {Fault.SLOW}),
        ((End.RESET,), {Fault.RESET}),
        ((b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 100_000, End.CLOSE), {Fault.TOO_LARGE}),
    ],
    ids=["silent", "stalls", "reset", "huge"],
)
async def test_answer_that_is_none_is_a_failure(
    script: tuple[bytes | End, ...], fault: set[Fault]
) -> None:
    """It takes neither long nor much."""
    seconds = 0.5 if End.SILENCE in script else 60
    async with (
        RawServer.saying(script) as server,
        ProbeClient(ProbeRules(server.url, total_seconds=seconds)) as probe,
    ):
        with pytest.raises(Unavailable) as caught:
            await probe.look()

    assert fault_of(caught.value) in fault


async def test_nobody_there_is_a_failure() -> None:
    """Told in words that a log can repeat."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with ProbeClient(ProbeRules(f"http://127.0.0.1:{port}/")) as probe:
        with pytest.raises(Unavailable) as caught:
            await probe.look()

    assert fault_of(caught.value) is Fault.REFUSED


async def test_certificate_is_checked_with_the_authorities_that_are_given(tmp_path: Path) -> None:
    """And with none that are not."""
    authority = trustme.CA()
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    async with RawServer.saying((OK,), (OK,), tls=server_context(authority)) as server:
        async with ProbeClient(ProbeRules(server.url, ca=file)) as probe:
            believed = await probe.look()
        async with ProbeClient(ProbeRules(server.url)) as probe:
            with pytest.raises(Unavailable) as caught:
                await probe.look()

    assert believed.status == 200
    assert fault_of(caught.value) is Fault.TLS


async def test_certificates_that_cannot_be_read_are_found_before_the_first_look(
    tmp_path: Path,
) -> None:
    """A slip in a path is told at once."""
    rules = ProbeRules("https://files.example/", ca=tmp_path / "missing.pem")

    with pytest.raises(ConfigError):
        async with ProbeClient(rules):
            pass


def test_address_that_is_none_is_refused() -> None:
    """At once."""
    with pytest.raises(ConfigError, match="cannot be checked"):
        ProbeClient(ProbeRules("http://0x7f.1/"))
