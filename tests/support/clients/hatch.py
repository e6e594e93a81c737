"""hatch, whose environments are filled by the pip or the uv that it brings along."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import HATCH
from support.clients.environments import prepared
from support.clients.installed import Result
from support.clients.projects import packages_of, render_project
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["Hatch"]


@dataclass(frozen=True, slots=True)
class Hatch:
    """hatch; a folder is a project, whose default environment gets the requirements."""

    sandbox: Sandbox

    def install(self, requirements: Sequence[str], index_url: str, target: Path) -> Result:
        """Create the environment, and say what is in it."""
        listed = ", ".join(f'"{each}"' for each in requirements)
        words = {"dependencies": f"[{listed}]", "detached": "true", "path": '".hatch"'}
        target.mkdir(parents=True, exist_ok=True)
        text = render_project([], {"tool.hatch.envs.default": words})
        target.joinpath("pyproject.toml").write_text(text, "utf-8")
        outcome = self._run(index_url, target)
        return Result.of(outcome, packages_of(target / ".hatch"))

    def _run(self, index_url: str, project: Path) -> Outcome:
        # hatch has no option for an index: whatever it starts reads these.
        indexes = {"PIP_INDEX_URL": index_url, "UV_DEFAULT_INDEX": index_url}
        command = (prepared(HATCH).python, "-m", "hatch", "env", "create")
        return self.sandbox.run(*command, cwd=project, variables=indexes)
