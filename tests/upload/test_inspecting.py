"""Inspections in other processes: used again, bounded, replaced, and gone with the server."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import pytest

from support.hostile_sdists import zeros
from support.hostile_wheels import METADATA, described
from support.packages import make_sdist, make_wheel
from support.patience import until
from wheelyard.errors import BadInput, Unavailable
from wheelyard.names import Filename
from wheelyard.upload.archives.limits import MEBIBYTE, ArchiveLimits
from wheelyard.upload.claims import Claims
from wheelyard.upload.inspecting import Inspector, InspectorLimits
from wheelyard.upload.inspection import InspectionRules

pytestmark = pytest.mark.anyio

WHEEL = make_wheel("acme", "1.0", requires=["other>=2"], requires_python=">=3.10")
SDIST = make_sdist("acme", "1.0")

# A server that asks once, says which process answered, and waits to be killed.
SERVER = """
import sys, time
sys.path[:] = {path!r}
import anyio
from pathlib import Path
from wheelyard.upload.inspecting import Inspector

async def main():
    inspector = Inspector()
    await inspector.inspect(Path({file!r}), {name!r})
    print(inspector._idle[0].process.pid, flush=True)
    await anyio.sleep_forever()

anyio.run(main)
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Write a sound wheel."""
    path = tmp_path / "blob"
    path.write_bytes(WHEEL.content)
    return path


@pytest.fixture
async def inspector() -> AsyncIterator[Inspector]:
    """Provide an inspector with one process."""
    async with Inspector(limits=InspectorLimits(processes=1)) as found:
        yield found


def pids(inspector: Inspector) -> list[int]:
    """Return the processes that wait for work."""
    return [worker.process.pid for worker in inspector._idle]


async def refusal(inspector: Inspector, path: Path, filename: str) -> str:
    """Return what is said about a file that is refused."""
    with pytest.raises(BadInput) as caught:
        await inspector.inspect(path, Filename(filename))
    return str(caught.value)


async def test_wheel_is_described(inspector: Inspector, wheel: Path) -> None:
    """What comes back is what the file says of itself."""
    found = await inspector.inspect(wheel, Filename(WHEEL.filename), Claims(name="Acme"))

    assert found.metadata == WHEEL.metadata
    assert (found.name, found.version, found.requires_python) == ("acme", "1.0", ">=3.10")
    assert found.warnings == ()


async def test_process_is_used_again(inspector: Inspector, wheel: Path) -> None:
    """Starting one takes a hundred times as long as asking one."""
    await inspector.inspect(wheel, Filename(WHEEL.filename))
    first = pids(inspector)
    await refusal(inspector, wheel, "other-1.0-py3-none-any.whl")
    await inspector.inspect(wheel, Filename(WHEEL.filename))

    assert pids(inspector) == first


async def test_two_files_are_looked_at_at_once(tmp_path: Path) -> None:
    """As many as there are processes; others wait for their turn."""
    path = tmp_path / "blob"
    path.write_bytes(SDIST.content)
    async with Inspector(limits=InspectorLimits(processes=2)) as inspector:
        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(inspector.inspect, path, Filename(SDIST.filename))

        assert len(set(pids(inspector))) == 2


async def test_every_problem_comes_back(inspector: Inspector, wheel: Path) -> None:
    """A refusal in the other process is the same refusal here."""
    claims = Claims(name="other", version="2.0", requires_dist=("evil",))

    with pytest.raises(BadInput) as caught:
        await inspector.inspect(wheel, Filename(WHEEL.filename), claims)

    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "name",
        "version",
        "requires_dist",
        "requires_dist",
    ]


async def test_strict_rules_refuse_what_tolerant_ones_warn_about(
    inspector: Inspector, tmp_path: Path
) -> None:
    """The same sentence, naming the field, once beside a file and once instead of it (A-63)."""
    path = tmp_path / "blob"
    path.write_bytes(wheel_with_metadata("Classifier: Topic :: Acme"))

    found = await inspector.inspect(path, Filename(WHEEL.filename), strict=False)
    with pytest.raises(BadInput) as caught:
        await inspector.inspect(path, Filename(WHEEL.filename), strict=True)

    assert found.warnings == ("Classifier: `Topic :: Acme` is not a valid classifier.",)
    assert caught.value.problems == found.warnings


async def test_killed_process_is_replaced(inspector: Inspector, wheel: Path) -> None:
    """A worker that the system killed costs nobody an upload."""
    await inspector.inspect(wheel, Filename(WHEEL.filename))
    (first,) = pids(inspector)
    os.kill(first, signal.SIGKILL)
    await inspector._idle[0].process.wait()

    found = await inspector.inspect(wheel, Filename(WHEEL.filename))

    assert found.name == "acme"
    assert pids(inspector) != [first]


def wheel_with_metadata(headers: str, body: str = "") -> bytes:
    """Return a wheel with more lines and more text in its metadata."""
    return described(METADATA=METADATA.replace(b"\n\n", f"\n{headers}\n\n{body}".encode(), 1))


async def test_memory_is_limited(tmp_path: Path) -> None:
    """A file that needs more than there is is refused, and the next one is read."""
    greedy, modest = tmp_path / "greedy", tmp_path / "modest"
    # One character that needs four bytes makes Python keep four for each of the others.
    greedy.write_bytes(wheel_with_metadata("Summary: x", "\U0001f600" + "x" * 15_000_000))
    modest.write_bytes(WHEEL.content)
    limits = InspectorLimits(processes=1, memory_bytes=160 * MEBIBYTE)
    async with Inspector(limits=limits) as inspector:
        said = await refusal(inspector, greedy, WHEEL.filename)
        found = await inspector.inspect(modest, Filename(WHEEL.filename))

    assert "takes more memory than any real distribution needs" in said
    assert found.name == "acme"


async def test_time_is_limited(tmp_path: Path) -> None:
    """A file that takes too long is refused, and its process ended."""
    path = tmp_path / "blob"
    path.write_bytes(zeros(3 << 30))
    rules = InspectionRules(ArchiveLimits(max_ratio=1_000_000, max_unpacked_bytes=1 << 40))
    limits = InspectorLimits(processes=1, seconds=0, bytes_per_second=1 << 40)
    async with Inspector(rules, limits) as inspector:
        said = await refusal(inspector, path, "acme-1.0.tar.gz")

        assert pids(inspector) == []

    assert said == "Invalid distribution file. Reading it takes more than 0 seconds."


async def test_cancelled_inspection_leaves_no_process(inspector: Inspector, wheel: Path) -> None:
    """A client that goes away takes its question along; an answer never goes to the next one."""
    with anyio.CancelScope() as scope:
        scope.cancel()
        await inspector.inspect(wheel, Filename(WHEEL.filename))

    assert pids(inspector) == []
    assert (await inspector.inspect(wheel, Filename(WHEEL.filename))).name == "acme"


async def test_file_that_cannot_be_read_is_not_its_fault(
    inspector: Inspector, tmp_path: Path
) -> None:
    """An error of this machine's disk is no refusal."""
    with pytest.raises(Unavailable, match="The inspection of acme"):
        await inspector.inspect(tmp_path, Filename(WHEEL.filename))


async def test_closed_inspector_has_no_process(wheel: Path) -> None:
    """The processes end with whoever asked."""
    async with Inspector() as inspector:
        await inspector.inspect(wheel, Filename(WHEEL.filename))
        (worker,) = inspector._idle

    assert worker.process.returncode is not None


@pytest.fixture
def server(wheel: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a server that has asked once."""
    program = SERVER.format(path=sys.path, file=str(wheel), name=WHEEL.filename)
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


@pytest.mark.blocking
async def test_process_ends_when_the_server_is_killed(server: subprocess.Popen[str]) -> None:
    """Nobody is left to end it, so it ends by itself."""
    assert server.stdout is not None
    worker = int(server.stdout.readline())
    server.kill()
    server.wait()

    await until(lambda: not _is_running(worker))


def _is_running(pid: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
