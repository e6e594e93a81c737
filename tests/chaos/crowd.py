"""Many clients at once, in one thread: each sends one request and takes what comes.

What they take is hashed and not kept, so that a thousand of them on a large file cost no memory.
"""

import asyncio
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

__all__ = ["Taken", "allow_sockets", "ask_all"]

_PATIENCE_SECONDS = 600.0
_BACKLOG = 500
"""How many connect at the same time: more than that would be a test of the kernel's queue."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer. ``digest`` is that of its body, ``text`` the beginning of it."""

    status: int
    headers: Mapping[str, str]
    length: int
    digest: str
    text: str


def allow_sockets() -> int:
    """Let this process have as many open files as it may, and return how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def ask_all(address: tuple[str, int], requests: Sequence[bytes]) -> list[Taken]:
    """Return the answers to requests that are all made at once, in their order.

    Each is one that asks for the connection to be closed.
    """
    allow_sockets()
    return asyncio.run(_ask_all(address, requests))


async def _ask_all(address: tuple[str, int], requests: Sequence[bytes]) -> list[Taken]:
    connecting = asyncio.Semaphore(_BACKLOG)
    async with asyncio.timeout(_PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(_ask(address, each, connecting)) for each in requests]
    return [each.result() for each in asked]


async def _ask(address: tuple[str, int], request: bytes, connecting: asyncio.Semaphore) -> Taken:
    async with connecting:
        reader, writer = await asyncio.open_connection(*address)
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status_line, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
    digest, length, text = sha256(), 0, b""
    while chunk := await reader.read(1 << 18):
        digest.update(chunk)
        length += len(chunk)
        text = text or chunk[:500]
    writer.close()
    shown = text.decode("utf-8", "replace")
    return Taken(int(status_line.split()[1]), headers, length, digest.hexdigest(), shown)
