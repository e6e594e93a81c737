"""Quotas and `wheelyard gc` beside a running server: A-14.

Two servers are shared: one with a quota of three of the files here, one without any.
"""

import json
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from contract.conformance.hosting import Hosting
from faults.damage import blob_of
from faults.yard import PATIENT, Yard, eventually, open_yard
from support.accounts import new_administrator
from support.house import ROOT
from support.packages import Package, make_wheel
from support.programs import run_program
from support.simulator import Simulator, stall_after

SIZE = 100_000
QUOTA = 350_000


def run_gc(data: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `wheelyard gc` on a data directory."""
    known = {"HOME": str(data.parent), "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"}
    return run_program(
        ["gc", "--data", str(data), *words],
        cwd=data.parent,
        environ={**known, "PIP_CONFIG_FILE": os.devnull, **environ},
        timeout=120,
    )


@pytest.fixture(scope="module")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """Run a server with room for three files."""
    quota = {**PATIENT, "store.max_bytes": QUOTA}
    with (
        Simulator() as simulator,
        open_yard(tmp_path_factory.mktemp("small") / "data", simulator, settings=quota) as yard,
    ):
        yield yard


@pytest.fixture
def small(_small: Yard) -> Iterator[Yard]:
    """A running server with room for three files, whose upstream is sound after the test."""
    yield _small
    _small.recover()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """Run two workers with all the room that there is."""
    with (
        Simulator() as simulator,
        open_yard(tmp_path_factory.mktemp("large") / "data", simulator, workers=2) as yard,
    ):
        yield yard


def files_of(prefix: str, count: int) -> list[Package]:
    """Return as many packages of one size."""
    return [make_wheel(f"{prefix}-{number}", "1.0", payload_bytes=SIZE) for number in range(count)]


def take(yard: Yard, *packages: Package) -> list[Path]:
    """Have packages fetched one after the other, and return where they are kept.

    The last one is noted as held before the next is asked for, and never what a quota costs first.
    """
    found = []
    for package in packages:
        assert yard.client.ask(yard.path_of(package)).body == package.content
        found.append(blob_of(yard.data, package))
        eventually(partial(is_noted, yard.data, package), "the file is noted as held")
    return found


def test_server_evicts_what_is_beyond_its_quota_and_fetches_it_again(small: Yard) -> None:
    """A fill brings it beyond, and some time later there is less than the quota."""
    packages = files_of("many", 6)
    small.add_held(*packages)
    take(small, *packages)

    eventually(lambda: len(there(small, packages)) <= 3, "the quota is kept")
    gone = [package for package in packages if package not in there(small, packages)]
    assert small.client.ask(small.path_of(gone[0])).body == gone[0].content
    blob_of(small.data, gone[0])


def test_server_evicts_nothing_while_its_upstream_is_down(small: Yard) -> None:
    """A-14: what could not be fetched again now is worth more than the quota."""
    packages = files_of("spared", 3)
    small.add_held(*packages)
    take(small, *packages)
    eventually(lambda: held_bytes(small.data) <= QUOTA, "the quota is kept")
    small.upstream.down()
    before = held_digests(small.data)

    ended = run_gc(small.data, "--json", WHEELYARD__STORE__MAX_BYTES="1000")

    report = json.loads(ended.stdout)
    assert (ended.returncode, report["kept"]) == (1, False)
    assert report["reasons"]["quota"]["files"] == 0
    assert report["quotas"][0]["down"] != []
    assert held_digests(small.data) == before <= blobs(small.data)


def test_collection_beside_a_server_is_seen_at_once(large: Yard) -> None:
    """What its upstream lost goes; a client that asks for what stays notices nothing."""
    lost, kept = files_of("collected", 2)
    large.add_held(lost, kept)
    paths = {package: large.path_of(package) for package in (lost, kept)}
    take(large, lost, kept)
    large.upstream.remove_project(lost.name)
    large.until("/simple/collected-0/", lambda answer: answer.status == 404)

    dry = run_gc(large.data, "--dry-run", WHEELYARD__STORE__KEEP_REMOVED_DAYS="0")
    unchanged = _path(large, lost).exists()
    ended = run_gc(large.data, WHEELYARD__STORE__KEEP_REMOVED_DAYS="0")

    assert (dry.returncode, ended.returncode) == (0, 0), ended.stderr
    assert "its upstream does not list it any more" in ended.stdout
    assert unchanged
    assert not _path(large, lost).exists()
    assert large.client.ask(paths[kept]).body == kept.content


def test_download_that_runs_during_a_collection_is_whole(large: Yard) -> None:
    """Its lock is the fill's; its bytes have no name before they are proven."""
    package = make_wheel("running", "1.0", payload_bytes=2_000_000)
    large.add_held(package)
    path = large.path_of(package)
    handle = large.upstream.fault(f"*{package.filename}", stall_after(1_000_000))
    ended: list[subprocess.CompletedProcess[str]] = []

    def collect(length: int) -> None:
        if not ended and length > 100_000:
            ended.append(run_gc(large.data, WHEELYARD__STORE__KEEP_REMOVED_DAYS="0"))
            handle.clear()

    _, body = large.take_cut(path, meanwhile=collect)

    assert [each.returncode for each in ended] == [0]
    assert large.client.ask(path).body == package.content
    assert body == package.content


ASKED: dict[str, Callable[[Yard, str], int]] = {
    "whole": lambda yard, path: yard.client.ask(path).status,
    "part": lambda yard, path: yard.client.ask(path, {"Range": "bytes=0-9"}).status,
    "unchanged": lambda yard, path: yard.client.ask(path, {"If-None-Match": "*"}).status,
    "head": lambda yard, path: yard.client.ask(path, method="HEAD").status,
    "metadata": lambda yard, path: yard.client.ask(f"{path}.metadata").status,
}


def test_every_use_of_a_file_is_noted_by_every_worker(tmp_path: Path, upstream: Simulator) -> None:
    """Whole, in part, not modified, its head or its metadata: it is of use to somebody."""
    packages = dict(zip(ASKED, files_of("used", len(ASKED)), strict=True))
    with open_yard(tmp_path / "data", upstream, workers=2) as yard:
        yard.add_held(*packages.values())
        take(yard, *packages.values())
        age(yard.data)
        statuses = [
            ask(yard, yard.path_of(packages[kind])) for kind, ask in ASKED.items() for _ in "12345"
        ]
        yard.server.stop()

    assert set(statuses) == {200, 206, 304}
    used = last_uses(tmp_path / "data")
    assert [kind for kind, package in packages.items() if used[package.filename] < 1_000] == []


def test_upload_beyond_the_quota_of_its_index_is_refused(
    tmp_path: Path, upstream: Simulator
) -> None:
    """With a reason that upload clients show; what others have would have made room."""
    data = tmp_path / "data"
    token = new_administrator(data)
    first, second = (make_wheel("mine", version, payload_bytes=SIZE) for version in ("1.0", "2.0"))
    theirs = make_wheel("theirs", "1.0", payload_bytes=SIZE)
    with open_yard(data, upstream, settings={"index.main.max_bytes": 150_000}) as yard:
        yard.add_held(theirs)
        take(yard, theirs)
        hosting = Hosting(yard.client, data, token)

        accepted, refused = hosting.upload(first), hosting.upload(second)
        eventually(lambda: not _path(yard, theirs).exists(), "others' files make room")

        assert accepted.status == 200, accepted.text
        assert refused.status == 403
        assert "[index.main] max_bytes" in refused.text
        assert _path(yard, first).exists()
        assert yard.ask_page("mine").json()["versions"] == ["1.0"]


def blobs(data: Path) -> set[str]:
    """Return the digests that are in the store."""
    return {path.name for path in (data / "blobs").rglob("*") if path.is_file()}


def _path(yard: Yard, package: Package) -> Path:
    """Return where the bytes of a package are, or would be."""
    digest = package.sha256
    return yard.data / "blobs" / digest[:2] / digest[2:4] / digest


def there(yard: Yard, packages: Iterable[Package]) -> list[Package]:
    """Return those of the packages whose bytes are in the store."""
    return [package for package in packages if _path(yard, package).exists()]


def is_noted(data: Path, package: Package) -> bool:
    """Say whether the catalog has a package as held."""
    return package.sha256 in held_digests(data)


def held_digests(data: Path) -> set[str]:
    """Return the digests that the catalog has as held."""
    with closing(sqlite3.connect(data / "catalog.sqlite")) as connection:
        return {row[0] for row in connection.execute("SELECT sha256 FROM held")}


def held_bytes(data: Path) -> int:
    """Return how many bytes the catalog says are held."""
    with closing(sqlite3.connect(data / "catalog.sqlite")) as connection:
        text = "SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT sha256, size FROM held)"
        return int(connection.execute(text).fetchone()[0])


def age(data: Path) -> None:
    """Make everything that is held unused for a long time."""
    with closing(sqlite3.connect(data / "catalog.sqlite")) as connection, connection:
        connection.execute("UPDATE held SET last_used_at = 1")


def last_uses(data: Path) -> dict[str, float]:
    """Return when each file was last used."""
    with closing(sqlite3.connect(data / "catalog.sqlite")) as connection:
        return dict(connection.execute("SELECT filename, last_used_at FROM held"))
