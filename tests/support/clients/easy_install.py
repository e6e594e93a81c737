"""easy_install: its command is gone, but the code that reads an index still runs as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import EASY_INSTALL
from support.clients.environments import prepared
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["EasyInstall"]

_PROGRAM = """\
import sys

from pkg_resources import Requirement
from setuptools.package_index import PackageIndex

index_url, folder, *wanted = sys.argv[1:]
index = PackageIndex(index_url)
for text in wanted:
    found = index.fetch_distribution(Requirement.parse(text), folder)
    if found is None:
        sys.exit(f"{text} is not there")
    print(found.location)
"""


@dataclass(frozen=True, slots=True)
class EasyInstall:
    """The search and the download of easy_install, without its own way of installing."""

    sandbox: Sandbox

    def download(self, requirements: Sequence[str], index_url: str, folder: Path) -> Outcome:
        """Save the best archive for each requirement, wheel or sdist."""
        folder.mkdir(parents=True, exist_ok=True)
        python = prepared(EASY_INSTALL).python
        program = ("-W", "ignore", "-c", _PROGRAM)
        return self.sandbox.run(python, *program, index_url, folder, *requirements)
