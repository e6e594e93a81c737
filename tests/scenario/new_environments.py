"""A program for the closed room: make environments and install into them without an upstream.

Nothing leads out of the room: no route, and no name server but ours. Somebody makes an environment
while the upstream answers, and others do when it is gone. What they have then is printed as one
JSON object, with the names that were asked for and what the server says of its door.

Its word is an empty folder.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from support.clients import Sandbox, Virtualenv, files_in, projects_in, seed_wheels
from support.clients.closed_room import NameServer, furnish
from support.clients.projects import packages_of
from support.packages import closure
from support.server import running_server
from support.simulator import PYPI, Simulator

__all__ = ["INDEX", "MAKERS", "TREE", "UPSTREAM", "main"]

INDEX, UPSTREAM = "index.test", "upstream.test"
TREE = closure(4)
"""What the requirements file leads to."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody new, who was told where the index is and has a file of requirements."""

    folder: Path
    index_url: str

    @property
    def sandbox(self) -> Sandbox:
        """Return where everything of theirs runs."""
        also = {"PIP_INDEX_URL": self.index_url, "PIP_TRUSTED_HOST": INDEX}
        return Sandbox(self.folder / "sandbox", proxy="", also=also)

    def make_with_venv(self, folder: Path) -> None:
        """Make an environment with `python -m venv`, whose pip comes with Python."""
        self.sandbox.run(sys.executable, "-m", "venv", folder).checked()

    def make_with_virtualenv(self, folder: Path) -> None:
        """Make an environment with `virtualenv`, whose pip is downloaded."""
        words = ("--download", "--setuptools=bundle")
        Virtualenv(self.sandbox).create(self.index_url, folder, *words).checked()

    def install(self, maker: str) -> dict[str, object]:
        """Return what is in a new environment after `pip install -r requirements.txt`."""
        environment = self.folder / "environment"
        MAKERS[maker](self, environment)
        requirements = self.folder / "requirements.txt"
        requirements.write_text(f"{TREE.root}\n", "utf-8")
        pip = (environment / "bin" / "python", "-m", "pip")
        outcome = self.sandbox.run(*pip, "install", "-r", requirements).checked()
        packages = packages_of(environment)
        return {
            "projects": projects_in(packages),
            "files": files_in(packages),
            "output": outcome.output,
        }


MAKERS: Mapping[str, Callable[[Visitor, Path], None]] = {
    "venv": Visitor.make_with_venv,
    "virtualenv": Visitor.make_with_virtualenv,
}
"""How an environment is made."""


def main(folder: Path) -> None:
    """Print what came of each maker, with the upstream and then without it."""
    furnish()
    style = replace(PYPI, links="relative")  # so that files have the host that is configured
    with Simulator(style) as upstream, NameServer({INDEX, UPSTREAM}) as names:
        upstream.add(*TREE.packages, *seed_wheels())
        doors = [f"http://{UPSTREAM}:{upstream.port}/simple/"]
        # Nothing is fresh, so that whoever comes later has the server ask in vain.
        settings = {"freshness.max_seconds": 0}
        with running_server(folder / "data", upstreams=doors, settings=settings) as server:
            index_url = server.url.replace("127.0.0.1", INDEX)

            first = Visitor(folder / "first", index_url).install("virtualenv")
            upstream.down()
            later = {maker: Visitor(folder / maker, index_url).install(maker) for maker in MAKERS}
            status = _status(folder / "data")
    said = {"first": first, "later": later, "status": status, "asked": sorted(names.asked)}
    sys.stdout.write(json.dumps(said))


def _status(data: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "wheelyard", "status", "--json", "--data", str(data)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return {"exit_code": answer.returncode, "said": answer.stdout, "problem": answer.stderr}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
