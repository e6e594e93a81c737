"""Wheelyard as anybody runs it: `wheelyard serve` with its defaults, one worker."""

import os
import subprocess
import sys

from bench.errors import CannotRunError
from bench.peers.peer import Launch, Site
from bench.places import ROOT

__all__ = ["Wheelyard"]


class Wheelyard:
    """The server of this clone; `runner` comes between Python and the program, for profiles."""

    name = "wheelyard"

    def __init__(self, runner: tuple[str, ...] = ()) -> None:
        self._runner = runner

    def prepare(self) -> str:
        """Return the version of this clone."""
        command = [sys.executable, "-c", "import wheelyard; print(wheelyard.__version__)"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        answer = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment
        )
        if answer.returncode != 0:
            raise CannotRunError("this clone's own program cannot be imported")
        return answer.stdout.strip()

    def launch(self, site: Site) -> Launch:
        """Return the command; no configuration of this machine is read."""
        serve = ("-m", "wheelyard", "serve", "--port", str(site.port))
        data = ("--data", str(site.folder / "data"), "--upstream", site.upstream_url)
        return Launch(
            command=(sys.executable, *self._runner, *serve, *data),
            live_path="/-/live",
            environment={
                "PYTHONPATH": str(ROOT / "src"),
                "HOME": str(site.folder),
                "XDG_CONFIG_HOME": str(site.folder),
            },
        )

    def finish(self, site: Site) -> None:
        """There is nothing left to configure."""

    def page_path(self, project: str) -> str:
        """Return the path of a project's page, or of the list of projects for ``""``."""
        return f"/simple/{project}/" if project else "/simple/"
