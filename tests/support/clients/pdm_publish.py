"""pdm as a publisher."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import PDM
from support.clients.environments import prepared
from support.clients.publishing import Account, Release
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["PdmPublish"]


@dataclass(frozen=True, slots=True)
class PdmPublish:
    """pdm; it sends wheels before sdists."""

    sandbox: Sandbox

    def publish(
        self, release: Release, account: Account, project: Path, options: Sequence[str] = ()
    ) -> Outcome:
        """Send the files with `pdm publish`."""
        release.write(project)
        text = f'[project]\nname = "{release.name}"\nversion = "{release.version}"\n'
        project.joinpath("pyproject.toml").write_text(text, "utf-8")
        variables = {
            "PDM_CHECK_UPDATE": "false",
            "PDM_NON_INTERACTIVE": "1",
            "PDM_USE_VENV": "false",
            "PDM_PUBLISH_REPO": account.url,
            "PDM_PUBLISH_USERNAME": account.user,
            "PDM_PUBLISH_PASSWORD": account.password,
        }
        command = (prepared(PDM).python, "-m", "pdm", "publish", "--no-build")
        return self.sandbox.run(*command, *options, cwd=project, variables=variables)
