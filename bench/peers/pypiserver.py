"""pypiserver: a folder of packages behind gunicorn, one process, open to everybody."""

import importlib.metadata

from bench.peers.installing import install_locked
from bench.peers.peer import Launch, Site
from bench.posting import Target

__all__ = ["PypiserverHost"]

THREADS = 8


class PypiserverHost:
    """Its own way of leaving out passwords is used: it would look at one at each request."""

    name = "pypiserver"

    def prepare(self) -> str:
        """Install it, and return its version."""
        programs = install_locked(self.name)
        folders = [str(path) for path in programs.parent.glob("lib/python*/site-packages")]
        found = importlib.metadata.distributions(name=self.name, path=folders)
        return next((each.version for each in found), "unknown")

    def launch(self, site: Site) -> Launch:
        """Return the command."""
        packages = site.folder / "packages"
        packages.mkdir(exist_ok=True)
        # "." means no passwords, and is valid only with nothing to authenticate.
        options = f'roots=["{packages}"], password_file=".", authenticate=[]'
        return Launch(
            command=(
                str(install_locked(self.name) / "gunicorn"),
                *("--threads", str(THREADS), "--bind", f"127.0.0.1:{site.port}"),
                f"pypiserver:app({options})",
            ),
            live_path="/health",
        )

    def finish(self, site: Site) -> None:
        """There is nothing left to configure."""

    def page_path(self, project: str) -> str:
        """Return the path of a project's page, or of the list of projects for ``""``."""
        return f"/simple/{project}/" if project else "/simple/"

    def target(self, site: Site) -> Target:
        """Return where uploads go."""
        return Target(url=f"{site.url}/")
