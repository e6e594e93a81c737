"""nginx twice: sending files made ahead, the limit of what can be reached; and as a cache.

One worker process each, because one processor is compared with one processor.
"""

import os
import shutil
import subprocess
from pathlib import Path
from string import Template

from bench.errors import CannotRunError
from bench.peers.peer import Launch, Site
from bench.places import BENCH

__all__ = ["NginxCache", "NginxStatic", "find_nginx"]

CONFIGURATIONS = BENCH / "peers"
SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin:/sbin"


class _Nginx:
    """What both have in common: the program, and a configuration with a few blanks to fill."""

    configuration: Path

    def prepare(self) -> str:
        """Return the version of the installed nginx."""
        answer = subprocess.run([find_nginx(), "-v"], capture_output=True, text=True, check=False)
        return answer.stderr.strip().rpartition("/")[2]

    def launch(self, site: Site) -> Launch:
        """Write the configuration, and return the command."""
        text = Template(self.configuration.read_text("utf-8")).substitute(
            port=site.port,
            tree=site.tree,
            upstream=site.upstream_url.removesuffix("/simple/"),
            # Only root may choose, and only root has to: its folders are closed to others.
            user="user root;" if os.geteuid() == 0 else "",
        )
        site.folder.joinpath("temporary").mkdir(exist_ok=True)
        file = site.folder / "nginx.conf"
        file.write_text(text, "utf-8")
        prefix = ("-p", str(site.folder), "-e", "error.log")
        return Launch(command=(find_nginx(), *prefix, "-c", str(file)), live_path="/nothing")

    def finish(self, site: Site) -> None:
        """There is nothing left to configure."""

    def page_path(self, project: str) -> str:
        """Return the path of a project's page, or of the list of projects for ``""``."""
        return f"/simple/{project}/" if project else "/simple/"


class NginxStatic(_Nginx):
    """Files on disk, compressed ahead; see `bench.tree`."""

    name = "nginx static"
    configuration = CONFIGURATIONS / "nginx_static.conf"


class NginxCache(_Nginx):
    """`proxy_cache` in front of the upstream, links rewritten on their way out."""

    name = "nginx cache"
    configuration = CONFIGURATIONS / "nginx_cache.conf"


def find_nginx() -> str:
    """Return the program.

    Raises:
        CannotRunError: it is not installed.
    """
    if found := shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}"):
        return found
    raise CannotRunError("is not installed (`apt-get install nginx-light`)")
