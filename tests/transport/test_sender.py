"""Credentials, certificates and proxies: who gets them, and who does not."""

import asyncio
import logging
import traceback
from collections.abc import Sequence
from pathlib import Path

import pytest
import trustme

from transport.raw_server import (
    OK,
    End,
    RawServer,
    Step,
    TinyProxy,
    answer,
    redirect,
    server_context,
)
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.settings import Secret
from wheelyard.transport import (
    Certificates,
    ClientRules,
    Credentials,
    Deadlines,
    Fault,
    HttpClient,
    Proxies,
    Request,
    fault_of,
    read_proxies,
)

pytestmark = pytest.mark.anyio

BASIC = "Basic dXNlcjp3b3JkLTA4MTU="
CREDENTIALS = Credentials("user", Secret("word-0815"))
SECRETS = ("word-0815", "dXNlcjp3b3JkLTA4MTU=", "signature-4711")


def with_user(url: str) -> str:
    """Return ``url`` with the credentials in it."""
    return url.replace("://", "://user:word-0815@")


# --- credentials ----------------------------------------------------------------------------------


async def test_credentials_from_settings_go_to_the_origin() -> None:
    """They are sent with the first request, without being asked for."""
    async with (
        RawServer.saying(OK) as server,
        HttpClient(ClientRules(server.url, credentials=CREDENTIALS)) as client,
    ):
        await client.load(Request(server.url))

    assert server.header("Authorization") == BASIC


async def test_credentials_from_the_url_go_to_the_origin_and_out_of_the_url() -> None:
    """A URL with user information is one without, plus credentials."""
    async with (
        RawServer.saying(OK) as server,
        HttpClient(ClientRules(with_user(server.url))) as client,
    ):
        document = await client.load(Request(with_user(server.url)))

    assert server.header("Authorization") == BASIC
    assert document.url == server.url


async def test_credentials_from_netrc_go_to_the_origin(tmp_path: Path) -> None:
    """The weakest source, for this host alone."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password word-0815\n", encoding="utf-8")
    async with (
        RawServer.saying(OK) as server,
        HttpClient(ClientRules(server.url, netrc=netrc)) as client,
    ):
        await client.load(Request(server.url))

    assert server.header("Authorization") == BASIC


async def test_user_information_of_a_link_is_not_sent() -> None:
    """What a page writes into a link are no credentials of ours."""
    async with RawServer.saying(OK) as server, HttpClient(ClientRules(server.url)) as client:
        document = await client.load(Request(with_user(server.url)))

    assert server.header("Authorization") is None
    assert document.url == server.url


async def test_link_to_another_origin_gets_no_credentials() -> None:
    """T29: not even another port of the same host is the origin."""
    async with (
        RawServer.saying(OK) as server,
        RawServer.saying(OK) as other,
        HttpClient(ClientRules(server.url, credentials=CREDENTIALS)) as client,
    ):
        await client.load(Request(other.url))

    assert other.header("Authorization") is None


async def test_redirect_to_another_origin_gets_no_credentials() -> None:
    """T29: and what comes back from there gets none either."""
    async with RawServer.saying(OK) as server, RawServer.saying(OK) as other:
        server.scripts = [(redirect(other.url),), (OK,)]
        other.scripts = [(redirect(f"{server.url}b"),)]
        async with HttpClient(ClientRules(server.url, credentials=CREDENTIALS)) as client:
            document = await client.load(Request(f"{server.url}a"))

    assert document.url == f"{server.url}b"
    assert server.header("Authorization", 0) == BASIC
    assert other.header("Authorization") is None
    assert server.header("Authorization", 1) is None


async def test_redirect_within_the_origin_keeps_credentials() -> None:
    """A final slash that was forgotten is no change of hands."""
    async with (
        RawServer.saying(redirect("/b/"), OK) as server,
        HttpClient(ClientRules(server.url, credentials=CREDENTIALS)) as client,
    ):
        await client.load(Request(f"{server.url}b"))

    assert server.header("Authorization") == BASIC


@pytest.mark.parametrize(
    "script",
    [
        [End.RESET],
        [End.SILENCE],
        [b"HTTP/9.9 nonsense\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe", End.CLOSE],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nok"],
        [redirect("/a?signature-4711")],
        [redirect("http://10.0.0.1/?signature-4711")],
        [redirect("http://user:word-0815@10.0.0.1/")],
    ],
)
async def test_no_failure_tells_a_secret(
    script: Sequence[Step], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither message, nor traceback, nor representation, nor log has password or signature."""
    caplog.set_level(logging.DEBUG)
    async with RawServer.saying(script) as server:
        rules = ClientRules(with_user(server.url), deadlines=Deadlines(first_byte=0.05))
        request = Request(f"{with_user(server.url)}a?signature-4711")
        async with HttpClient(rules) as client:
            with pytest.raises(WheelyardError) as caught:
                await client.load(request)
            told = [
                str(caught.value),
                repr(caught.value),
                repr(vars(caught.value)),
                "".join(traceback.format_exception(caught.value)),
                caplog.text,
                repr(rules),
                repr(client),
            ]

    assert server.header("Authorization") == BASIC
    for secret in SECRETS:
        assert not [text for text in told if secret in text]


