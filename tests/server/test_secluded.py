"""What stands below a secret is nowhere else."""

import pytest

from wheelyard.server.exchange import Message, Receive, Scope, Send
from wheelyard.server.secluded import Secluded

pytestmark = pytest.mark.anyio

SECRET = "s3cr3t"


async def asked(path: str) -> tuple[int, list[str]]:
    """Return the status at ``path``, and which paths the program inside was asked for."""
    seen: list[str] = []
    sent: list[Message] = []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        seen.append(f"{scope['path']} {scope['raw_path'].decode()}")
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"method": "GET", "path": path, "raw_path": path.encode(), "headers": []}
    await Secluded(inside, SECRET)(scope, receive, send)
    return sent[0]["status"], seen


async def test_below_the_secret_it_is_as_below_the_root() -> None:
    """The program inside knows nothing of it."""
    assert await asked(f"/{SECRET}/simple/x/") == (200, ["/simple/x/ /simple/x/"])


@pytest.mark.parametrize(
    "path", ["/", "/simple/", f"/{SECRET}", f"/{SECRET}x/simple/", "/s3cr3/simple/", f"//{SECRET}/"]
)
async def test_elsewhere_is_nothing(path: str) -> None:
    """The program inside hears nothing."""
    assert await asked(path) == (404, [])
