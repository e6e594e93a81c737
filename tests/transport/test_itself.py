"""A name that leads to this server itself is noticed before anybody connects."""

import socket
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from wheelyard.errors import Unavailable
from wheelyard.settings import HostAddress
from wheelyard.transport import ClientRules, Fault, HttpClient, Listening, Request, fault_of
from wheelyard.transport.itself import beyond_ourselves
from wheelyard.transport.resolver import Lookup

ELSEWHERE = "203.0.113.7"


def always(*addresses: str) -> Lookup:
    """Return a look-up that has these addresses for every name."""

    async def look_up(host: str, port: int, family: socket.AddressFamily) -> Sequence[str]:
        return addresses

    return look_up


@pytest.mark.parametrize(
    ("host", "address", "is_us"),
    [
        ("127.0.0.4", "127.0.0.4", True),
        ("127.0.0.4", "127.0.0.2", False),
        ("::1", "::1", True),
        ("localhost", "127.0.0.1", True),
        ("localhost", ELSEWHERE, False),
        ("0.0.0.0", "127.0.0.9", True),
        ("::", "127.0.0.1", True),
        ("packages.example", "127.0.0.1", False),
    ],
)
def test_server_is_where_it_listens(host: str, address: str, *, is_us: bool) -> None:
    """At its own address, or, if it listens at all of them, at every address of the machine."""
    listening = Listening(host, 443)

    assert listening.is_at(ip_address(address), 443) is is_us


@pytest.mark.allow_hosts([ELSEWHERE])
def test_server_at_every_address_is_not_at_those_of_others() -> None:
    """The kernel is asked which way packets would go; none is sent."""
    assert not Listening("0.0.0.0", 443).is_at(ip_address(ELSEWHERE), 443)


def test_other_port_of_this_machine_is_somebody_else() -> None:
    """An index on the same machine is a door like any other."""
    assert not Listening("127.0.0.1", 443).is_at(ip_address("127.0.0.1"), 8443)


@pytest.mark.anyio
async def test_name_that_leads_here_is_refused_with_what_to_write() -> None:
    """The sentence holds the very line that ends the loop."""
    look_up = beyond_ourselves(Listening("127.0.0.1", 443), always(ELSEWHERE, "127.0.0.1"))
    assert look_up is not None

    with pytest.raises(Unavailable, match=r'`addresses = \["index.example=ADDRESS"\]`') as caught:
        await look_up("index.example", 443, socket.AF_UNSPEC)

    assert fault_of(caught.value) == Fault.LOOP


@pytest.mark.anyio
@pytest.mark.parametrize(("port", "address"), [(443, ELSEWHERE), (80, "127.0.0.1")])
async def test_name_that_leads_elsewhere_is_looked_up_as_ever(port: int, address: str) -> None:
    """Who does not ask for us gets what the look-up says."""
    look_up = beyond_ourselves(Listening("127.0.0.1", 443), always(address))
    assert look_up is not None

    assert await look_up("index.example", port, socket.AF_UNSPEC) == (address,)


def test_who_listens_nowhere_looks_up_as_ever() -> None:
    """A command is no server: nothing can lead to it."""
    lookup = always(ELSEWHERE)

    assert beyond_ourselves(None, lookup) is lookup


@pytest.mark.anyio
async def test_client_does_not_connect_to_itself() -> None:
    """The error reaches whoever asked as it is, whoever wrote the address down."""
    rules = ClientRules(
        "http://index.example:8765/",
        addresses=(HostAddress("index.example", ip_address("127.0.0.1")),),
        listening=Listening("127.0.0.1", 8765),
    )

    async with HttpClient(rules) as client:
        with pytest.raises(Unavailable, match="leads to this server itself"):
            await client.load(Request("http://index.example:8765/simple/"))
