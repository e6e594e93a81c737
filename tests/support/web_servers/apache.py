"""Apache's httpd in the foreground, with the modules it is given.

It refuses to serve as root. Where root runs the tests its workers are somebody else, and what they
are to serve has to be in `web_server.open_folder`.
"""

import os
import pwd
from collections.abc import Sequence
from pathlib import Path

from support.web_servers.web_server import Place, WebServer

__all__ = ["APACHE", "whole"]

_MODULES = (Path("/usr/lib/apache2/modules"), Path("/usr/lib64/httpd/modules"))
_TYPES = (Path("/etc/mime.types"), Path("/etc/httpd/conf/mime.types"))
_ALWAYS = ("mpm_event", "authz_core", "authz_host")

# Threads enough for a client that opens many connections, and not the hundreds of the default.
_AROUND = """\
ServerName index.example
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/pid
Mutex pthread default
ErrorLog /dev/stderr
LogLevel warn
{loads}
StartServers 1
MinSpareThreads 1
MaxSpareThreads 32
ServerLimit 1
ThreadsPerChild 32
ThreadLimit 32
MaxRequestWorkers 32
{user}
<IfModule mod_mime.c>
    TypesConfig {types}
</IfModule>
Listen 127.0.0.1:{port}
{part}
"""

APACHE = WebServer(
    "apache2",
    "apache2",
    check=lambda place: ["-t", *_where(place)],
    run=lambda place: ["-DFOREGROUND", *_where(place)],
)


def whole(place: Place, part: str, modules: Sequence[str]) -> str:
    """Return a configuration out of a virtual host, with the modules that it needs."""
    folder = next(each for each in _MODULES if each.is_dir())
    loads = "\n".join(
        f"LoadModule {name}_module {folder}/mod_{name}.so" for name in (*_ALWAYS, *modules)
    )
    types = next((each for each in _TYPES if each.exists()), Path(os.devnull))
    return _AROUND.format(
        types=types, folder=place.folder, loads=loads, port=place.port, part=part, user=_user()
    )


def _user() -> str:
    """Return the lines that say who its workers are: only root may choose."""
    if os.geteuid() != 0:
        return ""
    known = {each.pw_name: each for each in pwd.getpwall()}
    user = next(name for name in ("www-data", "apache", "nobody") if name in known)
    return f"User {user}\nGroup #{known[user].pw_gid}"


def _where(place: Place) -> list[str]:
    return ["-f", str(place.configuration)]
