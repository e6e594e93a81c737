"""No room: for one more download, on the disk while it runs, and at the start. F35, F36, F37."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from contract.conformance.hosting import hosting
from faults.yard import Yard, eventually, kept_files, open_yard
from support.house import ROOT
from support.packages import make_wheel
from support.simulator import Simulator, stall_after

LENGTH = 2_000_000


def test_download_beyond_the_spool_is_passed_on_and_kept_later(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F35: what is held and what runs go on, the rest is given and not kept until there is room."""
    first, second, held = (
        make_wheel("first", "1.0", payload_bytes=LENGTH),
        make_wheel("second", "1.0", payload_bytes=LENGTH),
        make_wheel("small", "1.0"),
    )
    settings = {"store.max_spool_bytes": 3_000_000, "upstream.default.read_seconds": 60}
    with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
        yard.add_held(first, second, held)
        yard.client.ask(yard.path_of(held))
        held_up = upstream.fault(f"*/{first.filename}", stall_after(1_000_000))
        with yard.client.opened(yard.path_of(first)) as running:
            beginning = running.read(1000)
            passed = yard.client.ask(yard.path_of(second))
            held_then = kept_files(yard.data)
            warm = yard.client.ask(yard.path_of(held))
            held_up.clear()
            rest = running.read()
        later = yard.client.ask(yard.path_of(second))
        eventually(lambda: len(kept_files(yard.data)) > len(held_then), "the second is kept")
        alarms = yard.client.ask("/-/status").json()["alarms"]

    assert (passed.status, passed.body) == (200, second.content)
    assert warm.body == held.content
    assert beginning + rest == first.content
    assert later.body == second.content
    assert alarms == []


def test_file_larger_than_the_whole_spool_comes_alone(tmp_path: Path, upstream: Simulator) -> None:
    """F31: a limit that is too small for one file does not make that file impossible."""
    package = make_wheel("larger", "1.0", payload_bytes=LENGTH)
    with open_yard(tmp_path / "data", upstream, settings={"store.max_spool_bytes": 1000}) as yard:
        yard.add_held(package)

        assert yard.client.ask(yard.path_of(package)).body == package.content


def test_download_that_would_use_up_the_disk_is_passed_on(
    tmp_path: Path, upstream: Simulator
) -> None:
    """F35: pages and files go on, nothing is kept; the alarm names the setting."""
    held, cold = make_wheel("held", "1.0"), make_wheel("cold", "1.0")
    with open_yard(tmp_path / "data", upstream) as yard:
        yard.add_held(held, cold)
        yard.client.ask(yard.path_of(held))
        before = kept_files(yard.data)
    full = {"store.min_free_bytes": 1 << 60}
    with open_yard(tmp_path / "data", upstream, settings=full) as yard:
        answer = yard.client.ask(yard.path_of(cold))
        warm = yard.client.ask(yard.path_of(held))

        (alarm,) = yard.client.ask("/-/status").json()["alarms"]

        assert (answer.status, answer.body) == (200, cold.content)
        assert "`[store] min_free_bytes`" in alarm["text"]
        assert warm.body == held.content
        assert yard.ask_page("held").status == 200
        assert kept_files(yard.data) == before


def test_f36_upload_without_room_publishes_nothing(tmp_path: Path, upstream: Simulator) -> None:
    """The client is told to come again, and nothing is there that would stop it then."""
    data = tmp_path / "data"
    data.mkdir()
    with hosting(upstream.url, data, {"STORE__MIN_FREE_BYTES": str(1 << 60)}) as full:
        refused = full.upload(make_wheel("acme-full", "1.0"))

        assert refused.status == 503
        assert "disk" in refused.text
        assert full.filenames("acme-full") == set()
        assert kept_files(data) == []


