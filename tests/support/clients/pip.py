"""pip, in every edition that still starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from support.clients.editions import Edition
from support.clients.environments import prepared
from support.clients.installed import Result
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["Pip"]


@dataclass(frozen=True, slots=True)
class Pip:
    """One edition of pip; `options` go with every installation."""

    edition: Edition
    sandbox: Sandbox
    options: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    def install(self, requirements: Sequence[str], index_url: str, target: Path) -> Result:
        """Install into a folder of packages."""
        command = self.command_to_install(requirements, index_url, target)
        return Result.of(self.sandbox.run(*command, variables=self.variables), target)

    def command_to_install(
        self, requirements: Sequence[str], index_url: str, target: Path
    ) -> list[str | Path]:
        """Return the command line of an installation, for whoever starts it himself."""
        where = ("--target", str(target), "--index-url", index_url)
        return self.command("install", *where, *self.options, *requirements)

    def download(self, requirements: Sequence[str], index_url: str, folder: Path) -> Outcome:
        """Save the archives that would be installed, and install nothing."""
        where = ("--dest", str(folder), "--index-url", index_url)
        return self.run("download", *where, *self.options, *requirements)

    def run(self, *words: str) -> Outcome:
        """Run any command of pip."""
        return self.sandbox.run(*self.command(*words), variables=self.variables)

    def command(self, *words: str) -> list[str | Path]:
        """Return a whole command line."""
        return [prepared(self.edition).python, "-m", "pip", *words]
