"""Caddy, without its administration and without certificates."""

from support.web_servers.web_server import Place, WebServer

__all__ = ["CADDY", "whole"]

_AROUND = """\
{{
\tadmin off
\tauto_https off
\tdefault_bind 127.0.0.1
\tstorage file_system {folder}/storage
}}
{part}
"""

CADDY = WebServer(
    "caddy",
    "caddy",
    check=lambda place: ["validate", *_where(place)],
    run=lambda place: ["run", *_where(place)],
    environ=lambda place: {
        "XDG_CONFIG_HOME": str(place.folder),
        "XDG_DATA_HOME": str(place.folder),
    },
)


def whole(place: Place, part: str) -> str:
    """Return a configuration out of its sites."""
    return _AROUND.format(folder=place.folder, part=part)


def _where(place: Place) -> list[str]:
    return ["--adapter", "caddyfile", "--config", str(place.configuration)]
