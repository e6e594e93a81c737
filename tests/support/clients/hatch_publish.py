"""hatch as a publisher."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import HATCH
from support.clients.environments import prepared
from support.clients.publishing import Account, Release
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["HatchPublish"]


@dataclass(frozen=True, slots=True)
class HatchPublish:
    """hatch: before it sends a file, it looks for its name on the page below `+simple`."""

    sandbox: Sandbox

    def publish(
        self, release: Release, account: Account, project: Path, options: Sequence[str] = ()
    ) -> Outcome:
        """Send the files with `hatch publish`."""
        release.write(project)
        variables = {
            "HATCH_INDEX_REPO": account.url,
            "HATCH_INDEX_USER": account.user,
            "HATCH_INDEX_AUTH": account.password,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        command = (prepared(HATCH).python, "-m", "hatch", "publish", "--no-prompt")
        return self.sandbox.run(*command, *options, cwd=project, variables=variables)
