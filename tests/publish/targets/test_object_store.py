"""A bucket as a target; what every target does is in ``test_target_conformance.py``."""

import pytest

from publish.targets.places import HEADERS, bucket_in_memory
from wheelyard.blobs.object_store import Attributes, ObjectStore, StoreRules
from wheelyard.blobs.store_urls import StoreUrl
from wheelyard.errors import BadInput, Unavailable
from wheelyard.publish.targets import ObjectHeaders, Outgoing
from wheelyard.publish.targets.object_store import ObjectStoreTarget

pytestmark = pytest.mark.anyio


async def test_pointer_that_names_no_view_is_said() -> None:
    """Nobody guesses which view counts."""
    store = ObjectStore(StoreUrl("memory", "bucket"), {})
    await store.put("current", b"c", Attributes())

    with pytest.raises(Unavailable, match="the object `current` there names no view"):
        await ObjectStoreTarget(store).active()


async def test_failure_of_one_object_is_the_failure_of_all() -> None:
    """It is told as it is, and not in a group of errors."""
    target = bucket_in_memory()
    objects = [Outgoing(f"a/{number}", b"x", HEADERS) for number in range(100)]

    with pytest.raises(BadInput, match="cannot be the path"):
        await target.put_many([*objects[:50], Outgoing("../b", b"x", HEADERS), *objects[50:]])


async def test_no_more_than_the_rules_say_are_sent_at_the_same_time() -> None:
    """One at a time is possible too."""
    target = bucket_in_memory(StoreRules(max_concurrency=1))

    await target.put_many([Outgoing(f"a/{number}", b"x", HEADERS) for number in range(20)])

    assert len([each async for each in target.listing()]) == 20


async def test_bucket_needs_no_views_and_can_have_them() -> None:
    """Each object is replaced in one step already."""
    target = bucket_in_memory()

    assert (target.can_switch, target.prefers_views) == (True, False)
    assert target.url == "memory://bucket/tree"


@pytest.mark.parametrize("key", ["", "project/flask"])
async def test_headers_become_attributes(key: str) -> None:
    """The surrogate key is metadata under a name that the store takes."""
    headers = ObjectHeaders("text/html", "no-cache", "gzip", key)
    target = ObjectStoreTarget(ObjectStore(StoreUrl("memory", "bucket"), {}), "surrogate_key")

    table = target.attributes(headers).as_table()

    assert table == {
        "Content-Type": "text/html",
        "Cache-Control": "no-cache",
        "Content-Encoding": "gzip",
        **({"surrogate_key": key} if key else {}),
    }
