"""Wheelyard as anybody runs it: `wheelyard serve` with its defaults, one worker."""

import base64
import os
import subprocess
import sys

from bench.errors import CannotRunError
from bench.peers.peer import Launch, Site
from bench.places import ROOT
from bench.posting import Target

__all__ = ["Wheelyard", "WheelyardHost"]

USER = "bench"


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
            environment=_environment(site),
        )

    def finish(self, site: Site) -> None:
        """There is nothing left to configure."""

    def page_path(self, project: str) -> str:
        """Return the path of a project's page, or of the list of projects for ``""``."""
        return f"/simple/{project}/" if project else "/simple/"


class WheelyardHost(Wheelyard):
    """The same, with a user who may upload."""

    def target(self, site: Site) -> Target:
        """Return where uploads go, with a new token."""
        _command(site, "user", "add", USER, "--admin")
        token = _command(site, "token", "add", USER).strip()
        shown = base64.b64encode(f"__token__:{token}".encode()).decode()
        return Target(url=f"{site.url}/legacy/", headers={"Authorization": f"Basic {shown}"})


def _command(site: Site, *words: str) -> str:
    """Return what a command on the data directory of the server writes."""
    command = [sys.executable, "-m", "wheelyard", *words, "--data", str(site.folder / "data")]
    environment = {**os.environ, **_environment(site)}
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if answer.returncode != 0:
        raise CannotRunError(f"could not be configured: {answer.stderr.strip()[-200:]}")
    return answer.stdout


def _environment(site: Site) -> dict[str, str]:
    """Return what the program of this clone runs with, and nothing that this machine configures."""
    return {
        "PYTHONPATH": str(ROOT / "src"),
        "HOME": str(site.folder),
        "XDG_CONFIG_HOME": str(site.folder),
    }
