"""proxpi, as its container image runs it: gunicorn, one process, two threads."""

import importlib.metadata

from bench.peers.installing import install_locked
from bench.peers.peer import Launch, Site

__all__ = ["Proxpi"]


class Proxpi:
    """A cache of the upstream in a folder."""

    name = "proxpi"

    def prepare(self) -> str:
        """Install it, and return its version."""
        programs = install_locked(self.name)
        folders = [str(path) for path in programs.parent.glob("lib/python*/site-packages")]
        found = importlib.metadata.distributions(name=self.name, path=folders)
        return next((each.version for each in found), "unknown")

    def launch(self, site: Site) -> Launch:
        """Return the command."""
        gunicorn = str(install_locked(self.name) / "gunicorn")
        cache = site.folder / "cache"
        cache.mkdir(exist_ok=True)
        address = ("--bind", f"127.0.0.1:{site.port}")
        return Launch(
            command=(gunicorn, "--threads", "2", *address, "proxpi.server:app"),
            live_path="/health",
            environment={"PROXPI_INDEX_URL": site.upstream_url, "PROXPI_CACHE_DIR": str(cache)},
        )

    def finish(self, site: Site) -> None:
        """There is nothing left to configure."""

    def page_path(self, project: str) -> str:
        """Return the path of a project's page, or of the list of projects for ``""``."""
        return f"/index/{project}/" if project else "/index/"
