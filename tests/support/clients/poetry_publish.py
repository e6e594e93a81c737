"""poetry as a publisher."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import POETRY
from support.clients.environments import prepared
from support.clients.publishing import Account, Release
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["PoetryPublish"]


@dataclass(frozen=True, slots=True)
class PoetryPublish:
    """poetry, to which the index is a repository with a name."""

    sandbox: Sandbox

    def publish(
        self, release: Release, account: Account, project: Path, options: Sequence[str] = ()
    ) -> Outcome:
        """Send the files with `poetry publish`."""
        release.write(project)
        text = f'[project]\nname = "{release.name}"\nversion = "{release.version}"\n'
        project.joinpath("pyproject.toml").write_text(text, "utf-8")
        variables = {
            "POETRY_NO_INTERACTION": "1",
            "POETRY_KEYRING_ENABLED": "false",
            "POETRY_REPOSITORIES_TEAM_URL": account.url,
            "POETRY_HTTP_BASIC_TEAM_USERNAME": account.user,
            "POETRY_HTTP_BASIC_TEAM_PASSWORD": account.password,
        }
        command = (prepared(POETRY).python, "-m", "poetry", "publish", "--repository", "team")
        return self.sandbox.run(*command, *options, cwd=project, variables=variables)
