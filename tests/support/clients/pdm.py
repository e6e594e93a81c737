"""pdm, with the index as its only source."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import PDM
from support.clients.environments import prepared
from support.clients.installed import Result
from support.clients.projects import Locked, packages_of, render_project
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["Pdm"]

_VARIABLES = {
    "PDM_CHECK_UPDATE": "false",
    "PDM_IGNORE_SAVED_PYTHON": "true",
    "PDM_NON_INTERACTIVE": "1",
}


@dataclass(frozen=True, slots=True)
class Pdm:
    """pdm; a folder is a project, with its environment in `.venv`."""

    sandbox: Sandbox

    def install(self, requirements: Sequence[str], index_url: str, target: Path) -> Result:
        """Lock, then install what the lock says."""
        self.lock(requirements, index_url, target).checked()
        return self.install_locked(index_url, target)

    def lock(self, requirements: Sequence[str], index_url: str, project: Path) -> Locked:
        """Write `pdm.lock`."""
        # Without TLS there is nothing to verify, and only so does it speak HTTP to another host.
        verify = "true" if index_url.startswith("https:") else "false"
        source = {"name": '"pypi"', "url": f'"{index_url}"', "verify_ssl": verify}
        tables = {"tool.pdm": {"distribution": "false"}, "[tool.pdm.source]": source}
        project.mkdir(parents=True, exist_ok=True)
        project.joinpath("pyproject.toml").write_text(render_project(requirements, tables), "utf-8")
        return Locked.of(self._run("lock", project), project / "pdm.lock")

    def install_locked(self, index_url: str, project: Path) -> Result:
        """Install what the lock says; where from stands in `pyproject.toml`."""
        return Result.of(self._run("sync", project), packages_of(project / ".venv"))

    def _run(self, word: str, project: Path) -> Outcome:
        python = prepared(PDM).python
        return self.sandbox.run(python, "-m", "pdm", word, cwd=project, variables=_VARIABLES)
