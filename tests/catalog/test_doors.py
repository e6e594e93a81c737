"""Doors: recorded once, in order, without secrets."""

import pytest

from wheelyard.catalog import Catalog, DoorRow
from wheelyard.names import IndexName

pytestmark = pytest.mark.anyio

MAIN = IndexName("main")
FIRST = DoorRow("first", "https://one.example/simple/", {"ca": "/etc/ca.pem", "trust_env": True})
SECOND = DoorRow("second", "https://two.example:8443/root/pypi/+simple/?a=b")


async def test_doors_come_back_in_order_with_their_options(catalog: Catalog) -> None:
    """The order of doors is the order in which they are asked."""
    recorded = await catalog.doors.record(MAIN, [FIRST, SECOND])

    assert recorded == (FIRST, SECOND)
    assert await catalog.doors.load(MAIN) == (FIRST, SECOND)


async def test_doors_recorded_later_do_not_count(catalog: Catalog) -> None:
    """The first start decides; of two processes that start together, the first."""
    await catalog.doors.record(MAIN, [FIRST])

    assert await catalog.doors.record(MAIN, [SECOND]) == (FIRST,)


async def test_replaced_doors_count(catalog: Catalog) -> None:
    """A person who says so changes the doors."""
    await catalog.doors.record(MAIN, [FIRST, SECOND])

    assert await catalog.doors.replace(MAIN, [SECOND]) == (SECOND,)


async def test_doors_of_another_index_are_its_own(catalog: Catalog) -> None:
    """Each index has its doors; an index without any has none."""
    await catalog.doors.record(MAIN, [FIRST])

    assert await catalog.doors.load(IndexName("other")) == ()


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://user:secret@one.example/simple/", "https://one.example/simple/"),
        ("https://token@one.example:8443/", "https://one.example:8443/"),
        ("https://a:b@c@one.example/", "https://one.example/"),
        ("https://u:p@[::1]:8080/simple/", "https://[::1]:8080/simple/"),
    ],
)
async def test_credentials_in_a_url_are_not_stored(catalog: Catalog, url: str, stored: str) -> None:
    """No secret lies in the catalog, whoever can read it."""
    await catalog.doors.record(MAIN, [DoorRow("door", url)])

    assert await catalog.doors.load(MAIN) == (DoorRow("door", stored),)
