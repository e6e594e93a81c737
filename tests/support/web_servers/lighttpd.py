"""lighttpd, in the foreground."""

from support.web_servers.web_server import Place, WebServer

__all__ = ["LIGHTTPD"]

LIGHTTPD = WebServer(
    "lighttpd",
    "lighttpd",
    check=lambda place: ["-tt", *_where(place)],
    run=lambda place: ["-D", *_where(place)],
)


def _where(place: Place) -> list[str]:
    return ["-f", str(place.configuration)]
