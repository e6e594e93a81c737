"""What clients cost in memory while they do nothing: F74."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from faults.yard import Yard
from support.packages import make_wheel
from support.simulator import stall_after

READERS = 50
LENGTH = 20_000_000
EACH_BYTES = 1 << 20
"""Between disk and socket there is a block or two for each of them."""
HERE = Path("/proc/self/status")

pytestmark = pytest.mark.skipif(not HERE.exists(), reason="memory is read from Linux's /proc")


def memory_of(pid: int) -> int:
    """Return the bytes that a process has for itself: neither files nor what is shared."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    (found,) = [line.split() for line in lines if line.startswith("RssAnon:")]
    return int(found[1]) * 1024


def test_slow_readers_cost_no_memory(patient: Yard) -> None:
    """Fifty who stop reading a file that arrives: their bytes wait on the disk, not here.

    All that they have not taken yet would be a gigabyte, twenty times what is allowed.
    """
    package = make_wheel("read-slowly", "1.0", payload_bytes=LENGTH)
    patient.add_held(package)
    path = patient.path_of(package)
    held_up = patient.upstream.fault(f"*/{package.filename}", stall_after(LENGTH // 2))
    before = memory_of(patient.server.process.pid)
    with ExitStack() as stack:
        readers = [stack.enter_context(patient.client.opened(path)) for _ in range(READERS)]
        for reader in readers:
            reader.read(1000)
        held_up.clear()
        quick = patient.client.ask(path)
        grown = memory_of(patient.server.process.pid) - before
        rest = readers[0].read()

    assert quick.body == package.content
    assert rest == package.content[1000:]
    assert grown < READERS * EACH_BYTES
