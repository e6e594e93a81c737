"""XML-RPC at ``/pypi`` and ``/RPC2``: a call in, a value or a fault out.

An answer always has status 200 if the call was read, as XML-RPC wants it. What keeps everybody from
an answer, such as missing credentials or an upstream that cannot be asked, is said by the status.
Source: the XML-RPC specification; PyPI's XML-RPC.
"""

from dataclasses import dataclass
from typing import Final

import anyio.to_thread

from wheelyard.errors import BadInput
from wheelyard.server.documents import JsonApi
from wheelyard.server.exchange import READS, Exchange
from wheelyard.server.mirror_calls import MirrorCalls
from wheelyard.server.problems import method_not_allowed
from wheelyard.server.small_body import read_small_body
from wheelyard.wire.xml_rpc import Fault, Value, parse_call, render_fault, render_response

__all__ = ["Pypi", "XmlRpc"]

_MAX_BYTES: Final = 64 * 1024
_UNREADABLE: Final = -32700
"""Source: "Specification for Fault Code Interoperability"."""

_POST: Final = frozenset({"POST"})
_HINT: Final = " XML-RPC is at `POST /pypi`, the JSON API at `/pypi/NAME/json`."


@dataclass(frozen=True, slots=True)
class XmlRpc:
    """Answers ``POST /RPC2`` of one index."""

    calls: MirrorCalls
    methods: frozenset[str] = _POST
    reading: frozenset[str] = _POST

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows the name of the address."""
        if parts not in ([], [""]):
            raise BadInput("XML-RPC is at `/pypi` and `/RPC2`, and nothing follows these.")
        body = await read_small_body(exchange, _MAX_BYTES)
        said = await self._answer(exchange, body)
        content = await anyio.to_thread.run_sync(_rendered, said)
        headers = (
            (b"content-type", b"text/xml; charset=utf-8"),
            (b"content-length", b"%d" % len(content)),
            (b"cache-control", b"no-store"),
            (b"cache-status", b"wheelyard; detail=call"),
            (b"x-content-type-options", b"nosniff"),
        )
        await exchange.answer(200, headers, content)

    async def _answer(self, exchange: Exchange, body: bytes) -> Value | Fault:
        """Return what is said to the call in ``body``."""
        try:
            call = parse_call(body)
        except BadInput as error:
            return Fault(_UNREADABLE, str(error))
        return await self.calls.answer(exchange, call)


@dataclass(frozen=True, slots=True)
class Pypi:
    """Answers ``/pypi``: the JSON API below it, and calls at the address itself."""

    documents: JsonApi
    rpc: XmlRpc
    methods: frozenset[str] = READS | _POST
    reading: frozenset[str] = READS | _POST

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``pypi`` in the path."""
        is_call, is_address = exchange.scope["method"] in _POST, parts in ([], [""])
        if is_call and is_address and not _is_form(exchange):
            await self.rpc(exchange, parts)
        elif is_call:
            hint = " Uploads go to `/legacy/`." if is_address else _HINT
            await exchange.problem(method_not_allowed("GET, HEAD", hint), has_reason=True)
        elif is_address:
            await exchange.problem(method_not_allowed("POST", _HINT))
        else:
            await self.documents(exchange, parts)


def _is_form(exchange: Exchange) -> bool:
    """Say whether a form is sent: an upload of a client that knows an address of long ago."""
    return (exchange.header(b"content-type") or "").lower().startswith("multipart/")


def _rendered(said: Value | Fault) -> bytes:
    """Return ``said`` as a document."""
    return render_fault(said) if isinstance(said, Fault) else render_response(said)
