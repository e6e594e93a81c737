"""flit, which publishes only what it builds itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import FLIT
from support.clients.environments import prepared
from support.clients.publishing import Account, Release
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["Flit"]

_PROJECT = """\
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"

[project]
name = "{name}"
version = "{version}"
description = "{name} for tests"
"""


@dataclass(frozen=True, slots=True)
class Flit:
    """flit: of a release it takes the name and the version, and builds a wheel and an sdist."""

    sandbox: Sandbox

    def publish(
        self, release: Release, account: Account, project: Path, options: Sequence[str] = ()
    ) -> Outcome:
        """Build and send both files with `flit publish`."""
        module = project / release.name.replace("-", "_")
        module.mkdir(parents=True, exist_ok=True)
        module.joinpath("__init__.py").write_text(f'version = "{release.version}"\n', "utf-8")
        text = _PROJECT.format(name=release.name, version=release.version)
        project.joinpath("pyproject.toml").write_text(text, "utf-8")
        variables = {
            "FLIT_INDEX_URL": account.url,
            "FLIT_USERNAME": account.user,
            "FLIT_PASSWORD": account.password,
        }
        command = (prepared(FLIT).python, "-m", "flit", "publish")
        return self.sandbox.run(*command, *options, cwd=project, variables=variables)