# --- proxies --------------------------------------------------------------------------------------


def through(proxy: TinyProxy, *, user: bool = False) -> Proxies:
    """Return proxies that send everything through ``proxy``."""
    return read_proxies({}, with_user(proxy.url) if user else proxy.url)


async def test_plain_request_is_made_by_the_proxy() -> None:
    """The proxy resolves the name; ours is not asked."""
    async with TinyProxy() as proxy:
        rules = ClientRules("http://index.example/", proxies=through(proxy, user=True))
        async with HttpClient(rules, lookup=no_lookup) as client:
            document = await client.load(Request("http://index.example/simple/"))

    assert document.body == b"by the proxy"
    assert proxy.requests[0].startswith("GET http://index.example/simple/ HTTP/1.1\r\n")
    assert f"Proxy-Authorization: {BASIC}\r\n" in proxy.requests[0]


async def no_lookup(host: str, port: int, family: object) -> Sequence[str]:
    """Fail the test: no name is resolved where a proxy does it."""
    raise AssertionError(host)


async def test_secure_request_goes_through_a_tunnel(
    authority: trustme.CA, authority_file: Path
) -> None:
    """The proxy learns the host, and neither path nor credentials."""
    context = server_context(authority, "index.example")
    async with RawServer.saying(OK, tls=context) as server, TinyProxy() as proxy:
        rules = ClientRules(
            f"https://index.example:{server.port}/",
            credentials=CREDENTIALS,
            certificates=Certificates(ca=authority_file),
            proxies=through(proxy),
        )
        async with HttpClient(rules, lookup=no_lookup) as client:
            document = await client.load(Request(f"{rules.origin}simple/"))

    assert document.body == b"ok"
    assert server.header("Authorization") == BASIC
    assert server.header("Proxy-Authorization") is None
    assert proxy.requests[0].startswith(f"CONNECT index.example:{server.port} HTTP/1.1\r\n")
    assert "Authorization" not in proxy.requests[0]
    assert "simple" not in proxy.requests[0]
    assert "User-Agent: wheelyard/" in proxy.requests[0]


async def test_tunnel_has_the_credentials_of_the_proxy(
    authority: trustme.CA, authority_file: Path
) -> None:
    """They are for the proxy, and the origin never sees them."""
    context = server_context(authority, "index.example")
    async with RawServer.saying(OK, tls=context) as server, TinyProxy() as proxy:
        rules = ClientRules(
            f"https://index.example:{server.port}/",
            certificates=Certificates(ca=authority_file),
            proxies=through(proxy, user=True),
        )
        async with HttpClient(rules) as client:
            await client.load(Request(rules.origin))

    assert f"Proxy-Authorization: {BASIC}\r\n" in proxy.requests[0]
    assert server.header("Proxy-Authorization") is None
    assert server.header("Authorization") is None


