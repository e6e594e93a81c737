"""A program for the closed room: lock against an index, then install through who stands in for it.

The index has names of its own, TLS and the usual port, and at first the hosts file leads there.
Then its names lead to a server of ours with a certificate of another authority, the only one that
clients still believe, made by the very commands of the documentation. What each way of locking made
of it is printed as one JSON object.

Its words are an empty folder and the names of ways.
"""

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from support.clients import LOCKERS, PIP_26, Kind, Locker, Poetry, Sandbox
from support.clients.closed_room import furnish, lead_names
from support.clients.editions import POETRY
from support.clients.pip_locks import PipHashed, PipLocked
from support.house import ROOT, blocks_of
from support.packages import Package, make_sdist, make_wheel
from support.server import RunningServer, running_server
from support.simulator import JSON, TWO_HOSTS, Reply, Simulator, Site, ask
from wheelyard.transport import default_index_url

__all__ = ["FRESH", "PAGE", "SITE", "WAYS", "WITH_ADDRESSES", "main", "root_of"]

BUILT_IN = urlsplit(default_index_url()).hostname or ""
"""The host that poetry asks where a project names no source; in here it is one more name."""
SITE = Site(also=(BUILT_IN,))
INDEX_URL = f"https://{SITE.index}/simple/"
HERE = "127.0.0.4"
"""Where the server that stands in listens."""
PAGE = Path("docs/how-to/stand-in-for-pypi.md")

FRESH = {"first-on-index": SITE.index, "first-on-files": SITE.files}
"""Projects of which a file is the first thing that anybody asks for, and under which name."""

_LOCKERS = {kind.name: kind for kind in LOCKERS}
WAYS: Mapping[str, Kind[Locker]] = {
    "uv-sync-frozen": _LOCKERS["uv"],
    "pip-pylock": Kind("pip", PipLocked, PIP_26),
    "pip-require-hashes": Kind("pip", PipHashed, PIP_26),
    "poetry": Kind("poetry", partial(Poetry, names_source=False), POETRY),
    "pdm": _LOCKERS["pdm"],
}
"""How somebody locks, and installs what the lock says."""
TRUST: Mapping[str, Sequence[str]] = {
    "uv-sync-frozen": ("SSL_CERT_FILE",),
    "pip-pylock": ("PIP_CERT",),
    "pip-require-hashes": ("PIP_CERT", "SSL_CERT_FILE"),  # the latter for uv, which locks
    "poetry": ("REQUESTS_CA_BUNDLE",),
    "pdm": ("REQUESTS_CA_BUNDLE",),
}
"""The variables by which each client learns whom to believe, as the documentation has them."""
WITH_ADDRESSES = ("uv-sync-frozen", "pip-pylock")
"""The ways whose locks hold the address of each file."""


def root_of(way: str) -> str:
    """Return the project that is locked this way; it shares nothing with those of other ways."""
    return f"root-of-{way}"


