"""The cache that we know nothing of: an address of the operator's own, which is told what changed.

It is posted like news of outages and of changes, so that one receiver can take all of them.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import msgspec

from wheelyard.errors import Unavailable
from wheelyard.publish.purging.purger import Poster, PurgeBatch, Purged
from wheelyard.settings import Secret

__all__ = ["WebhookPurger", "render_purge"]

_EVENT: Final = "publish.purge"
_IS_TAKEN: Final = range(200, 300)


class _Body(msgspec.Struct, frozen=True):
    """What is posted. ``text`` says it in a sentence, which chat programs show as it is."""

    event: str
    id: str
    instance: str
    text: str
    index: str
    serial: int
    paths: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WebhookPurger:
    """Tells one address. ``name`` has a digest of it, ``shown`` its host; it may be a secret."""

    client: Poster
    name: str
    shown: str
    secret: Secret | None = None
    batch_size: int = 1_000

    async def purge(self, batch: PurgeBatch) -> Purged:
        """Post the paths and keys of the batch.

        Raises:
            Unavailable: the receiver did not take them.
            Refused: its host is none that we may go to.
        """
        body = render_purge(batch)
        headers = {
            "Content-Type": "application/json",
            "X-Wheelyard-Event": _EVENT,
            "X-Wheelyard-Delivery": batch.identity,
        }
        if self.secret is not None:
            # As GitHub's webhooks have it. Source: RFC 2104.
            digest = hmac.new(self.secret.reveal().encode(), body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature-256"] = f"sha256={digest}"
        status = await self.client.post(body, headers)
        if status not in _IS_TAKEN:
            raise Unavailable(f"`{self.shown}`", f"it answered with status {status}.")
        return Purged.THESE


def render_purge(batch: PurgeBatch) -> bytes:
    """Return what is posted of a batch, as JSON."""
    count = len(batch.paths)
    text = (
        f"Of the index {batch.index}, {batch.paths[0]} has changed."
        if count == 1
        else f"Of the index {batch.index}, {count} addresses have changed."
    )
    words = (_EVENT, batch.identity, batch.instance, text, batch.index, batch.serial)
    return msgspec.json.encode(_Body(*words, paths=batch.paths, keys=batch.keys))
