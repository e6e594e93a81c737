"""uv: the one from the lock of the tests, so it needs no environment of its own."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import uv

from support.clients.installed import Result
from support.clients.projects import Locked, packages_of, render_project
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["Uv"]


@dataclass(frozen=True, slots=True)
class Uv:
    """uv as an installer (`uv pip`) and as a locker (`uv lock`, `uv sync`)."""

    sandbox: Sandbox
    options: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """Return the release that is installed here."""
        return version("uv")

    def install(self, requirements: Sequence[str], index_url: str, target: Path) -> Result:
        """Install into a folder of packages, with `uv pip install`."""
        command = self.command_to_install(requirements, index_url, target)
        return Result.of(self.sandbox.run(*command), target)

    def command_to_install(
        self, requirements: Sequence[str], index_url: str, target: Path
    ) -> list[str | Path]:
        """Return the command line of an installation, for whoever starts it himself."""
        where = ["--target", str(target), "--python", sys.executable, "--default-index", index_url]
        return [uv.find_uv_bin(), "pip", "install", *where, *self.options, *requirements]

    def lock(self, requirements: Sequence[str], index_url: str, project: Path) -> Locked:
        """Write `uv.lock`."""
        project.mkdir(parents=True, exist_ok=True)
        text = render_project(requirements, {"tool.uv": {"package": "false"}})
        project.joinpath("pyproject.toml").write_text(text, "utf-8")
        words = ["lock", "--python", sys.executable, "--default-index", index_url]
        outcome = self.run(*words, *self.options, cwd=project)
        return Locked.of(outcome, project / "uv.lock")

    def install_locked(self, index_url: str, project: Path) -> Result:
        """Make `.venv` hold what the lock says, with `uv sync --frozen`."""
        words = ["sync", "--frozen", "--python", sys.executable, "--default-index", index_url]
        outcome = self.run(*words, *self.options, cwd=project)
        return Result.of(outcome, packages_of(project / ".venv"))

    def run(self, *words: str, cwd: Path | None = None) -> Outcome:
        """Run any command of uv."""
        return self.sandbox.run(uv.find_uv_bin(), *words, cwd=cwd)
