"""`python -m http.server`, which serves a directory and knows nothing of headers."""

import sys
from pathlib import Path

from support.web_servers.web_server import WebServer

__all__ = ["python_http"]


def python_http(folder: Path) -> WebServer:
    """Return the server of a folder; there is no configuration to check."""
    return WebServer(
        sys.executable,
        "python3",
        check=lambda _: ["-c", ""],
        run=lambda place: [
            *("-m", "http.server", "--bind", "127.0.0.1"),
            *("--directory", str(folder), str(place.port)),
        ],
    )
