"""An upstream of which a third of the answers fails, and clients that need no luck: A-16."""

import os
import random
from itertools import cycle
from pathlib import Path

import pytest

from support.clients import PIP_AND_UV, Installer, Kind, Sandbox
from support.packages import closure
from support.server import running_server
from support.simulator import Answer, Context, Fault, Simulator, refuse, status, truncate

pytestmark = [pytest.mark.scenario, pytest.mark.slow, pytest.mark.timeout(3600)]

INSTALLS = int(os.environ.get("WHEELYARD_FLAKY_INSTALLS", "1"))
"""How many each client makes, each on an empty data directory; the whole campaign is 100."""
SHARE = 0.3
TREE = closure(20)
FAILURES: tuple[Fault, ...] = (status(500), status(503), refuse(), truncate(20), status(502))


def flaky(seed: int) -> Fault:
    """Return a fault that spoils a share of the answers it sees, each in its turn."""
    chance = random.Random(seed)
    turns = cycle(FAILURES)

    def spoil(context: Context, answer: Answer) -> Answer:
        return next(turns)(context, answer) if chance.random() < SHARE else answer

    return spoil


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
@pytest.mark.parametrize("seed", range(INSTALLS))
def test_a16_installs_succeed_while_a_third_of_upstreams_answers_fails(
    upstream: Simulator,
    kind: Kind[Installer],
    sandbox: Sandbox,
    tmp_path: Path,
    seed: int,
) -> None:
    """Twenty projects through an unmodified client with one index address, cold, byte for byte.

    What fails for a moment is asked again behind the client's back, or told in a way that every
    client asks again.
    """
    upstream.add(*TREE.packages)
    upstream.fault("*", flaky(seed))
    client = kind.start(sandbox)
    with running_server(tmp_path / "data", upstreams=[upstream.url]) as server:
        result = client.install([TREE.root], server.url, tmp_path / "here").checked()

    assert result.installed == TREE.expected
