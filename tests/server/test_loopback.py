"""A program that is served to this machine for as long as a command needs it."""

import asyncio
import os
import socket
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support.packages import make_wheel
from support.simulator import Simulator
from wheelyard.app import running
from wheelyard.server.loopback import serving_here
from wheelyard.settings import load_settings

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking(reason="looks projects up in place, as requests do"),
]


async def test_program_is_served_meanwhile_and_no_longer(tmp_path: Path) -> None:
    """Whoever knows the address gets pages, and nobody else; afterwards nobody listens there."""
    async with Simulator() as upstream:
        upstream.add(make_wheel("demo", "1.0"))
        flags = {"store.data": tmp_path / "data", "upstream.urls": (upstream.url,)}
        settings = await asyncio.to_thread(load_settings, flags, {}, tmp_path)
        async with running(settings, dict(os.environ), records_doors=False) as app:
            async with serving_here(app) as url:
                page = await asyncio.to_thread(_read, f"{url}simple/demo/")
                root = urlsplit(url)._replace(path="/simple/demo/").geturl()
                with pytest.raises(urllib.error.HTTPError, match="404"):
                    await asyncio.to_thread(_read, root)
            address = urlsplit(url)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.to_thread(
                    socket.create_connection, (address.hostname, address.port), 5
                )

    assert b"demo-1.0" in page


def _read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=180) as answer:
        body: bytes = answer.read()
        return body
