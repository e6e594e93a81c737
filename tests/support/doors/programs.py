"""Programs that make or run an index: each as it was released, in an environment of its own."""

import base64
import contextlib
import http.client
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from support.clients import BANDERSNATCH, DEVPI, PIP2PI, PYPISERVER, Sandbox, need, prepared
from support.clients.bandersnatch import Bandersnatch
from support.clients.editions import Edition
from support.doors.contents import flat_directory
from support.doors.places import OpenDoor, Program, running
from support.packages import Package
from support.simulator import Simulator
from support.web_servers.web_server import free_port

__all__ = ["bandersnatch", "devpi", "devpi_export", "pip2pi", "pypiserver"]


def bandersnatch(folder: Path, index: Simulator, form: str) -> Path:
    """Mirror an index with `bandersnatch mirror`; return the folder for a web server.

    `form` is what it calls `simple-format`: `ALL` or `HTML`.
    """
    need(BANDERSNATCH)
    mirror = Bandersnatch(BANDERSNATCH, folder, index.base_url, "simple", form)
    mirror.run("mirror").checked()
    return mirror.web


def pip2pi(folder: Path, packages: Iterable[Package]) -> Path:
    """Make a tree of a flat directory with `dir2pi`, and return it."""
    need(PIP2PI)
    flat_directory(folder, packages)
    sandbox = _sandbox(folder.parent)
    sandbox.run(_script(PIP2PI, "dir2pi"), "--symlink", folder).checked()
    return folder


@contextlib.contextmanager
def pypiserver(folder: Path, packages: Iterable[Package]) -> Iterator[OpenDoor]:
    """Run pypiserver over a flat directory."""
    need(PYPISERVER)
    flat_directory(folder / "packages", packages)
    port = free_port()
    options = ("run", "--interface", "127.0.0.1", "--port", str(port), "--disable-fallback")
    command = (_script(PYPISERVER, "pypi-server"), *options, folder / "packages")
    url = f"http://127.0.0.1:{port}/simple/"
    program = Program(command, url, folder, _sandbox(folder).variables)
    with running(program) as leave:
        yield OpenDoor(url, leave)


@contextlib.contextmanager
def devpi(folder: Path, packages: Iterable[Package]) -> Iterator[OpenDoor]:
    """Run devpi-server with an index `root/dev`, to which the packages were uploaded."""
    need(DEVPI)
    folder.mkdir(parents=True)
    sandbox, port = _sandbox(folder), free_port()
    directory = ("--serverdir", folder / "server")
    first = ("--no-root-pypi", "--root-passwd", "secret")
    sandbox.run(_script(DEVPI, "devpi-init"), *directory, *first).checked()
    options = ("--host", "127.0.0.1", "--port", str(port), "--offline-mode")
    command = (_script(DEVPI, "devpi-server"), *directory, *options)
    base = f"http://127.0.0.1:{port}"
    with running(Program(command, f"{base}/+api", folder, sandbox.variables)) as leave:
        _fill_devpi(base, packages)
        yield OpenDoor(f"{base}/root/dev/+simple/", leave)


def devpi_export(folder: Path, packages: Iterable[Package]) -> Path:
    """Return what `devpi-export` writes of a devpi-server to which the packages were uploaded."""
    with devpi(folder / "devpi", packages):
        pass
    directory = ("--serverdir", folder / "devpi" / "server")
    export = folder / "export"
    _sandbox(folder).run(_script(DEVPI, "devpi-export"), *directory, export).checked()
    return export


def _fill_devpi(base: str, packages: Iterable[Package]) -> None:
    """Make the index and upload. Source: devpi-server's `views.py` (`/+login`, `submit`)."""
    login = json.dumps({"user": "root", "password": "secret"}).encode()
    answer = json.loads(_send("POST", f"{base}/+login", login, {"Content-Type": _JSON}))
    pair = f"root:{answer['result']['password']}"
    auth = {"X-Devpi-Auth": base64.b64encode(pair.encode()).decode()}
    index = json.dumps({"type": "stage", "bases": [], "volatile": True}).encode()
    _send("PUT", f"{base}/root/dev", index, {**auth, "Content-Type": _JSON})
    for package in packages:
        _send("POST", f"{base}/root/dev/", _form(package), {**auth, "Content-Type": _FORM})


_JSON = "application/json"
_BOUNDARY = "a-line-that-is-in-no-package"
_FORM = f"multipart/form-data; boundary={_BOUNDARY}"


def _form(package: Package) -> bytes:
    """Return an upload as `twine` sends it."""
    fields = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.2",
        "name": package.name,
        "version": package.version,
        "filetype": "bdist_wheel" if package.is_wheel else "sdist",
        "pyversion": "py3" if package.is_wheel else "source",
        "sha256_digest": package.sha256,
    }
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="content"; '
        f'filename="{package.filename}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    )
    end = f"\r\n--{_BOUNDARY}--\r\n"
    return "".join([*parts, head]).encode() + package.content + end.encode()


def _send(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Send one request and return the body of its answer, which must be a good one."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=180)
    try:
        connection.request(method, parts.path, body, {**headers, "Accept": _JSON})
        response = connection.getresponse()
        said = response.read()
    finally:
        connection.close()
    if response.status >= 300:
        raise AssertionError(f"{method} {url}: {response.status} {said[:500]!r}")
    return said


def _sandbox(folder: Path) -> Sandbox:
    """Return a place in which a program knows nothing of this machine; nobody needs a proxy."""
    return Sandbox(folder / "sandbox", proxy="")


def _script(edition: Edition, name: str) -> Path:
    """Return a command of an environment."""
    return prepared(edition).folder / "bin" / name
