"""A cache of the operator's own is told paths and keys, as other news is told."""

import hashlib
import hmac

import pytest

from publish.purging.batches import batch_of
from support.told import Reply, Told
from wheelyard.errors import Unavailable
from wheelyard.publish.purging.purger import Purged
from wheelyard.publish.purging.webhook import WebhookPurger
from wheelyard.settings import Secret
from wheelyard.transport import WebhookClient, WebhookRules

pytestmark = pytest.mark.anyio

PATHS = ("/simple/a/", "/simple/", "/packages/a-1.0+x.whl")


async def test_receiver_is_told_what_has_changed() -> None:
    """Exactly the paths and keys, which index, and up to which serial it shows now."""
    with Told() as told:
        async with WebhookClient(WebhookRules(f"{told.url}/hook?key=hush")) as client:
            purger = WebhookPurger(client, "webhook:x", client.shown, Secret("s"))
            purged = await purger.purge(batch_of(PATHS, ["project/a", "root"]))

    (heard,) = told.heard
    assert purged is Purged.THESE
    assert heard.path == "/hook?key=hush"
    assert heard.json() == {
        "event": "publish.purge",
        "id": "i-main-7-x",
        "instance": "i",
        "text": "Of the index main, 3 addresses have changed.",
        "index": "main",
        "serial": 7,
        "paths": list(PATHS),
        "keys": ["project/a", "root"],
    }
    assert heard.headers["x-wheelyard-event"] == "publish.purge"
    assert heard.headers["x-wheelyard-delivery"] == "i-main-7-x"
    digest = hmac.new(b"s", heard.body, hashlib.sha256).hexdigest()
    assert heard.headers["x-hub-signature-256"] == f"sha256={digest}"


async def test_receiver_without_a_secret_gets_no_signature() -> None:
    """And one address is named in the sentence."""
    with Told() as told:
        async with WebhookClient(WebhookRules(told.url)) as client:
            await WebhookPurger(client, "webhook:x", client.shown).purge(batch_of(["/simple/a/"]))

    assert "x-hub-signature-256" not in told.heard[0].headers
    assert told.heard[0].json()["text"] == "Of the index main, /simple/a/ has changed."


@pytest.mark.parametrize("reply", [500, 404, 429, 302, "reset", "hang"])
async def test_receiver_that_does_not_take_it_is_told_again_later(reply: Reply) -> None:
    """It says so; the path of its address, which may be a key, is in no message."""
    with Told() as told:
        told.replies = [reply]
        seconds = 1.0 if reply == "hang" else 60.0
        rules = WebhookRules(f"{told.url}/hush", total_seconds=seconds)
        async with WebhookClient(rules) as client:
            purger = WebhookPurger(client, "webhook:x", client.shown)
            with pytest.raises(Unavailable) as caught:
                await purger.purge(batch_of(PATHS))

    assert "hush" not in str(caught.value)
    assert told.url in str(caught.value)
    # Given up, it may be before a busy machine has heard of it.
    assert len(told.heard) in ({0, 1} if reply == "hang" else {1})
