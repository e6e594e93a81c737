"""A published tree that somebody serves, read over HTTP as a client would."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from wheelyard.errors import Absent, BadInput, Unavailable
from wheelyard.publish.targets.paths import check_path
from wheelyard.publish.targets.views import parse_pointer
from wheelyard.transport import Client, Reply, Request, display_url
from wheelyard.wire.tree import CURRENT, View

__all__ = ["WebTree"]

_PLAIN: Final = "!$&'()*+,;=:@~/"
"""What stands in a path as it is. Source: RFC 3986, 3.3."""

_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_MOST_POINTER_BYTES: Final = 1024


class WebTree:
    """A ``Readable`` at an address. Objects come as they are stored, without a content coding."""

    def __init__(self, client: Client, base: str) -> None:
        """Ask ``client`` for what is below ``base``, which ends in a slash."""
        self._client = client
        self._base = base

    @property
    def url(self) -> str:
        """The address, without user and password."""
        return display_url(self._base).rstrip("/")

    async def get(self, path: str, max_bytes: int) -> bytes | None:
        """Return the bytes of an object; None if there is none."""
        async with self._client.open(Request(self._address(path), is_file=True)) as reply:
            if reply.status in _GONE:
                return None
            self._check(path, reply)
            content = await _read_some(reply, max_bytes)
            if content is None:
                raise BadInput(f"`{self.url}/{path}` is longer than {max_bytes} bytes.")
            return content

    async def read(self, path: str) -> AsyncIterator[bytes]:
        """Yield the bytes of an object."""
        async with self._client.open(Request(self._address(path), is_file=True)) as reply:
            if reply.status in _GONE:
                raise Absent(f"`{path}`", self.url)
            self._check(path, reply)
            async for chunk in reply.chunks:
                yield chunk

    async def active(self) -> View | None:
        """Return the view that the pointer names; None where nothing is to be had for it.

        A server of a directory has a folder there, and what it says of that is its own matter.
        """
        async with self._client.open(Request(self._address(CURRENT), is_file=True)) as reply:
            if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                self._check(CURRENT, reply)
            if reply.status != HTTPStatus.OK:
                return None
            return parse_pointer(await _read_some(reply, _MOST_POINTER_BYTES) or b"")

    def _address(self, path: str) -> str:
        """Return the address of an object."""
        return f"{self._base}{quote(check_path(path), safe=_PLAIN)}"

    def _check(self, path: str, reply: Reply) -> None:
        """Raise unless the server gave the object."""
        if reply.status != HTTPStatus.OK:
            raise Unavailable(
                f"`{self.url}/{path}`", f"the server answered with the status {reply.status}"
            )


async def _read_some(reply: Reply, max_bytes: int) -> bytes | None:
    """Return the body; None if it is longer."""
    content = bytearray()
    async for chunk in reply.chunks:
        content += chunk
        if len(content) > max_bytes:
            return None
    return bytes(content)
