"""The ASGI edge: what clients and operators meet.

Start with ``edge.py`` (a path finds its handler), then ``simple.py`` and ``files.py`` (the two
answers that matter), ``serving.py`` (settings become a server that listens) and ``lane.py`` (our
protocol class inside uvicorn). May import everything but ``cli`` and ``web``; uvicorn lives here.
"""

from wheelyard.server.edge import Edge
from wheelyard.server.serving import Application, serve

__all__ = ["Application", "Edge", "serve"]
