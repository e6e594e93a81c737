"""`kill -9` at every system call that matters, and at any moment: F40 to F42, G1.

What is killed here is the making and migrating of a data directory, the refreshing of a page, a
fill, the recording of doors, and the outage log; for uploads see `test_uploads.py`.
"""

import random
from collections.abc import Iterator

import pytest

from chaos.campaign import Campaign
from chaos.ground import KINDS, Ground, open_ground
from chaos.nursery import PATIENCE_SECONDS, STRACE, Deadly, Fledgling
from chaos.traffic import ask_and_kill
from chaos.witness import GONE, Witness

pytestmark = pytest.mark.slow

DURABLE = {
    "fsync": 12,
    "fdatasync": 24,
    "rename": 4,
    "link": 2,
    "unlink": 14,
    "mkdir": 10,
    "ftruncate": 8,
    "openat": 60,
    "pwrite64": 130,
}
"""System calls, and how often one thread of the server makes them in the story at most.

A number that is never reached is a kill at the end. `openat` is not told apart by its flags: it
is called once for a file that is made and about twice for one that is read.
"""

SWEEP = [Deadly(name, when + 1) for name in DURABLE for when in range(DURABLE[name])]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """What the rounds of both campaigns share."""
    with open_ground(tmp_path_factory.mktemp("kills")) as ground:
        yield ground


@pytest.mark.skipif(STRACE is None, reason="strace is not installed (Debian: `strace`)")
def test_kill_at_any_system_call_loses_nothing(campaign: Campaign, ground: Ground) -> None:
    """G1, F40, F42: every call of the start, one refresh, two fills and one outage kills once.

    The first round of a large campaign takes each call once for each kind of directory; then they
    come again.
    """
    sweep = [(kind, deadly) for deadly in SWEEP for kind in KINDS]
    random.Random(campaign.seed).shuffle(sweep)
    died = 0
    for each in campaign.rounds(15):
        with each:
            kind, deadly = sweep[each.number % len(sweep)]
            witness = ground.begin(kind)
            ground.world.release("known", payload_bytes=200_000)
            ground.world.release("cold", payload_bytes=300_000)
            server = ground.start(deadly=deadly)
            if server.base_url is not None:
                died += not tell_story(server, witness, ground)
            else:
                died += 1
            server.kill()
            ground.check_after_a_kill(witness, kind)
    campaign.note(calls=len(sweep), died_before_the_end=died)


def tell_story(server: Fledgling, witness: Witness, ground: Ground) -> bool:
    """Refresh a page, fetch files, meet a cold project, then an outage; say whether it ended."""
    client = server.client
    try:
        for name in ("known", "cold"):
            witness.take_page(client, name)
            for package in ground.world.packages[name]:
                witness.take_file(client, package)
        ground.upstream.down()
        assert client.ask("/simple/unheard-of/").status == 503
        witness.take_page(client, "known")
    except GONE:
        assert server.is_dead(PATIENCE_SECONDS), server.log()
        return False
    return True


def test_kill_at_any_moment_loses_nothing(campaign: Campaign, ground: Ground) -> None:
    """G1, F40 to F42: clients ask for pages and files, upstream changes, and the server is gone."""
    told = 0
    for each in campaign.rounds(10):
        with each:
            kind = each.random.choice(KINDS)
            witness = ground.begin(kind)
            for number in range(6):
                ground.world.release(f"busy-{number}", each.random.randrange(600_000))
            server = ground.start()
            ask_and_kill(server, witness, each.random)
            told += len(witness.pages) + len(witness.files)
            ground.check_after_a_kill(witness, kind)
    campaign.note(told_before_kills=told)
