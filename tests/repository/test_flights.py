"""One flight per question, here and across processes."""

from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from support.fakes import make_deck
from wheelyard.blobs import KeyLocks, WaitingRoom
from wheelyard.errors import Unavailable
from wheelyard.repository.flights import Flight, Flights, Retries

pytestmark = pytest.mark.anyio


async def test_flight_waits_for_the_lock_of_another_process(tmp_path: Path) -> None:
    """Two processes do not ask the same at the same time."""
    locks = KeyLocks(tmp_path)
    held = await anyio.to_thread.run_sync(locks.try_lock, "page:x")
    assert held is not None
    asked: list[str] = []

    async def ask() -> str:
        asked.append("x")
        return "answer"

    async with anyio.create_task_group() as tasks:
        flight: Flight[str] = Flights[str](make_deck(tasks, tmp_path), "page").join("x", ask)
        await anyio.wait_all_tasks_blocked()
        before = list(asked)
        await anyio.to_thread.run_sync(held.release)
        await flight.done.wait()

    assert before == []
    assert flight.result() == "answer"


async def test_flights_of_two_kinds_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """The key of a page and that of a document are different keys."""

    async def ask() -> str:
        return "answer"

    async with anyio.create_task_group() as tasks:
        deck = make_deck(tasks, tmp_path)
        pages, documents = Flights[str](deck, "page"), Flights[str](deck, "json")
        first, second = pages.join("x", ask), documents.join("x", ask)
        await first.done.wait()
        await second.done.wait()

    assert first is not second


async def test_flight_that_fails_tells_everybody(tmp_path: Path) -> None:
    """Whoever waits gets the error; the next question is a new flight."""

    async def ask() -> str:
        raise Unavailable("`x`", "refused: nobody listens there")

    async with anyio.create_task_group() as tasks:
        flights = Flights[str](make_deck(tasks, tmp_path), "page")
        flight = flights.join("x", ask)
        await flight.done.wait()
        again = flights.join("x", ask)
        await again.done.wait()

    with pytest.raises(Unavailable):
        flight.result()
    assert again is not flight


async def test_flight_ends_at_its_deadline(tmp_path: Path) -> None:
    """A question that nobody answers does not stay on its way for ever."""

    async def ask() -> str:
        await anyio.sleep_forever()
        return "never"

    async with anyio.create_task_group() as tasks:
        deck = make_deck(tasks, tmp_path, deadline_seconds=0.01)
        flight = Flights[str](deck, "page").join("x", ask)
        await flight.done.wait()

    with pytest.raises(Unavailable, match="no answer within"):
        flight.result()


async def test_flight_goes_without_a_lock_where_none_can_be_made(tmp_path: Path) -> None:
    """A full or read-only disk must not keep a question from being asked. Faults F35, F37."""

    async def ask() -> str:
        return "answer"

    async with anyio.create_task_group() as tasks:
        deck = make_deck(tasks, tmp_path / "nowhere")
        flight: Flight[str] = Flights[str](deck, "page").join("x", ask)
        await flight.done.wait()

    assert flight.result() == "answer"


async def test_retries_are_in_the_budget_or_a_second_later() -> None:
    """Ten are saved up; then each waits until clients are told to come back."""
    retries = Retries()

    taken = [retries.take(0.0) for _ in range(12)]

    assert taken == [True] * 10 + [False] * 2
    assert retries.take(1.0)
    for _ in range(11):
        retries.note_first()
    assert retries.take(0.0)


async def test_flight_that_finds_no_place_is_refused_and_joins_are_free(tmp_path: Path) -> None:
    """Who asks the same as somebody who waits already needs no place."""
    landed = anyio.Event()

    async def ask() -> int:
        await landed.wait()
        return 7

    async with anyio.create_task_group() as tasks:
        full = replace(make_deck(tasks, tmp_path), waiting=WaitingRoom(1))
        flights: Flights[int] = Flights(full, "page")
        flight = flights.join("a", ask)
        with pytest.raises(Unavailable, match="others wait"):
            flights.join("b", ask)
        again = flights.join("a", ask)
        landed.set()
        await flight.done.wait()

    assert again is flight
    assert (full.waiting.waiting, full.waiting.shed) == (0, 1)
