"""bandersnatch: a mirror program, which copies an index into a tree of files.

::

    mirror = Bandersnatch(BANDERSNATCH_8, folder, server.base_url)
    mirror.run("mirror").checked()
    assert mirror.files() == {...}
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from support.clients.editions import Edition
from support.clients.environments import prepared
from support.clients.sandbox import Outcome, Sandbox

__all__ = ["Bandersnatch"]

_CONFIGURATION = """\
[mirror]
directory = {directory}
json = true
release-files = true
core-metadata = true
cleanup = false
master = {master}
{api_method}
allow-non-https = true
timeout = 20
workers = 2
hash-index = false
simple-format = {form}
stop-on-error = true
storage-backend = filesystem
verifiers = 2
compare-method = hash
"""


@dataclass(frozen=True, slots=True)
class Bandersnatch:
    """One release of it, in an empty folder, with the index at `master`, which ends in no slash."""

    edition: Edition
    folder: Path
    master: str
    api_method: str = ""
    """How it asks for news, where there is more than one way: `xmlrpc` or `simple`."""
    form: str = "ALL"
    """What it writes, as it calls `simple-format`: `ALL` or `HTML`."""
    authority: Path | None = None
    """Whose certificates it trusts: `verify` wants HTTPS, whatever the configuration says."""

    @property
    def web(self) -> Path:
        """Return the folder for a web server."""
        return self.folder / "tree" / "web"

    def run(self, *words: str) -> Outcome:
        """Run one of its commands: `mirror`, or `verify`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "bandersnatch.conf"
        text = _CONFIGURATION.format(
            directory=self.folder / "tree",
            master=self.master,
            form=self.form,
            api_method=f"api-method = {self.api_method}" if self.api_method else "",
        )
        configuration.write_text(text, "utf-8")
        command = prepared(self.edition).folder / "bin" / "bandersnatch"
        # Nobody needs a proxy: everything is on this machine.
        also = {"SSL_CERT_FILE": str(self.authority)} if self.authority else {}
        sandbox = Sandbox(self.folder / "sandbox", proxy="", also=also)
        return sandbox.run(command, "--config", configuration, *words)

    def files(self) -> dict[str, str]:
        """Return the SHA-256 of each file that it has mirrored, by name."""
        packages = self.web / "packages"
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in packages.rglob("*")
            if path.is_file()
        }

    def projects(self) -> set[str]:
        """Return the names of the projects that have a page."""
        return {path.parent.name for path in self.web.glob("simple/*/index.v1_json")}
