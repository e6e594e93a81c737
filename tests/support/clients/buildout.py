"""zc.buildout, which reads pages in its own way and keeps each project in a folder of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import BUILDOUT
from support.clients.environments import prepared
from support.clients.installed import Result, files_in, projects_in
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["Buildout"]

_CONFIGURATION = """\
[buildout]
parts = application
index = {index_url}
eggs-directory = {eggs}
newest = false

[application]
recipe = zc.recipe.egg
eggs =
    {requirements}
"""


@dataclass(frozen=True, slots=True)
class Buildout:
    """zc.buildout; a folder is a project with one part, the requirements."""

    sandbox: Sandbox

    def install(self, requirements: Sequence[str], index_url: str, target: Path) -> Result:
        """Build the part out, and say what is among its eggs."""
        eggs = target / "eggs"
        eggs.mkdir(parents=True, exist_ok=True)
        listed = "\n    ".join(requirements)
        text = _CONFIGURATION.format(index_url=index_url, eggs=eggs, requirements=listed)
        target.joinpath("buildout.cfg").write_text(text, "utf-8")
        program = prepared(BUILDOUT).folder / "bin" / "buildout"
        # buildout unpacks wheels with pip, and adds its index to pip's own instead of setting it.
        variables = {"PIP_INDEX_URL": index_url}
        return _result(self.sandbox.run(program, "-v", cwd=target, variables=variables), eggs)


def _result(outcome: Outcome, eggs: Path) -> Result:
    installed: dict[str, str] = {}
    files: dict[str, str] = {}
    # With the layout of version 5 an egg is a folder of packages; the folders are nested.
    for info in eggs.rglob("*-info"):
        installed |= projects_in(info.parent)
        files |= files_in(info.parent)
    return Result(
        outcome.command, outcome.exit_code, outcome.output, outcome.seconds, installed, files
    )