def packages_of(way: str) -> list[Package]:
    """Return what a way installs: wheels, an sdist, and a version that URLs may escape."""
    leaf, source = f"leaf-of-{way}", f"source-of-{way}"
    return [
        make_wheel(root_of(way), "1.0", requires=[leaf, source], payload_bytes=70_000),
        make_wheel(leaf, "2.0+local.1"),
        make_sdist(source, "3.0"),
    ]


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the story: whom clients believe, and sandboxes that remember nothing else."""

    folder: Path
    authority: Path

    def project(self, way: str) -> Path:
        """Return the project of a way in this phase."""
        return self.folder / way / "project"

    def client(self, way: str) -> Locker:
        """Return the client of a way."""
        also = dict.fromkeys(TRUST[way], str(self.authority))
        return WAYS[way].make(Sandbox(self.folder / way, proxy="", also=also))

    def lock(self, way: str) -> str:
        """Return the lock that a way makes now."""
        return self.client(way).lock([root_of(way)], INDEX_URL, self.project(way)).checked().text

    def install(self, way: str, locked: "Phase") -> dict[str, object]:
        """Return what a lock of another phase installs for who has nothing but the lock."""
        project = self.folder / way / "installed"
        shutil.copytree(locked.project(way), project)
        result = self.client(way).install_locked(INDEX_URL, project)
        return {
            "exit_code": result.exit_code,
            "output": result.output,
            "installed": dict(result.installed),
            "files": dict(result.files),
        }


def main(folder: Path, ways: Sequence[str]) -> None:
    """Print what became of every way, and of who asked without a client."""
    furnish()
    certificates = _make_certificates(folder / "certificates")
    authority = certificates / "authority.pem"
    os.environ["SSL_CERT_FILE"] = str(authority)  # for questions of our own
    said: dict[str, object] = {}
    with Simulator(TWO_HOSTS, tls="good", site=SITE) as upstream:
        theirs = folder / "theirs.pem"
        theirs.write_bytes(upstream.authority_pem)
        original = Phase(folder / "original", theirs)
        lead_names(SITE.addresses)
        said |= _lock(upstream, original, ways)
        lead_names(dict.fromkeys(SITE.addresses, HERE))
        told = {"addresses": _spelled(SITE.addresses), "ca": theirs}
        with _stand_in(folder / "data", certificates, told):
            said["direct"] = {name: _ask_directly(upstream, name) for name in FRESH}
            said |= _install(upstream, Phase(folder / "cold", authority), original, ways)
            upstream.down()
            held, again = Phase(folder / "held", authority), Phase(folder / "again", authority)
            said["held"] = _each(ways, partial(held.install, locked=original))
            said["relocked"] = _each([w for w in ways if w in WITH_ADDRESSES], again.lock)
        upstream.up()
        said["loops"] = _ask_in_circles(folder / "loops", certificates, theirs)
    sys.stdout.write(json.dumps(said))


def _lock(upstream: Simulator, original: Phase, ways: Sequence[str]) -> dict[str, object]:
    """Have every way lock against the index itself, and install from there for comparison."""
    upstream.add(*(package for way in ways for package in packages_of(way)))
    upstream.add(*(make_wheel(name, "1.0") for name in FRESH))
    locks = _each(ways, original.lock)
    return {"locks": locks, "original": _each(ways, partial(original.install, locked=original))}


def _install(
    upstream: Simulator, cold: Phase, original: Phase, ways: Sequence[str]
) -> dict[str, object]:
    """Have every way install through the stand-in, which holds nothing of it."""
    upstream.forget()
    installed = _each(ways, partial(cold.install, locked=original))
    wheels = {way: packages_of(way)[0].filename for way in ways}
    return {
        "cold": installed,
        "fetched": {way: upstream.count(f"*/{wheels[way]}") for way in ways},
    }


def _each(ways: Sequence[str], act: Callable[[str], object]) -> dict[str, object]:
    with ThreadPoolExecutor(2) as threads:
        return dict(zip(ways, threads.map(act, ways), strict=True))


def _make_certificates(folder: Path) -> Path:
    """Return a folder with an authority and a certificate, made as the documentation says.

    The names of the index are two in here, and both stand where the documentation has one.
    """
    folder.mkdir(parents=True)
    block = next(each for each in blocks_of(PAGE) if "openssl req -x509" in each.text)
    text = re.sub(rf"(permitted;)?DNS:{SITE.index}", rf"\g<0>, \1DNS:{BUILT_IN}", block.text)
    subprocess.run(["sh", "-eu", "-c", text], cwd=folder, check=True, capture_output=True)
    return folder


def _stand_in(
    data: Path, certificates: Path, told: Mapping[str, object]
) -> AbstractContextManager[RunningServer]:
    """Run a server at the names of the index; ``told`` is what it knows of its upstream."""
    key, certificate = certificates / "server.key", certificates / "server.pem"
    settings = {
        "server.base_url": f"https://{SITE.index}",
        "server.files_url": f"https://{SITE.files}",
        "freshness.max_seconds": 0,
        "upstream.pypi.urls": INDEX_URL,
        # The index of this room is not on the public internet, as that of others is.
        "upstream.pypi.allow_hosts": SITE.files,
        **{f"upstream.pypi.{name}": value for name, value in told.items()},
    }
    tls = ["--tls-cert", str(certificate), "--tls-key", str(key)]
    return running_server(
        data, settings=settings, arguments=["--host", HERE, "--port", "443", *tls]
    )


def _spelled(addresses: Mapping[str, str]) -> str:
    return ",".join(f"{name}={address}" for name, address in addresses.items())


def _ask_directly(upstream: Simulator, project: str) -> dict[str, object]:
    """Return what is answered to who asks for a file of which the server has never heard."""
    page = ask(f"https://{SITE.index_address}/simple/{project}/", JSON, trust=_anybody())
    url = str(page.files()[0]["url"])
    one = FRESH[project]
    other = next(name for name in FRESH.values() if name != one)
    first, second = (url.replace(SITE.files, name, 1) for name in (one, other))
    upstream.forget()
    cold = ask(first)
    asked = upstream.count()
    warm, metadata = ask(second), ask(f"{url}.metadata")
    unlisted = ask(url.replace("/packages/", "/packages/00/", 1))
    return {
        "asked": asked,
        "first": _shown(first, cold),
        "second": _shown(second, warm),
        "metadata": _shown(url, metadata),
        "unlisted": _shown(url, unlisted),
    }


def _ask_in_circles(folder: Path, certificates: Path, theirs: Path) -> dict[str, object]:
    """Return what a server says that is not told, or only in part, where its upstream is."""
    wheel = f"https://{SITE.index}/simple/{next(iter(FRESH))}/"
    with _stand_in(folder / "all", certificates, {"ca": theirs}):
        page = _shown(wheel, ask(wheel))
        status = _shown("status", ask(f"https://{SITE.index}/-/status"))
    half = {"ca": theirs, "addresses": f"{SITE.index}={SITE.index_address}"}
    with _stand_in(folder / "half", certificates, half):
        url = str(ask(wheel, JSON).files()[0]["url"])
        file = _shown(url, ask(url))
    return {"page": page, "status": status, "file": file}


def _shown(url: str, reply: Reply) -> dict[str, object]:
    return {
        "url": url,
        "status": reply.status,
        "location": reply.headers.get("location"),
        "body": reply.body.decode("latin-1"),
    }


def _anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


if __name__ == "__main__":
    os.chdir(ROOT)
    main(Path(sys.argv[1]), sys.argv[2:])
