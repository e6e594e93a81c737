"""The lock files of the clients: each names its client, everything by hash, and no address."""

import re

import pytest

from support.clients.editions import EDITIONS, LOCKS, Edition
from support.packages import normalize

pytestmark = pytest.mark.scenario


@pytest.mark.parametrize("edition", EDITIONS, ids=str)
def test_lock_of_a_client_pins_everything(edition: Edition) -> None:
    """It installs the release that its name says, and nothing without a hash."""
    text = edition.lock.read_text("utf-8")

    lines = [line for line in text.replace("\\\n", "").splitlines() if not line.startswith("#")]
    pins = [re.match(r"(\S+)==([^\s;]+)", line) for line in lines]

    assert (normalize(edition.name), edition.version) in {
        pin.groups() for pin in pins if pin is not None
    }
    assert all(pins)
    assert all("--hash=sha256:" in line for line in lines)
    assert "://" not in text


def test_every_lock_belongs_to_a_client() -> None:
    """A release that nobody runs any more leaves no lock behind."""
    assert set(LOCKS.glob("*.txt")) == {edition.lock for edition in EDITIONS}
