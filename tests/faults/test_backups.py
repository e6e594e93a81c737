"""Backups of a server at work, and disks that fill up meanwhile: consistent, or nothing at all."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import connect

import pytest

from contract.conformance.asking import JSON, Client
from contract.conformance.hosting import Hosting, hosting
from faults.yard import Yard, eventually, open_yard
from support.house import ROOT
from support.packages import Package, make_wheel
from support.simulator import Simulator
from wheelyard.cli.main import run

BACKUPS = 3
DELETED = 6


@dataclass
class History:
    """What somebody did to a server, in order: each list only grows."""

    uploads: list[Package] = field(default_factory=list)
    deletions: list[Package] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)


def upload(house: Hosting, history: History, stop: threading.Event) -> None:
    """Upload one project after the other; what is in the history was acknowledged."""
    with noted(history):
        number = 0
        while not stop.is_set():
            package = make_wheel(f"project-{number:04}", "1.0", payload_bytes=20_000)
            answer = house.upload(package)
            assert answer.status == 200, answer
            history.uploads.append(package)
            number += 1


def delete(house: Hosting, history: History, stop: threading.Event) -> None:
    """Delete one after the other, and have its room freed at once."""
    with noted(history):
        for number in range(DELETED):
            wait_for_more(history, number, stop)
            if stop.is_set():
                return
            package = history.uploads[number]
            words = ["project", "delete", package.name, package.version, "--reason", "old"]
            assert command(house.data, *words) == 0
            history.deletions.append(package)
            assert command(house.data, "gc") == 0


def wait_for_more(history: History, count: int, stop: threading.Event) -> None:
    """Return as soon as more than `count` uploads were acknowledged, or none will be."""

    def has_come() -> bool:
        return len(history.uploads) > count or stop.is_set() or bool(history.failures)

    eventually(has_come, f"more than {count} uploads")


@contextlib.contextmanager
def noted(history: History) -> Iterator[None]:
    """Keep what goes wrong in a thread for the test to see."""
    try:
        yield
    except BaseException as error:  # noqa: BLE001 - the test raises it
        history.failures.append(error)


def command(data: Path, *words: str) -> int:
    """Return the exit code of a command on a data directory, in this process."""
    return run([*words, "--data", str(data)])


@pytest.fixture(autouse=True)
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's own settings out of the tests; what is deleted goes at once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("WHEELYARD__STORE__KEEP_REMOVED_DAYS", "0")


def names_of(data: Path) -> set[str]:
    """Return the names of our own files in a catalog that no program uses."""
    with connect(f"file:{data / 'catalog.sqlite'}?mode=ro", uri=True) as catalog:
        found = {name for (name,) in catalog.execute("SELECT filename FROM hosted_files")}
    catalog.close()
    return found


def assert_is_a_state(found: set[str], history: History, least: tuple[int, int]) -> None:
    """Fail unless there was a moment, after `least` of both lists, at which all this was there."""
    uploads = [package.filename for package in history.uploads]
    deletions = [package.filename for package in history.deletions]
    states = [
        {*uploads[:up]} - {*deletions[:down]}
        for up in range(least[0], len(uploads) + 1)
        for down in range(least[1], len(deletions) + 1)
    ]
    assert found in states, (sorted(found), len(uploads), len(deletions), least)


def test_backup_of_a_server_at_work_is_one_of_its_states(
    tmp_path: Path, upstream: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """G5: with uploads, deletions and collections going on, every backup restores to a sound whole.

    Everything that was acknowledged before it began is in it.
    """
    history, stop = History(), threading.Event()
    least: list[tuple[int, int]] = []
    (tmp_path / "data").mkdir()
    with hosting(upstream.url, tmp_path / "data") as house:
        workers = [
            threading.Thread(target=work, args=(house, history, stop)) for work in (upload, delete)
        ]
        for worker in workers:
            worker.start()
        try:
            for number in range(BACKUPS):
                least.append((len(history.uploads), len(history.deletions)))
                assert command(house.data, "backup", str(tmp_path / f"{number}.tar.zst")) == 0
                wait_for_more(history, least[-1][0] + 2, stop)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
    assert history.failures == []

    for number, before in enumerate(least):
        again, file = tmp_path / f"again-{number}", str(tmp_path / f"{number}.tar.zst")
        assert run(["backup", "--check", file]) == 0
        assert command(again, "restore", "--backup", file) == 0
        assert command(again, "verify", "--ledger") == 0
        assert_is_a_state(names_of(again), history, before)
    assert "All is well" in capsys.readouterr().out


def test_restored_server_gives_out_what_it_was_given(tmp_path: Path, upstream: Simulator) -> None:
    """Pages and files are byte for byte what they were, and every token works as it did."""
    held, ours = make_wheel("demo", "1.0"), make_wheel("ours", "1.0")
    upstream.add(held)
    file = str(tmp_path / "backup.tar")
    (tmp_path / "data").mkdir()
    with hosting(upstream.url, tmp_path / "data") as house:
        house.upload(ours)
        before = [asked(house.client, package) for package in (held, ours)]
        assert command(house.data, "backup", file) == 0
    assert command(tmp_path / "again", "restore", "--backup", file) == 0

    with open_yard(tmp_path / "again", upstream) as yard:
        again = Hosting(yard.client, yard.data, house.token)
        after = [asked(yard.client, package) for package in (held, ours)]
        answer = again.upload(make_wheel("later", "1.0"))

    assert after == before
    assert answer.status == 200


def asked(client: Client, package: Package) -> tuple[bytes, bytes]:
    """Return the page of a package's project, and the package."""
    page = client.ask(f"/simple/{package.name}/", {"Accept": JSON})
    file = client.ask(client.path_of(page.file(package.filename)["url"]))
    assert file.status == 200, file
    return page.body, file.body


