"""Real processes on one data directory: they share downloads, and die in the middle of them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blobs.fakes import KIB, MIB, content_of, digest_of

CHILD = Path(__file__).with_name("child.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
SIZE = 1 * MIB
DIGEST = digest_of(content_of(SIZE))


class Child:
    """A process that runs one fill."""

    def __init__(self, directory: Path) -> None:
        """Start it."""
        arguments = [sys.executable, str(CHILD), "fill", str(directory), str(SIZE)]
        self.process = subprocess.Popen(
            arguments,
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")

    def hear(self, word: str, at_least: int = 0) -> list[str]:
        """Return the words behind ``word`` in the next line that begins with it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            first, *rest = line.split()
            if first == word and (not at_least or int(rest[0]) >= at_least):
                return rest
        return ["nothing more was said"]

    def kill(self) -> None:
        """End it as the kernel does when memory is short: without a word."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """Make sure that it is gone."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Child]]:
    """Return what starts a process on the data directory; none outlives the test."""
    children: list[Child] = []

    def start_one() -> Child:
        children.append(Child(tmp_path))
        return children[-1]

    yield start_one
    for child in children:
        child.close()


def left_in(path: Path) -> list[str]:
    """Return the kinds of files in spool and locks."""
    files = [*(path / "spool").iterdir(), *(path / "locks").iterdir()]
    return sorted(file.suffix for file in files)


def test_processes_share_one_download(start: Callable[[], Child], tmp_path: Path) -> None:
    """Three programs want the same cold file: one upstream request in all, everybody served."""
    children = [start() for _ in range(3)]
    for child in children:
        child.hear("begun")
    for child in children:
        child.tell("allow")
        child.tell("agree")

    answers = [child.hear("done") for child in children]

    assert [answer[0] for answer in answers] == [DIGEST] * 3
    assert sorted(answer[1:] for answer in answers) == [[], [], ["0"]]
    for child in children:
        child.process.wait()
    assert left_in(tmp_path) == []


def test_follower_goes_on_when_the_process_that_fetched_is_killed(
    start: Callable[[], Child], tmp_path: Path
) -> None:
    """Its own readers see nothing of it, and what was fetched is not fetched again. Fault F71."""
    owner = start()
    owner.hear("begun")
    owner.tell(f"allow {600 * KIB}")
    owner.hear("got", at_least=400 * KIB)
    follower = start()
    follower.hear("got", at_least=400 * KIB)

    owner.kill()
    follower.tell("allow")
    follower.tell("agree")

    digest, offset = follower.hear("done")
    assert digest == DIGEST
    assert int(offset) >= 400 * KIB
    follower.process.wait()
    assert left_in(tmp_path) == []


def test_killed_download_is_continued_by_the_next_process(
    start: Callable[[], Child], tmp_path: Path
) -> None:
    """What is on the disk is hashed, not fetched. Fault F42."""
    first = start()
    first.hear("begun")
    first.tell(f"allow {600 * KIB}")
    first.hear("got", at_least=400 * KIB)
    first.kill()
    left = left_in(tmp_path)

    second = start()
    second.tell("allow")
    second.tell("agree")

    digest, offset = second.hear("done")
    assert (digest, left) == (DIGEST, [".lock", ".part", ".room"])
    assert int(offset) >= 400 * KIB
    second.process.wait()
    assert left_in(tmp_path) == []


def test_process_killed_before_the_ledger_agreed_is_finished_by_the_next(
    start: Callable[[], Child], tmp_path: Path
) -> None:
    """The bytes are held; the next one asks the ledger, and no upstream."""
    first = start()
    first.tell("allow")
    first.hear("ledger")
    first.kill()

    second = start()
    second.hear("ledger")
    second.tell("agree")

    assert second.hear("done") == [DIGEST]
    second.process.wait()
    assert left_in(tmp_path) == []


@pytest.mark.slow
def test_fill_killed_at_any_system_call_is_whole_the_next_time(tmp_path: Path) -> None:
    """Kill -9 at each call that changes the disk, one after another. Fault F42, goal G1."""
    swept = subprocess.run(
        [sys.executable, str(CHILD), "sweep", str(tmp_path)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )

    verdict, _, count = swept.stdout.strip().partition(" ")
    assert (verdict, swept.stderr) == ("swept", "")
    assert int(count) > 15


def test_full_disk_is_survived(tmp_path: Path) -> None:
    """A real one: the fill fails with a sentence and leaves the disk as it was. Fault F35."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(tmp_path)]
    inside = ["unshare", "--mount"]
    if subprocess.run([*inside, *mount], capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs to be root")
    script = f'{" ".join(mount)} && exec "$@"'
    after = 'status=0; "$@" || status=$?; df --output=used "$DISK" | tail -1; exit $status'
    child = subprocess.run(
        [
            *inside,
            *("sh", "-c", script, "sh"),
            *("env", f"DISK={tmp_path}", "sh", "-c", after, "sh"),
            # Less than nothing is kept free, so that it is the write that fails.
            *(sys.executable, str(CHILD), "fill", str(tmp_path), str(SIZE), str(-SIZE)),
        ],
        env=ENVIRONMENT,
        input="allow\n",
        capture_output=True,
        text=True,
        check=False,
    )

    *_, failed, used = child.stdout.strip().splitlines()
    assert failed.startswith("failed")
    assert "the disk is full" in failed
    assert int(used) == 0
