"""Doors as they are opened: credentials, proxies and rules, as an upstream gets to see them."""

import base64
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from support.packages import make_wheel
from support.simulator import Recorded, Simulator, running_simulator
from wheelyard.clock import FrozenClock
from wheelyard.errors import ConfigError
from wheelyard.repository.doors import (
    DoorOpening,
    OpenDoor,
    _client_rules,
    open_doors,
    unasked_doors,
)
from wheelyard.settings import DoorSettings, HiddenUrl, Secret, UpstreamSettings
from wheelyard.transport import Credentials, PipSettings, Proxy, Request
from wheelyard.transport.urls import parse_target

pytestmark = pytest.mark.anyio

CORP = "https://index.example/simple/"
SECRET = "hunter2"
NOTHING = PipSettings()


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an index with one project."""
    with running_simulator() as simulator:
        simulator.add(make_wheel("demo", "1.0"))
        yield simulator


def opening(
    upstream: UpstreamSettings,
    *,
    pip: PipSettings = NOTHING,
    environment: Mapping[str, str] | None = None,
    netrc: Path | None = None,
) -> DoorOpening:
    """Return what doors are opened with."""
    return DoorOpening(upstream, environment or {}, pip, "1.1 me", FrozenClock(), netrc)


@asynccontextmanager
async def opened(parts: DoorOpening) -> AsyncIterator[tuple[OpenDoor, ...]]:
    """Open the doors for the length of a block."""
    async with AsyncExitStack() as stack:
        yield await open_doors(stack, parts)


async def sent(index: Simulator, parts: DoorOpening) -> Recorded:
    """Return the request that arrives at ``index`` when the first door's page is asked for."""
    async with opened(parts) as (door, *_):
        await door.parts.client.load(Request(f"{door.parts.rules.url}demo/"))
    return index.requests[-1]


def one_door(index: Simulator, credentials: str | None = None) -> UpstreamSettings:
    """Return an upstream whose only door is ``index``."""
    secret = Secret(credentials) if credentials else None
    return UpstreamSettings(name="corp", doors=(DoorSettings(url=index.url, credentials=secret),))


def basic(pair: str) -> str:
    """Return the header in which ``pair`` goes. Source: RFC 7617."""
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        ("someone:hunter2", basic("someone:hunter2")),
        ("someone:with:colons", basic("someone:with:colons")),
        ("a-token", "Bearer a-token"),
        (None, None),
    ],
)
async def test_credentials_of_a_door_are_sent_to_it(
    index: Simulator, credentials: str | None, header: str | None
) -> None:
    """A pair goes as Basic, a token as Bearer, nothing as nothing."""
    request = await sent(index, opening(one_door(index, credentials)))

    assert request.headers.get("authorization") == header


async def test_credentials_of_pip_are_sent_to_the_index_that_pip_uses(index: Simulator) -> None:
    """A door at the same origin is the index for which pip has them, whatever the path."""
    pip = PipSettings(
        index_url=f"{index.base_url}/another/path",
        credentials=Credentials("someone", Secret(SECRET)),
    )

    request = await sent(index, opening(one_door(index), pip=pip))

    assert request.headers.get("authorization") == basic(f"someone:{SECRET}")


@pytest.mark.parametrize(
    "elsewhere",
    ["http://127.0.0.1:1/simple", "https://127.0.0.1:{port}/simple", "http://localhost:{port}/"],
    ids=["another port", "another scheme", "another host"],
)
async def test_credentials_of_pip_are_sent_nowhere_else(index: Simulator, elsewhere: str) -> None:
    """They belong to one origin: scheme, host and port."""
    pip = PipSettings(
        index_url=elsewhere.format(port=index.port),
        credentials=Credentials("someone", Secret(SECRET)),
    )

    request = await sent(index, opening(one_door(index), pip=pip))

    assert "authorization" not in request.headers


async def test_credentials_of_the_door_win_over_those_of_pip(index: Simulator) -> None:
    """What a person configured for this program counts."""
    pip = PipSettings(index_url=index.url, credentials=Credentials("pip", Secret("pip")))

    request = await sent(index, opening(one_door(index, "someone:hunter2"), pip=pip))

    assert request.headers.get("authorization") == basic("someone:hunter2")


async def test_address_of_pip_that_is_broken_does_not_stop_another_door(index: Simulator) -> None:
    """Somebody who named the upstream here need not correct pip first."""
    pip = PipSettings(
        index_url="https://pip.example:no-port/simple",
        credentials=Credentials("someone", Secret(SECRET)),
    )

    request = await sent(index, opening(one_door(index), pip=pip))

    assert "authorization" not in request.headers


