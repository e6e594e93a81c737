"""Whom a question has passed, and that nothing else of what a client says is carried on."""

import asyncio

import pytest

from wheelyard.transport.chain import remember_via, render_via

pytestmark = pytest.mark.anyio

OWN = "1.1 wheelyard-own"


async def test_question_of_our_own_has_passed_us_alone() -> None:
    """Nobody asked: a renewal behind, say."""
    assert render_via(OWN) == OWN


@pytest.mark.parametrize(
    ("header", "carried"),
    [
        ("1.1 wheelyard-a", "1.1 wheelyard-a, 1.1 wheelyard-own"),
        ("1.1 wheelyard-a, 1.1 proxy, 1.0 wheelyard-b", "1.1 wheelyard-a, 1.0 wheelyard-b, " + OWN),
        ("1.1 varnish\r\nX-Evil: 1", OWN),
        ("", OWN),
    ],
)
async def test_servers_before_us_are_carried_on(header: str, carried: str) -> None:
    """Ours are, in their order; what else a client writes there is not ours to send."""
    remember_via(header)

    assert render_via(OWN) == carried


async def test_long_list_is_cut() -> None:
    """A client cannot have us send a header of any length."""
    remember_via(", ".join(f"1.1 wheelyard-{number}" for number in range(1000)))

    assert render_via(OWN).count("wheelyard-") == 17


async def test_work_begun_for_a_question_knows_whom_it_passed() -> None:
    """A task that outlives the question asks on its behalf; another question knows nothing."""

    async def answer() -> str:
        remember_via("1.1 wheelyard-a")
        return await asyncio.create_task(ask())

    async def ask() -> str:
        return render_via(OWN)

    answered = await asyncio.create_task(answer())
    other = await asyncio.create_task(ask())

    assert (answered, other) == ("1.1 wheelyard-a, 1.1 wheelyard-own", OWN)