# --- disks ----------------------------------------------------------------------------------------


def on_small_disk(
    point: Path, kilobytes: int, words: Sequence[str]
) -> subprocess.CompletedProcess[str]:
    """Run a command with a disk of that size at `point`; it ends with a list of what is on it."""
    inside = ["unshare", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size={kilobytes}k none {point}"
    if not shutil.which("unshare"):
        pytest.skip("there is no `unshare` here")
    if subprocess.run([*inside, mount], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs to be root")
    script = f'{mount} && "$@"; code=$?; find {point} -mindepth 1; exit $code'
    return subprocess.run(
        [*inside, script, "sh", sys.executable, "-m", "wheelyard", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def filled(tmp_path: Path, upstream: Simulator) -> Path:
    """Return a data directory with some files."""
    upstream.add(*(make_wheel(f"demo-{number}", "1.0", payload_bytes=300_000) for number in "123"))
    with open_yard(tmp_path / "data", upstream) as yard:
        for number in "123":
            fetch(yard, f"demo-{number}")
    return tmp_path / "data"


def fetch(yard: Yard, name: str) -> None:
    """Have the file of a project here."""
    (file,) = yard.client.page(name).json()["files"]
    yard.client.ask(yard.client.path_of(file["url"]))


def test_full_disk_leaves_no_backup_and_says_so(tmp_path: Path, filled: Path) -> None:
    """F36: half a backup is worse than none, because somebody may believe in it."""
    point = tmp_path / "point"
    point.mkdir()

    answer = on_small_disk(point, 600, ["backup", str(point / "backup.tar"), "--data", str(filled)])

    assert answer.returncode == 1, answer
    assert "the disk is full" in answer.stderr
    assert answer.stdout == ""
    assert not [*(filled / "backups").iterdir()]


def test_full_disk_leaves_no_half_restored_data(tmp_path: Path, filled: Path) -> None:
    """F36: the directory is as empty as it was, and the next restore can be into it."""
    point, file = tmp_path / "point", tmp_path / "backup.tar"
    point.mkdir()
    assert command(filled, "backup", str(file)) == 0

    answer = on_small_disk(
        point, 600, ["restore", "--backup", str(file), "--data", str(point / "data")]
    )

    assert answer.returncode == 1, answer
    assert "the disk is full" in answer.stderr
    assert answer.stdout.split() == [str(point / "data"), str(point / "data/lock")]
