"""When a mirror's copy of the index was made, by its own word."""

from typing import Final
from urllib.parse import urljoin

from wheelyard.clock import Clock, Instant
from wheelyard.errors import BadInput, Unavailable
from wheelyard.transport import Client, Request
from wheelyard.wire.last_modified import parse_last_modified

__all__ = ["LastModified"]

_OK: Final = 200
_SILENT_SECONDS: Final = 86_400.0
_MAX_BYTES: Final = 1024**2


class LastModified:
    """The page ``/last-modified`` beside an index; one that has none is asked once a day.

    Source: PEP 381, "Statistics page".
    """

    def __init__(self, client: Client, url: str, clock: Clock) -> None:
        """Ask beside the index at ``url``, which ends in a slash."""
        self._client = client
        root = url.removesuffix("/").removesuffix("/simple")
        self._url = urljoin(f"{root}/", "last-modified")
        self._clock = clock
        self._silent_at: Instant | None = None

    async def ask(self) -> Instant | None:
        """Return when the copy was made; None if the door does not tell.

        Raises:
            Unavailable: nobody answers.
        """
        now = self._clock.now()
        if self._silent_at is not None and 0 <= now - self._silent_at < _SILENT_SECONDS:
            return None
        document = await self._client.load(Request(self._url, "text/plain", max_bytes=_MAX_BYTES))
        if document.status >= 500 or document.status == 429:  # noqa: PLR2004 - RFC 9110, 15.6
            raise Unavailable("The age of the index", f"status {document.status}")
        try:
            if document.status == _OK:
                return parse_last_modified(document.body)
        except BadInput:  # a page for people under this address
            pass
        self._silent_at = now
        return None
