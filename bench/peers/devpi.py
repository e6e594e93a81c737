"""devpi-server, with its defaults: one process, 50 threads, SQLite; a mirror index."""

import base64
import json
import subprocess
import urllib.request
from collections.abc import Mapping

from bench.errors import CannotRunError
from bench.peers.installing import install_locked
from bench.peers.peer import Launch, Site
from bench.posting import Target

__all__ = ["Devpi", "DevpiHost"]


INDEX = "root/mirrored"
STAGE = "root/stage"


class Devpi:
    """A mirror index that belongs to the user `root`, whom every installation has."""

    name = "devpi"

    def prepare(self) -> str:
        """Install it, and return its version."""
        programs = install_locked(self.name)
        command = [str(programs / "devpi-server"), "--version"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        return answer.stdout.strip()

    def launch(self, site: Site) -> Launch:
        """Make a new server directory unless there is one, and return the command."""
        programs = install_locked(self.name)
        data = site.folder / "data"
        if not data.exists():
            command = [str(programs / "devpi-init"), "--serverdir", str(data), "--no-root-pypi"]
            answer = subprocess.run(command, capture_output=True, text=True, check=False)
            if answer.returncode != 0:
                raise CannotRunError(f"did not start: {answer.stderr.strip()[-200:]}")
        address = ("--host", "127.0.0.1", "--port", str(site.port))
        server = str(programs / "devpi-server")
        return Launch(command=(server, "--serverdir", str(data), *address), live_path="/+api")

    def finish(self, site: Site) -> None:
        """Make the mirror index unless there is one."""
        index = {"type": "mirror", "mirror_url": site.upstream_url, "volatile": True}
        _make_index(site, INDEX, index)

    def page_path(self, project: str) -> str:
        """Return the path of a project's page, or of the list of projects for ``""``."""
        return f"/{INDEX}/+simple/{project}/" if project else f"/{INDEX}/+simple/"


class DevpiHost(Devpi):
    """A stage index of the same user, with no base, so that nobody else is asked for a name."""

    def finish(self, site: Site) -> None:
        """Make the stage index unless there is one."""
        _make_index(site, STAGE, {"type": "stage", "bases": [], "volatile": False})

    def page_path(self, project: str) -> str:
        """Return the path of a project's page, or of the list of projects for ``""``."""
        return f"/{STAGE}/+simple/{project}/" if project else f"/{STAGE}/+simple/"

    def target(self, site: Site) -> Target:
        """Return where uploads go; its client sends the token of a login in place of a password."""
        shown = f"root:{_log_in(site)}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(shown).decode()}"}
        return Target(url=f"{site.url}/{STAGE}/", headers=headers)


def _log_in(site: Site) -> str:
    """Return a token of the user `root`."""
    login = {"user": "root", "password": ""}
    return str(_call(f"{site.url}/+login", "POST", login, {})["password"])


def _make_index(site: Site, path: str, index: Mapping[str, object]) -> None:
    """Make an index unless there is one."""
    token = base64.b64encode(f"root:{_log_in(site)}".encode()).decode()
    headers = {"X-Devpi-Auth": token}
    user, _, name = path.partition("/")
    if name not in str(_call(f"{site.url}/{user}", "GET", None, headers).get("indexes", "")):
        _call(f"{site.url}/{path}", "PUT", index, headers)


def _call(
    url: str, method: str, document: Mapping[str, object] | None, headers: Mapping[str, str]
) -> dict[str, object]:
    """Return the result of one call of the administrative interface."""
    data = json.dumps(document).encode() if document is not None else None
    said = {"Content-Type": "application/json", "Accept": "application/json", **headers}
    request = urllib.request.Request(url, data, said, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            result: dict[str, object] = json.load(answer)["result"]
            return result
    except (OSError, ValueError, KeyError) as error:
        raise CannotRunError(f"could not be configured: {error}") from error
