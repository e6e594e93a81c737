"""pipenv, with the index as its only source."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from support.clients.editions import PIPENV
from support.clients.environments import prepared
from support.clients.installed import Result
from support.clients.projects import Locked, packages_of
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["Pipenv"]

_VARIABLES = {
    "PIPENV_IGNORE_VIRTUALENVS": "1",
    "PIPENV_NOSPIN": "1",
    "PIPENV_QUIET": "1",
    "PIPENV_VENV_IN_PROJECT": "1",
    "PIPENV_YES": "1",
}


@dataclass(frozen=True, slots=True)
class Pipenv:
    """pipenv; a folder is a project, with its environment in `.venv`."""

    sandbox: Sandbox

    def install(self, requirements: Sequence[str], index_url: str, target: Path) -> Result:
        """Lock, then install what the lock says."""
        self.lock(requirements, index_url, target).checked()
        return self.install_locked(index_url, target)

    def lock(self, requirements: Sequence[str], index_url: str, project: Path) -> Locked:
        """Write `Pipfile.lock`."""
        project.mkdir(parents=True, exist_ok=True)
        project.joinpath("Pipfile").write_text(_render_pipfile(requirements, index_url), "utf-8")
        return Locked.of(self._run("lock", project), project / "Pipfile.lock")

    def install_locked(self, index_url: str, project: Path) -> Result:
        """Install what the lock says; where from stands in `Pipfile`."""
        return Result.of(self._run("sync", project), packages_of(project / ".venv"))

    def _run(self, word: str, project: Path) -> Outcome:
        python = prepared(PIPENV).python
        command = (python, "-m", "pipenv", word, "--python", python)
        return self.sandbox.run(*command, cwd=project, variables=_VARIABLES)


def _render_pipfile(requirements: Sequence[str], index_url: str) -> str:
    parsed = [Requirement(each) for each in requirements]
    listed = "".join(f'"{each.name}" = "{each.specifier or "*"}"\n' for each in parsed)
    source = f'[[source]]\nname = "pypi"\nurl = "{index_url}"\nverify_ssl = true\n'
    python = f'python_version = "{sys.version_info.major}.{sys.version_info.minor}"\n'
    return f"{source}\n[packages]\n{listed}\n[requires]\n{python}"