def run_on_small_disk(
    directory: Path, kilobytes: int, arguments: Sequence[str], script: str = "true"
) -> subprocess.CompletedProcess[str]:
    """Run a command with a disk of its own mounted at `directory`, after a shell script there.

    Skips the test where that is not allowed.
    """
    directory.mkdir()
    mount = f"mount -t tmpfs -o size={kilobytes}k none {directory}"
    inside = ["unshare", "--mount", "sh", "-c"]
    if subprocess.run([*inside, mount], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs to be root")
    return subprocess.run(
        [*inside, f'{mount} && {{ {script}; }} && exec "$@"', "sh", *arguments],
        cwd=directory.parent,
        env={
            "HOME": str(directory.parent),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "src"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("kilobytes", [4, 100])
def test_disk_that_is_full_at_the_start_is_one_sentence(tmp_path: Path, kilobytes: int) -> None:
    """F35: exit 2 and what to do, whatever it was that found no room any more."""
    disk = tmp_path / "disk"
    words = ["serve", "--port", "0", "--upstream", "http://127.0.0.1:9/", "--data", str(disk)]

    ended = run_on_small_disk(disk, kilobytes, [sys.executable, "-m", "wheelyard", *words])

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("wheelyard: ")
    assert ended.stderr.count("\n") == 1
    assert "full" in ended.stderr or "space" in ended.stderr


def test_disk_that_fills_up_does_not_end_the_server(tmp_path: Path, upstream: Simulator) -> None:
    """F35: the last free byte goes to somebody else; what is held is sent, and nothing breaks."""
    package = make_wheel("held", "1.0")
    with open_yard(tmp_path / "data", upstream) as yard:
        yard.add_held(package)
        path = yard.path_of(package)
        yard.client.ask(path)
    script = f"cp -a {tmp_path}/data {tmp_path}/disk/"
    program = [sys.executable, str(Path(__file__).with_name("on_a_full_disk.py"))]
    words = [str(tmp_path / "disk" / "data"), upstream.url, path, str(tmp_path / "rest-of-the-log")]

    ended = run_on_small_disk(tmp_path / "disk", 3000, [*program, *words], script)

    assert ended.returncode == 0, ended.stderr
    statuses = dict(line.split(" ") for line in ended.stdout.splitlines())
    assert statuses.keys() == {"held-file", "held-page", "cold-page", "live"}
    assert statuses["held-file"] == statuses["held-page"] == statuses["live"] == "200"
    assert statuses["cold-page"] in {"200", "404", "503"}
    assert "Traceback" not in Path(tmp_path / "rest-of-the-log").read_text("utf-8")


def test_directory_that_may_not_be_written_is_one_sentence(tmp_path: Path) -> None:
    """F37: exit 2, with the directory in the sentence. A file in its place does as well."""
    place = tmp_path / "a-file"
    place.write_text("not a directory")
    words = ["serve", "--port", "0", "--upstream", "http://127.0.0.1:9/"]
    for data in (place, Path("/proc/wheelyard")):
        ended = subprocess.run(
            [sys.executable, "-m", "wheelyard", *words, "--data", str(data)],
            env={"HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=False,
        )

        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.startswith("wheelyard: ")
        assert f"`{data}" in ended.stderr
        assert ended.stderr.count("\n") == 1


def test_damaged_blob_is_fetched_anew(yard: Yard) -> None:
    """F38, F39: a file that was cut off or removed behind our back heals with the next request."""
    package = make_wheel("damaged", "1.0", payload_bytes=300_000)
    yard.add_held(package)
    path = yard.path_of(package)
    yard.client.ask(path)
    (blob,) = [each for each in kept_files(yard.data) if each.stat().st_size == package.size]
    blob.chmod(0o600)

    def is_whole() -> bool:
        answer = yard.client.ask(path)
        assert (answer.status, answer.body) == (200, package.content)
        return blob.is_file() and blob.read_bytes() == package.content

    for damage in (lambda: blob.write_bytes(package.content[:1000]), blob.unlink):
        damage()
        eventually(is_whole, "the blob is whole again")
