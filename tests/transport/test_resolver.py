"""Names are resolved and judged in one step."""

import socket
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from wheelyard.errors import Refused
from wheelyard.settings import HostAddress
from wheelyard.transport.guard import Guard
from wheelyard.transport.resolver import GuardedResolver, known_first
from wheelyard.transport.urls import Origin

pytestmark = pytest.mark.anyio

PUBLIC_ADDRESS = "93.184.215.14"
GUARD = Guard.build(Origin("https", "index.example", 443), None, "main")


class Answers:
    """A resolver that gives these answers one after the other, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.left = list(answers)

    async def __call__(self, host: str, port: int, family: socket.AddressFamily) -> Sequence[str]:
        """Return the next answer."""
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


async def test_public_addresses_are_given_out_with_their_family() -> None:
    """The connector gets addresses, and never a name that could change its meaning."""
    resolver = GuardedResolver(GUARD, Answers([PUBLIC_ADDRESS, "2606:4700::1111"]))

    found = await resolver.resolve("files.example", 443)

    assert [(entry["host"], entry["family"]) for entry in found] == [
        (PUBLIC_ADDRESS, socket.AF_INET),
        ("2606:4700::1111", socket.AF_INET6),
    ]


async def test_forbidden_addresses_among_public_ones_are_left_out() -> None:
    """A name with a good and a bad address is connected to by the good one."""
    resolver = GuardedResolver(GUARD, Answers(["127.0.0.1", PUBLIC_ADDRESS, "169.254.169.254"]))

    found = await resolver.resolve("files.example", 443)

    assert [entry["host"] for entry in found] == [PUBLIC_ADDRESS]


async def test_name_that_changes_its_address_is_refused_when_it_turns_private() -> None:
    """T28: a rebinding resolver gains nothing, because each answer is judged."""
    resolver = GuardedResolver(GUARD, Answers([PUBLIC_ADDRESS], ["127.0.0.1"]))
    await resolver.resolve("files.example", 443)

    with pytest.raises(Refused, match=r"`\[upstream.main\] allow_hosts`"):
        await resolver.resolve("files.example", 443)


async def test_own_host_may_be_on_this_network() -> None:
    """The operator named it, so it may be where the operator's network is."""
    resolver = GuardedResolver(GUARD, Answers(["10.0.0.1"]))

    found = await resolver.resolve("index.example", 443)

    assert [entry["host"] for entry in found] == ["10.0.0.1"]


async def test_way_to_a_proxy_is_not_judged() -> None:
    """A proxy is where the operator put it."""
    resolver = GuardedResolver(None, Answers(["10.0.0.1"]))

    found = await resolver.resolve("proxy.example", 3128)

    assert [entry["host"] for entry in found] == ["10.0.0.1"]


async def test_name_without_address_is_an_error_of_the_system() -> None:
    """No address at all is a failure of the look-up, and not a refusal."""
    resolver = GuardedResolver(GUARD, Answers([]))

    with pytest.raises(OSError, match="no address"):
        await resolver.resolve("files.example", 443)


async def test_real_look_up_of_this_machine_leaves_the_loop_alone() -> None:
    """The machine's own resolver is asked in a thread; blockbuster watches."""
    guard = Guard.build(Origin("http", "localhost", 80), None, "main")
    resolver = GuardedResolver(guard)

    found = await resolver.resolve("localhost", 80, socket.AF_INET)
    await resolver.close()

    assert {entry["host"] for entry in found} == {"127.0.0.1"}


class Book:
    """A resolver that knows these hosts."""

    def __init__(self, **addresses: str) -> None:
        self.addresses = addresses

    async def __call__(self, host: str, port: int, family: socket.AddressFamily) -> Sequence[str]:
        """Return the address of ``host``."""
        address = self.addresses.get(host.partition(".")[0])
        if address is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [address]


@pytest.mark.parametrize(
    ("own", "stranger"),
    [("10.0.0.1", "10.0.0.1"), ("fd00::1", "fd00::1")],
)
async def test_stranger_at_the_private_address_of_the_upstream_is_admitted(
    own: str, stranger: str
) -> None:
    """Behind a gateway an index and its file host are one machine: the one that was chosen."""
    resolver = GuardedResolver(GUARD, Book(index=own, files=stranger))

    found = await resolver.resolve("files.example", 443)

    assert [entry["host"] for entry in found] == [stranger]


@pytest.mark.parametrize(
    ("own", "stranger"),
    [
        ("10.0.0.1", "10.0.0.2"),
        ("127.0.0.1", "127.0.0.1"),
        ("169.254.169.254", "169.254.169.254"),
        ("93.184.215.14", "10.0.0.1"),
    ],
)
async def test_stranger_at_another_private_address_is_refused(own: str, stranger: str) -> None:
    """A neighbour is the same machine, never this one, and never a metadata service."""
    resolver = GuardedResolver(GUARD, Book(index=own, files=stranger))

    with pytest.raises(Refused):
        await resolver.resolve("files.example", 443)


async def test_stranger_is_refused_when_the_upstream_has_no_address() -> None:
    """Without something to compare with there are no neighbours."""
    resolver = GuardedResolver(GUARD, Book(files="10.0.0.1"))

    with pytest.raises(Refused):
        await resolver.resolve("files.example", 443)


KNOWN = (
    HostAddress("index.example", ip_address("203.0.113.7")),
    HostAddress("index.example", ip_address("2001:db8::7")),
)


@pytest.mark.parametrize(
    ("host", "family", "expected"),
    [
        ("index.example", socket.AF_UNSPEC, ["203.0.113.7", "2001:db8::7"]),
        ("index.example", socket.AF_INET, ["203.0.113.7"]),
        ("index.example", socket.AF_INET6, ["2001:db8::7"]),
        ("files.example", socket.AF_UNSPEC, [PUBLIC_ADDRESS]),
    ],
)
async def test_known_address_comes_before_what_a_resolver_says(
    host: str, family: socket.AddressFamily, expected: list[str]
) -> None:
    """So a server that stands in for its upstream finds it; other hosts are looked up as ever."""
    look_up = known_first(KNOWN, Answers([PUBLIC_ADDRESS]))
    assert look_up is not None

    assert list(await look_up(host, 443, family)) == expected


async def test_known_address_is_judged_like_any_other() -> None:
    """It says where a host is, and not that we may be sent there."""
    inside = (HostAddress("files.example", ip_address("10.0.0.1")),)
    resolver = GuardedResolver(GUARD, known_first(inside, Answers([PUBLIC_ADDRESS])))

    with pytest.raises(Refused):
        await resolver.resolve("files.example", 443)


def test_without_known_addresses_nothing_changes() -> None:
    """The look-up stays what it was."""
    lookup = Answers([PUBLIC_ADDRESS])

    assert known_first((), lookup) is lookup
