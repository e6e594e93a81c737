"""The ASGI edge: what clients and operators meet.

Start with ``edge.py`` (a path finds its handler), then ``simple.py`` and ``files.py`` (the two
answers that matter), ``serving.py`` (settings become a server that listens) and ``lane.py`` (our
protocol class inside uvicorn). ``redirector.py`` is the other server: it has no program behind it
and sends clients on. May import everything but ``cli`` and ``web``; uvicorn lives here.

Importing this room is cheap, because a redirector needs none of what a server is made of.
"""

from typing import TYPE_CHECKING

from wheelyard.late import late

if TYPE_CHECKING:  # for laziness, not for a cycle: see `__getattr__`
    from wheelyard.server.edge import Edge
    from wheelyard.server.serving import Application, serve

__all__ = ["Application", "Edge", "serve"]

_LATE = {
    "Application": "wheelyard.server.serving",
    "Edge": "wheelyard.server.edge",
    "serve": "wheelyard.server.serving",
}

if not TYPE_CHECKING:  # a type checker that saw it would believe in every name
    __getattr__ = late(__name__, _LATE)