async def test_netrc_is_looked_up_when_nobody_else_has_credentials(
    index: Simulator, tmp_path: Path
) -> None:
    """As pip and curl do."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login someone password {SECRET}\n")

    request = await sent(index, opening(one_door(index), netrc=netrc))

    assert request.headers.get("authorization") == basic(f"someone:{SECRET}")


async def test_every_request_is_signed_with_who_we_are(index: Simulator) -> None:
    """A server that asks itself, directly or around some corners, can tell."""
    request = await sent(index, opening(one_door(index)))

    assert request.headers["via"] == "1.1 me"


async def test_each_door_has_its_own_client_credentials_and_state(index: Simulator) -> None:
    """What goes to one door does not go to the other, and each is counted by itself."""
    doors = (
        DoorSettings(url=index.url, credentials=Secret("first:1")),
        DoorSettings(url=index.url, credentials=Secret("second:2")),
    )

    async with opened(opening(UpstreamSettings(name="corp", doors=doors))) as (first, second):
        await second.parts.client.load(Request(f"{index.url}demo/"))

    assert [request.headers["authorization"] for request in index.requests] == [basic("second:2")]
    assert (dict(first.state.outcomes), dict(second.state.outcomes)) == ({}, {"2xx": 1})


async def test_door_shows_its_address_without_secrets() -> None:
    """Neither the state, which people see, nor the rules, which logs quote, have any."""
    door = DoorSettings(
        url=f"https://someone:{SECRET}@index.example/simple/",
        plain_url=f"https://someone:{SECRET}@index.example/",
    )

    async with opened(opening(UpstreamSettings(name="corp", doors=(door,)))) as (found,):
        assert (found.state.name, found.state.url) == ("corp", CORP)
        assert found.parts.rules.url == CORP
        assert found.parts.plain is not None
        assert found.parts.plain.url == "https://index.example/"
        assert SECRET not in repr(found.parts.rules)


async def test_both_spellings_obey_the_same_rules() -> None:
    """What is configured for the upstream holds however its address is spelt."""
    door = DoorSettings(url=CORP, plain_url="https://index.example/")
    configured = UpstreamSettings(
        name="corp",
        doors=(door, DoorSettings(url=CORP)),
        unhashed="refuse",
        forbidden_means_absent=True,
        max_page_bytes=4_096,
    )

    async with opened(opening(configured)) as (first, second):
        plain = first.parts.plain
        assert plain is not None
        for rules in (first.parts.rules, plain):
            assert (rules.name, rules.unhashed, rules.max_page_bytes) == ("corp", "refuse", 4_096)
            assert rules.forbidden_means_absent
        assert second.parts.plain is None


async def test_clients_are_closed_with_the_stack(index: Simulator) -> None:
    """No connection outlives the program that opened it."""
    async with opened(opening(one_door(index))) as (door,):
        await door.parts.client.load(Request(index.url))

    with pytest.raises(RuntimeError):
        await door.parts.client.load(Request(index.url))


async def test_file_that_is_missing_is_a_slip_in_the_settings(tmp_path: Path) -> None:
    """A path with a typing mistake is found at the start, not at the first request."""
    configured = UpstreamSettings(
        name="corp", doors=(DoorSettings(url=CORP),), ca=tmp_path / "nothing.pem"
    )

    with pytest.raises(ConfigError, match=r"nothing\.pem"):
        async with opened(opening(configured)):
            pass


# --- proxies -------------------------------------------------------------------------------------


def proxy_for(url: str, parts: DoorOpening) -> Proxy | None:
    """Return the proxy through which the first door would ask for ``url``."""
    return _client_rules(parts.upstream.doors[0], parts).proxies.choose(parse_target(url))


def behind(proxy: str | None = None) -> UpstreamSettings:
    """Return an upstream that no resolver knows, behind a proxy of its own if one is given."""
    hidden = HiddenUrl(proxy) if proxy else None
    return UpstreamSettings(name="corp", doors=(DoorSettings(url=CORP),), proxy=hidden)


async def test_request_goes_through_the_configured_proxy(index: Simulator) -> None:
    """Also to this machine: whoever configured the proxy for this upstream means it."""
    address = index.base_url.replace("http://", "http://someone:hunter2@")
    configured = UpstreamSettings(
        name="corp", doors=(DoorSettings(url=index.url),), proxy=HiddenUrl(address)
    )

    request = await sent(index, opening(configured))

    assert request.via_proxy
    assert request.headers["proxy-authorization"] == basic("someone:hunter2")
    assert "authorization" not in request.headers


def test_configured_proxy_wins_over_those_of_pip_and_the_environment() -> None:
    """From the narrowest word to the widest."""
    pip = PipSettings(proxy=Proxy("http://pip.example:1"))
    environment = {"https_proxy": "http://environment.example:1"}

    chosen = [
        proxy_for(CORP, opening(behind("http://own.example:1"), pip=pip, environment=environment)),
        proxy_for(CORP, opening(behind(), pip=pip, environment=environment)),
        proxy_for(CORP, opening(behind(), environment=environment)),
        proxy_for(CORP, opening(behind())),
    ]

    assert chosen == [
        Proxy("http://own.example:1"),
        Proxy("http://pip.example:1"),
        Proxy("http://environment.example:1"),
        None,
    ]


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(
    "named_by",
    [
        opening(behind("http://own.example:1")),
        opening(behind(), pip=PipSettings(proxy=Proxy("http://pip.example:1"))),
        opening(behind(), environment={"ALL_PROXY": "http://environment.example:1"}),
    ],
    ids=["settings", "pip", "environment"],
)
def test_no_proxy_counts_whoever_named_the_proxy(named_by: DoorOpening, variable: str) -> None:
    """What is in the house is not asked for through the door to the street."""
    environment = {**named_by.environment, variable: "index.example, .corp.example"}
    parts = replace(named_by, environment=environment)

    assert proxy_for(CORP, parts) is None
    assert proxy_for("https://files.corp.example/", parts) is None
    assert proxy_for("https://elsewhere.example/", parts) is not None
    assert proxy_for("http://elsewhere.example/", parts) is not None


def test_proxy_of_pip_keeps_its_credentials_and_spares_this_machine() -> None:
    """It was set for the world outside, as a proxy in the environment is."""
    proxy = Proxy("http://pip.example:1", Credentials("someone", Secret(SECRET)))
    parts = opening(behind(), pip=PipSettings(proxy=proxy))

    assert proxy_for(CORP, parts) == proxy
    assert proxy_for("http://index.example/simple/", parts) == proxy
    assert proxy_for("http://127.0.0.1:3141/root/pypi/", parts) is None


def test_broken_proxy_in_the_environment_does_not_matter_where_another_counts() -> None:
    """Nobody has to correct what is not used."""
    environment = {"https_proxy": "socks5://environment.example"}
    pip = PipSettings(proxy=Proxy("http://pip.example:1"))

    assert proxy_for(CORP, opening(behind(), pip=pip, environment=environment)) == pip.proxy
    with pytest.raises(ConfigError, match="https_proxy"):
        proxy_for(CORP, opening(behind(), environment=environment))


# --- doors that nobody asks ----------------------------------------------------------------------


def test_unasked_door_is_known_by_its_address() -> None:
    """Offline, people still see what the server stands in for; without a secret."""
    door = DoorSettings(url=f"https://someone:{SECRET}@index.example/simple/")

    (state,) = unasked_doors(UpstreamSettings(name="corp", doors=(door,)))

    assert (state.name, state.is_offline) == ("corp", True)
    assert "index.example/simple/" in state.url
    assert SECRET not in state.url


async def test_door_that_is_a_directory_is_read(tmp_path: Path) -> None:
    """The scheme of its address says that there is nobody to connect to."""
    wheel = make_wheel("demo", "1.0")
    tmp_path.joinpath(wheel.filename).write_bytes(wheel.content)
    url = tmp_path.as_uri()
    door = DoorSettings(url=f"{url}/simple/", plain_url=f"{url}/")
    upstream = UpstreamSettings(name="corp", doors=(door,))

    async with opened(opening(upstream)) as (opened_door,):
        answer = await opened_door.parts.client.load(Request(f"{url}/{wheel.filename}"))

    assert answer.body == wheel.content
    assert opened_door.state.url == f"{url}/simple/"
    assert opened_door.state.is_up


async def test_contact_goes_along_with_every_request(index: Simulator) -> None:
    """So that the people behind an upstream can reach those behind this server."""
    parts = replace(opening(one_door(index)), contact="mailto:us@wheelyard.example")

    request = await sent(index, parts)

    assert request.headers["user-agent"].endswith(" (+mailto:us@wheelyard.example)")
