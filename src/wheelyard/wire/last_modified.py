"""``/last-modified``: when the last run of a mirror began that ended well.

Mirrors have written ``20120402T11:30:01`` and a line feed since 2009; others write the extended
form, an offset, a ``Z`` or nothing behind it, and the last line is what counts.
Source: PEP 381, "Statistics page"; pep381client and bandersnatch (``web/last-modified``).
"""

from datetime import UTC, datetime
from typing import Final

from wheelyard.clock import Instant
from wheelyard.errors import BadInput

__all__ = ["parse_last_modified", "render_last_modified"]

_MAX_BYTES: Final = 1_200


def parse_last_modified(body: bytes) -> Instant:
    """Return the moment that ``body`` states; without an offset it is UTC.

    Raises:
        BadInput: it states none.
    """
    lines = body[-_MAX_BYTES:].decode("ascii", "replace").split() if len(body) <= _MAX_BYTES else []
    try:
        moment = datetime.fromisoformat(lines[-1])
    except (IndexError, ValueError) as error:
        raise BadInput("last-modified: expected a moment such as `20120402T11:30:01`") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Instant(moment.timestamp())


def render_last_modified(moment: Instant) -> bytes:
    """Return ``moment`` as mirrors have always written it: UTC, to the second, a line feed."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y%m%dT%H:%M:%S\n").encode()
