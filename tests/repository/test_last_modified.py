"""How old a mirror's copy is, by its own word."""

import pytest

from support.fakes import FakeClient
from wheelyard.clock import FrozenClock
from wheelyard.errors import Unavailable
from wheelyard.repository.last_modified import LastModified

pytestmark = pytest.mark.anyio

URL = "https://mirror.example/simple/"
PAGE = "https://mirror.example/last-modified"


async def test_mirror_says_when_its_copy_was_made(clock: FrozenClock) -> None:
    """The page is beside the index."""
    client = FakeClient().answer(PAGE, b"20260921T14:13:20\n")

    assert await LastModified(client, URL, clock).ask() == clock.now()


async def test_page_is_below_the_path_of_the_index(clock: FrozenClock) -> None:
    """An index that is mounted below a path, and one without ``/simple/``."""
    client = FakeClient()

    await LastModified(client, "https://mirror.example/pypi/simple/", clock).ask()
    await LastModified(client, "https://mirror.example/pypi/", clock).ask()

    assert {request.url for request in client.asked} == {
        "https://mirror.example/pypi/last-modified"
    }


@pytest.mark.parametrize(("status", "body"), [(404, b""), (200, b"<html>"), (403, b"")])
async def test_index_without_the_page_is_asked_once_a_day(
    clock: FrozenClock, status: int, body: bytes
) -> None:
    """An index that is no mirror has nothing to say, and need not be bothered."""
    client = FakeClient().answer(PAGE, body, status)
    last_modified = LastModified(client, URL, clock)

    assert [await last_modified.ask(), await last_modified.ask()] == [None, None]
    assert len(client.asked) == 1

    clock.forward(86_400)
    await last_modified.ask()

    assert len(client.asked) == 2


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_outage_is_not_taken_for_silence(clock: FrozenClock, status: int) -> None:
    """What could not be asked is asked again."""
    client = FakeClient().answer(PAGE, b"", status)
    last_modified = LastModified(client, URL, clock)
    with pytest.raises(Unavailable, match=f"status {status}"):
        await last_modified.ask()
    client.answer(PAGE, b"20260921T14:13:20\n")

    assert await last_modified.ask() == clock.now()
