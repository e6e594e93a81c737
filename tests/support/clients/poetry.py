"""poetry, with the index as its only source, or with the one that is built into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import POETRY
from support.clients.environments import prepared
from support.clients.installed import Result
from support.clients.projects import Locked, packages_of, render_project
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["Poetry"]

_VARIABLES = {
    "POETRY_NO_INTERACTION": "1",
    "POETRY_KEYRING_ENABLED": "false",
    "POETRY_VIRTUALENVS_CREATE": "true",
    "POETRY_VIRTUALENVS_IN_PROJECT": "true",
}


@dataclass(frozen=True, slots=True)
class Poetry:
    """poetry; a folder is a project, with its environment in `.venv`."""

    sandbox: Sandbox
    names_source: bool = True
    """Otherwise a project has no source, and poetry asks PyPI, whatever index it is told."""

    def install(self, requirements: Sequence[str], index_url: str, target: Path) -> Result:
        """Lock, then install what the lock says."""
        self.lock(requirements, index_url, target).checked()
        return self.install_locked(index_url, target)

    def lock(self, requirements: Sequence[str], index_url: str, project: Path) -> Locked:
        """Write `poetry.lock`."""
        source = {"name": '"wheelyard"', "url": f'"{index_url}"', "priority": '"primary"'}
        tables = {"tool.poetry": {"package-mode": "false"}}
        if self.names_source:
            tables["[tool.poetry.source]"] = source
        project.mkdir(parents=True, exist_ok=True)
        project.joinpath("pyproject.toml").write_text(render_project(requirements, tables), "utf-8")
        return Locked.of(self._run("lock", project), project / "poetry.lock")

    def install_locked(self, index_url: str, project: Path) -> Result:
        """Install what the lock says; where from stands in `pyproject.toml`."""
        return Result.of(self._run("sync", project), packages_of(project / ".venv"))

    def _run(self, word: str, project: Path) -> Outcome:
        python = prepared(POETRY).python
        return self.sandbox.run(python, "-m", "poetry", word, cwd=project, variables=_VARIABLES)
