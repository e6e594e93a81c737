"""twine, before and after it stopped to skip what other indexes than PyPI have."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import Edition
from support.clients.environments import prepared
from support.clients.publishing import Account, Release
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["Twine"]


@dataclass(frozen=True, slots=True)
class Twine:
    """One edition of twine."""

    edition: Edition
    sandbox: Sandbox

    def publish(
        self, release: Release, account: Account, project: Path, options: Sequence[str] = ()
    ) -> Outcome:
        """Send the files with `twine upload`."""
        files = release.write(project)
        variables = {
            "TWINE_REPOSITORY_URL": account.url,
            "TWINE_USERNAME": account.user,
            "TWINE_PASSWORD": account.password,
            "TWINE_NON_INTERACTIVE": "1",
        }
        command = (prepared(self.edition).python, "-m", "twine", "upload")
        quietly = "--disable-progress-bar"
        return self.sandbox.run(*command, quietly, *options, *files, variables=variables)
