"""Fastly: it knows objects by the surrogate keys that they came with, and forgets by key.

Source: Fastly's API reference, "Purging", "Batch purge by surrogate key".
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from wheelyard.errors import Unavailable
from wheelyard.publish.purging.purger import Poster, PurgeBatch, Purged
from wheelyard.settings import Secret

__all__ = ["FASTLY_URL", "MOST_KEYS", "FastlyPurger", "purge_url"]

FASTLY_URL: Final = "https://api.fastly.com"
MOST_KEYS: Final = 256
"""How many keys Fastly takes in one request."""

_OK: Final = 200
_REASONS: Final = {
    401: "it does not know the token in `purge_fastly_token`",
    403: "the token in `purge_fastly_token` may not purge: it needs the scope `purge_select`",
    404: "it has no service with the id in `purge_fastly`",
    429: "too many purges in this hour; the rest is asked for later",
}


@dataclass(frozen=True, slots=True)
class FastlyPurger:
    """Purges one service.

    ``is_soft``: what was purged counts as stale, and may still be given out while the origin is
    down; without that it is gone.
    """

    client: Poster
    service: str
    token: Secret
    is_soft: bool = False

    @property
    def name(self) -> str:
        """What the catalog calls it."""
        return f"fastly:{self.service}"

    @property
    def shown(self) -> str:
        """What people are told that it is."""
        return f"Fastly's service {self.service}"

    @property
    def batch_size(self) -> int:
        """As many paths as there may be keys."""
        return MOST_KEYS

    async def purge(self, batch: PurgeBatch) -> Purged:
        """Purge the keys of the batch; in the body, where none is too long for a header.

        Raises:
            Unavailable: Fastly did not take it.
        """
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Fastly-Key": self.token.reveal(),
            **({"Fastly-Soft-Purge": "1"} if self.is_soft else {}),
        }
        body = msgspec.json.encode({"surrogate_keys": batch.keys})
        status = await self.client.post(body, headers)
        if status != _OK:
            reason = _REASONS.get(status, f"it answered with status {status}")
            raise Unavailable(self.shown, f"{reason}.")
        return Purged.THESE


def purge_url(service: str, endpoint: str = FASTLY_URL) -> str:
    """Return the address at which keys of a service are purged."""
    return f"{endpoint}/service/{service}/purge"
