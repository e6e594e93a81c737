"""Below a path that nobody can guess: for what is served to one program on this machine.

Every user of a machine can connect to its loopback interface. What a command serves to a program
that it starts is not for them, so it stands below a secret that only that program is told.
"""

from hmac import compare_digest

from wheelyard.errors import Absent
from wheelyard.server.exchange import Exchange, Receive, Scope, Send
from wheelyard.server.lifespan import Application
from wheelyard.server.problems import problem_of

__all__ = ["Secluded"]


class Secluded:
    """Answers below ``/SECRET/`` as ``app`` does below the root, and nowhere else."""

    def __init__(self, app: Application, secret: str) -> None:
        """Answer with ``app``."""
        self._app = app
        self._prefix = f"/{secret}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; ASGI's interface."""
        cut, given = len(self._prefix), scope["path"]
        is_told = compare_digest(given[:cut].encode(), self._prefix.encode())
        if not is_told or given[cut : cut + 1] != "/":
            exchange = Exchange(scope, receive, send, given)
            await exchange.problem(problem_of(Absent("What you ask for")))
            return
        inside = {**scope, "path": given[cut:], "raw_path": scope["raw_path"][cut:]}
        await self._app(inside, receive, send)
