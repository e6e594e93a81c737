"""Power that fails at any moment: F43, G2."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from chaos.campaign import Campaign
from chaos.ground import KINDS, Ground, lay_ground
from chaos.nursery import Nursery
from chaos.power import Disk, NoPowerError, open_disk, private_mounts
from chaos.traffic import ask_and_kill

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Socket:
    """Where the plug is: a ground whose data directory is on a disk of its own."""

    ground: Ground
    disk: Disk


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Socket]:
    """What the rounds share; skips where power cannot be lost."""
    home = tmp_path_factory.mktemp("power")
    with ExitStack() as stack:
        try:
            nursery = stack.enter_context(Nursery(home / "nursery", *private_mounts()))
            disk = stack.enter_context(open_disk(home, nursery.pid))
        except NoPowerError as error:
            pytest.skip(f"no power can be lost here: {error}")
        ground = stack.enter_context(lay_ground(nursery, home, disk.ours, disk.served))
        yield Socket(ground, disk)


def test_power_loss_loses_nothing_that_was_told(campaign: Campaign, socket: Socket) -> None:
    """G2, F43: what a client was told is there after a power cut, and nothing corrupt is sent."""
    ground, disk, told, files = socket.ground, socket.disk, 0, 0
    for each in campaign.rounds(5):
        with each:
            kind = each.random.choice(KINDS)
            witness = ground.begin(kind)
            disk.unmount()  # as it is now, everything of the beginning is on it
            disk.mount()
            for number in range(6):
                ground.world.release(f"busy-{number}", each.random.randrange(600_000))
            server = ground.start()
            # Killed first: whatever it said after the cut, no machine would have said.
            ask_and_kill(server, witness, each.random)
            disk.cut()
            disk.unmount()
            disk.mount()
            told += len(witness.pages)
            files += len(witness.files)
            ground.check_after_a_kill(witness, kind)
    campaign.note(pages_told=told, files_told=files)


def test_power_loss_is_one(socket: Socket) -> None:
    """The method works: what nobody synced is gone, what was synced is there."""
    disk = socket.disk
    (disk.ours / "unsynced").write_bytes(b"gone")
    synced = disk.ours / "synced"
    with synced.open("wb") as file:
        file.write(b"there")
        file.flush()
        os.fsync(file.fileno())

    disk.cut()
    disk.unmount()
    disk.mount()

    assert not (disk.ours / "unsynced").exists() or not (disk.ours / "unsynced").read_bytes()
    assert synced.read_bytes() == b"there"
