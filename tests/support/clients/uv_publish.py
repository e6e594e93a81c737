"""uv as a publisher."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uv

from support.clients.publishing import Account, Release
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["UvPublish"]


@dataclass(frozen=True, slots=True)
class UvPublish:
    """uv: it skips only what it finds on the page of `--check-url`."""

    sandbox: Sandbox

    def publish(
        self, release: Release, account: Account, project: Path, options: Sequence[str] = ()
    ) -> Outcome:
        """Send the files with `uv publish`."""
        files = release.write(project)
        variables = {
            "UV_PUBLISH_URL": account.url,
            "UV_PUBLISH_USERNAME": account.user,
            "UV_PUBLISH_PASSWORD": account.password,
        }
        command = (uv.find_uv_bin(), "publish", "--trusted-publishing", "never")
        return self.sandbox.run(*command, *options, *files, variables=variables)
