"""nginx, in one process that stays in the foreground."""

from support.web_servers.web_server import Place, WebServer

__all__ = ["NGINX", "whole"]

_AROUND = """\
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr info;
events {{}}
http {{
    access_log {folder}/access;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
{part}
}}
"""


def _where(place: Place) -> list[str]:
    return ["-e", "stderr", "-p", str(place.folder), "-c", str(place.configuration)]


NGINX = WebServer(
    "nginx",
    "nginx-light",
    check=lambda place: ["-t", "-q", *_where(place)],
    run=_where,
)


def whole(place: Place, part: str) -> str:
    """Return a configuration out of what goes into its `http` block."""
    return _AROUND.format(folder=place.folder, part=part)
