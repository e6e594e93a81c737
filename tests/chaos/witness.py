"""A client that remembers what it was told, and holds the server to it after whatever happened.

What counts as told: a page whose last byte came, and a file whose last byte came. From then on no
start of the server may know less, whether anybody upstream can be asked or not.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from contract.conformance.asking import JSON, Answer, Client
from support.packages import Package, make_wheel
from support.simulator import Fault, Simulator, change_headers

__all__ = ["GONE", "SHORT_LIVED", "Witness", "World", "check_disk", "check_rows"]

GONE = (ConnectionError, HTTPException)
"""What a client sees of a server that was killed."""

SHORT_LIVED: Fault = change_headers({"Cache-Control": "max-age=0", "ETag": None})
"""A page that has to be asked for again at once, and whole."""


@dataclass(slots=True)
class World:
    """What exists upstream: projects that get one release after the other."""

    upstream: Simulator
    packages: dict[str, list[Package]] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def release(self, name: str, payload_bytes: int = 0) -> Package:
        """Publish the next version of a project."""
        with self.turn:
            releases = self.packages.setdefault(name, [])
            package = make_wheel(name, f"{len(releases) + 1}.0", payload_bytes=payload_bytes)
            # Known before it is there: a page may show it at once.
            releases.append(package)
            self.upstream.add(package)
            if len(releases) == 1:
                self.upstream.fault(f"/simple/{name}/", SHORT_LIVED)
            return package

    def versions(self, name: str) -> list[str]:
        """Return every version of a project so far."""
        return [package.version for package in self.packages.get(name, [])]


@dataclass(slots=True)
class Witness:
    """What one client was told by a server that may be another one each time."""

    world: World
    pages: dict[str, int] = field(default_factory=dict)
    """Project to the number of releases that its page had when it was last received."""
    files: dict[str, Package] = field(default_factory=dict)
    """Path to the package that was received whole."""
    paths: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)

    def take_page(self, client: Client, name: str) -> int | None:
        """Take a page; return how many releases it has, or None if the server has no answer now.

        Raises:
            AssertionError: it is shorter than it was, or says what is not so.
        """
        with self.turn:
            known = self.pages.get(name, 0)
            self.asked += 1
        answer = client.ask(f"/simple/{name}/", {"Accept": JSON})
        if answer.status == 503:
            assert not known, f"{name} was known and is not to be had: {answer}"
            return None
        assert answer.status == 200, answer
        page = answer.json()
        versions = list(page["versions"])
        assert len(versions) >= known, f"{name} became shorter: {known} before, now {versions}"
        published = self.world.versions(name)
        assert versions == published[: len(versions)], f"{name}: {versions} of {published}"
        packages = {each.filename: each for each in self.world.packages[name]}
        assert len(page["files"]) == len(versions)
        for file in page["files"]:
            package = packages[file["filename"]]
            assert file["hashes"]["sha256"] == package.sha256
            self.paths[package.filename] = client.path_of(answer.file(package.filename)["url"])
        with self.turn:
            self.pages[name] = max(self.pages.get(name, 0), len(versions))
        return len(versions)

    def take_file(self, client: Client, package: Package) -> bool:
        """Take a file of a page that was taken; return whether it came.

        Raises:
            AssertionError: other bytes came, and came to a good end; or it was held and is not.
        """
        path = self.paths.get(package.filename)
        if path is None:
            return False
        with self.turn:
            known = path in self.files
            self.asked += 1
        answer = client.ask(path)
        if answer.status == 503 and not known:
            return False
        assert answer.status == 200, (package.filename, answer)
        assert answer.body == package.content, f"other bytes as {package.filename}"
        with self.turn:
            self.files[path] = package
        return True

    def check_known(self, client: Client) -> None:
        """Have everything that was ever told."""
        for name in list(self.pages):
            assert self.take_page(client, name)
        for package in list(self.files.values()):
            assert self.take_file(client, package)

    def check_everything(self, client: Client) -> None:
        """Have everything that there is, upstream being sound, and nothing else."""
        for name, releases in self.world.packages.items():
            target, wanted = f"/simple/{name}/", self.world.versions(name)
            client.until(target, lambda answer, wanted=wanted: lists(answer, wanted))  # type: ignore[misc]  # a default has no type
            assert self.take_page(client, name) == len(releases)
            for package in releases:
                client.until(self.paths[package.filename], lambda answer: answer.status == 200)
                assert self.take_file(client, package)


def lists(answer: Answer, versions: list[str]) -> bool:
    """Say whether a page has come that lists these versions and no others."""
    return answer.status == 200 and answer.json()["versions"] == versions


def check_disk(data: Path) -> Mapping[str, Path]:
    """Return the blobs of a data directory, each of which has the digest that is its name.

    Raises:
        AssertionError: one has not.
    """
    blobs = {path.name: path for path in (data / "blobs").rglob("*") if path.is_file()}
    for name, path in blobs.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == name, f"{path} has other bytes"
    return blobs


def check_rows(copy: Path, data: Path) -> None:
    """Check a copy of a catalog: sound, and no row of what we fetched without its bytes.

    Raises:
        AssertionError: it is not.
    """
    catalog = copy / "catalog.sqlite"
    if not catalog.exists():
        return
    with closing(sqlite3.connect(catalog)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        ledger = connection.execute("select sha256 from ledger").fetchall()
        held = connection.execute("select sha256 from held").fetchall()
    blobs = check_disk(data)
    assert {digest for (digest,) in [*ledger, *held]} <= blobs.keys(), "a row without its bytes"
