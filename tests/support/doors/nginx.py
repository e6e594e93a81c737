"""The real nginx over a folder: plain, with listings, or as bandersnatch has it."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.doors.places import OpenDoor, Program, running
from support.web_servers.web_server import free_port

__all__ = ["BY_ACCEPT", "LISTINGS", "nginx"]

_SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin:/sbin"

LISTINGS = "location / { autoindex on; }"
"""Source: https://nginx.org/en/docs/http/ngx_http_autoindex_module.html"""

BY_ACCEPT = """
location /simple/ {
    index index$mirror_suffix;
    types {
        application/vnd.pypi.simple.v1+json v1_json;
        application/vnd.pypi.simple.v1+html v1_html;
        text/html html;
    }
}
"""
"""Source: bandersnatch's documentation, "Serving your Mirror"."""

_CONFIGURATION = """\
{user}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
    types {{ text/html html; application/octet-stream whl; application/gzip gz; }}
    map $http_accept $mirror_suffix {{
        default ".html";
        "~*application/vnd\\.pypi\\.simple\\.v1\\+json" ".v1_json";
        "~*application/vnd\\.pypi\\.simple\\.v1\\+html" ".v1_html";
        "~*text/html" ".html";
    }}
    server {{
        listen 127.0.0.1:{port};
        root {root};
        {locations}
    }}
}}
"""


@contextlib.contextmanager
def nginx(root: Path, folder: Path, locations: str = "", path: str = "/") -> Iterator[OpenDoor]:
    """Serve `root`; the door is at `path`. The test is skipped where there is no nginx."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}")
    if program is None:
        pytest.skip("nginx is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    text = _CONFIGURATION.format(
        user="user root;" if os.geteuid() == 0 else "", port=port, root=root, locations=locations
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(text, "utf-8")
    url = f"http://127.0.0.1:{port}{path}"
    command = (program, "-p", folder, "-e", "stderr", "-c", configuration)
    with running(Program(command, url, folder, dict(os.environ))) as leave:
        yield OpenDoor(url, leave)
