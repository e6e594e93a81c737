"""The address itself, for somebody who opens it in a browser or with curl."""

from dataclasses import dataclass

from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Exchange

__all__ = ["Welcome"]

_TEXT = """\
Wheelyard: the Python package index that stays up.

Install through it:

    pip install --index-url {base}simple/ NAME
    uv pip install --default-index {base}simple/ NAME

State of this server: {base}-/status
"""


@dataclass(frozen=True, slots=True)
class Welcome:
    """Answers ``/``."""

    addresses: Addresses

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Say what this is and how to use it."""
        del parts
        body = _TEXT.format(base=self.addresses.base_of(exchange.scope)).encode()
        headers = (
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-cache"),
            (b"cache-status", b"wheelyard; detail=own"),
        )
        await exchange.answer(200, headers, body)