@pytest.mark.parametrize(
    "said",
    [
        answer(b"", status="407 Proxy Authentication Required"),
        answer(b"", status="502 Bad Gateway"),
        b"",
        b"nonsense\r\n\r\n",
    ],
)
async def test_tunnel_that_is_not_made_is_a_fault_of_the_way(said: bytes) -> None:
    """A proxy in the way is told from an upstream that is down."""
    async with TinyProxy(refuse_with=said) as proxy:
        rules = ClientRules("https://index.example/", proxies=through(proxy, user=True))
        async with HttpClient(rules) as client:
            with pytest.raises(Unavailable) as caught:
                await client.load(Request(rules.origin))

    assert fault_of(caught.value) in {Fault.PROXY, Fault.RESET, Fault.FRAMING}
    assert "0815" not in "".join(traceback.format_exception(caught.value))


async def test_proxy_that_wants_other_credentials_is_a_fault_of_the_proxy() -> None:
    """407 is not the upstream's answer."""
    said = answer(b"", status="407 Proxy Authentication Required")
    async with TinyProxy(refuse_with=said) as proxy:
        rules = ClientRules("http://index.example/", proxies=through(proxy))
        async with HttpClient(rules) as client:
            with pytest.raises(Unavailable) as caught:
                await client.load(Request(rules.origin))

    assert fault_of(caught.value) is Fault.PROXY


async def test_proxy_that_is_down_is_a_fault_of_the_proxy() -> None:
    """Nobody looks for the fault at the upstream."""
    async with TinyProxy() as proxy:
        proxies = through(proxy)
    async with HttpClient(ClientRules("https://index.example/", proxies=proxies)) as client:
        with pytest.raises(Unavailable) as caught:
            await client.load(Request("https://index.example/"))

    assert fault_of(caught.value) is Fault.PROXY


async def test_proxy_that_says_nothing_is_a_fault_of_the_proxy() -> None:
    """A tunnel has the deadline of a connection."""
    async with RawServer.saying([End.SILENCE]) as silent:
        rules = ClientRules(
            "https://index.example/",
            proxies=read_proxies({}, silent.url),
            deadlines=Deadlines(connect=0.05),
        )
        async with HttpClient(rules) as client:
            with pytest.raises(Unavailable) as caught:
                await client.load(Request(rules.origin))

    assert fault_of(caught.value) is Fault.PROXY


async def test_address_is_judged_even_behind_a_proxy() -> None:
    """T28: by its spelling at least, for the name is resolved elsewhere."""
    async with TinyProxy() as proxy:
        rules = ClientRules("https://index.example/", proxies=through(proxy))
        async with HttpClient(rules) as client:
            with pytest.raises(WheelyardError, match="allow_hosts"):
                await client.load(Request("https://169.254.169.254/"))

    assert proxy.requests == []


async def test_proxy_of_the_environment_is_not_for_this_machine() -> None:
    """A loopback upstream is reached directly unless the settings say otherwise."""
    async with RawServer.saying(OK) as server, TinyProxy() as proxy:
        rules = ClientRules(server.url, proxies=read_proxies({"http_proxy": proxy.url}))
        async with HttpClient(rules) as client:
            document = await client.load(Request(server.url))

    assert document.body == b"ok"
    assert proxy.requests == []


async def test_many_requests_at_once_share_the_connections() -> None:
    """A limit of ours bounds what an upstream sees."""
    async with (
        RawServer.saying(OK) as server,
        HttpClient(ClientRules(server.url)) as client,
        asyncio.TaskGroup() as tasks,
    ):
        for _ in range(200):
            tasks.create_task(client.load(Request(server.url)))

    assert len(server.requests) == 200
    assert server.connections <= 64
