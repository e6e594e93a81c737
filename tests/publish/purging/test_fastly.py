"""Fastly is told keys, and never more of them than it takes."""

import pytest

from publish.purging.batches import batch_of
from support.told import Told
from wheelyard.errors import Unavailable
from wheelyard.publish.purging.fastly import FASTLY_URL, MOST_KEYS, FastlyPurger, purge_url
from wheelyard.publish.purging.purger import Purged
from wheelyard.settings import Secret
from wheelyard.transport import WebhookClient, WebhookRules

pytestmark = pytest.mark.anyio

TOKEN = Secret("hush-token")


@pytest.mark.parametrize("is_soft", [False, True])
async def test_keys_are_purged_in_one_request(is_soft: bool) -> None:  # noqa: FBT001 - a column
    """With the token; what is purged softly may still be given out in an outage."""
    keys = [f"file/a-{number}.whl" for number in range(MOST_KEYS)]
    with Told() as told:
        async with WebhookClient(WebhookRules(purge_url("SERVICE1", told.url))) as client:
            purger = FastlyPurger(client, "SERVICE1", TOKEN, is_soft=is_soft)
            purged = await purger.purge(batch_of(["/simple/a/"], keys))

    (heard,) = told.heard
    assert purged is Purged.THESE
    assert heard.path == "/service/SERVICE1/purge"
    assert heard.json() == {"surrogate_keys": keys}
    assert heard.headers["fastly-key"] == "hush-token"
    assert heard.headers.get("fastly-soft-purge") == ("1" if is_soft else None)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "token"),
        (403, "purge_select"),
        (404, "no service"),
        (429, "too many"),
        (503, "status 503"),
    ],
)
async def test_refusal_says_what_to_look_at(status: int, reason: str) -> None:
    """And nothing of the token."""
    with Told() as told:
        told.replies = [status]
        async with WebhookClient(WebhookRules(purge_url("S", told.url))) as client:
            with pytest.raises(Unavailable, match=reason) as caught:
                await FastlyPurger(client, "S", TOKEN).purge(batch_of(["/simple/a/"]))

    assert "hush" not in str(caught.value)


async def test_service_is_asked_where_fastly_is() -> None:
    """Unless a test says otherwise."""
    assert purge_url("S") == f"{FASTLY_URL}/service/S/purge"
