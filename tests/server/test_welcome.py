"""What somebody reads who opens the address itself."""

from ipaddress import ip_network

import pytest

from server.asgi import Call
from wheelyard.server.address import Addresses
from wheelyard.server.welcome import Welcome

pytestmark = pytest.mark.anyio


async def test_page_says_what_to_type() -> None:
    """With the address under which it was reached."""
    call = Call()

    await Welcome(Addresses(""))(call.exchange, [])

    assert call.status == 200
    assert call.headers["content-type"] == "text/plain; charset=utf-8"
    assert call.headers["content-length"] == str(len(call.body))
    assert b"pip install --index-url http://127.0.0.1:8765/simple/ NAME" in call.body
    assert b"uv pip install --default-index http://127.0.0.1:8765/simple/ NAME" in call.body
    assert b"http://127.0.0.1:8765/-/status" in call.body


async def test_page_shows_the_configured_address() -> None:
    """Whoever is behind a proxy types what the proxy takes."""
    call = Call(fields={"X-Forwarded-Host": "evil.example"})
    addresses = Addresses("https://index.example/py", (ip_network("127.0.0.0/8"),))

    await Welcome(addresses)(call.exchange, [])

    assert b"https://index.example/py/simple/" in call.body
    assert b"evil.example" not in call.body
