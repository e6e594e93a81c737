"""A request's body that is small by nature: a form, a few words of JSON."""

from wheelyard.errors import BadInput
from wheelyard.server.exchange import Exchange

__all__ = ["read_small_body"]


async def read_small_body(exchange: Exchange, max_bytes: int) -> bytes:
    """Return the body of a request; that it comes in time is seen to below.

    Raises:
        BadInput: it has more than ``max_bytes``, or the client left.
    """
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await exchange.receive()
        if message["type"] != "http.request":
            raise BadInput("The request ended before its body.")
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > max_bytes:
            raise BadInput(f"The body of this request has more than {max_bytes} bytes.")
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)
