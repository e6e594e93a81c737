"""HAProxy, in the foreground."""

from support.web_servers.web_server import Place, WebServer

__all__ = ["HAPROXY"]

HAPROXY = WebServer(
    "haproxy",
    "haproxy",
    check=lambda place: ["-c", "-q", *_where(place)],
    run=lambda place: ["-db", *_where(place)],
)


def _where(place: Place) -> list[str]:
    return ["-f", str(place.configuration)]
