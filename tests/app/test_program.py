"""The running program as others see it: no secret of it is shown by accident."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.app import app_on
from support.simulator import Simulator, running_simulator

pytestmark = pytest.mark.anyio


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an upstream."""
    with running_simulator() as simulator:
        yield simulator


def keys_in(data: Path) -> list[bytes]:
    """Return the secrets that a data directory has."""
    return [path.read_bytes() for path in data.glob("*key*")]


async def test_key_of_the_tokens_is_not_shown(tmp_path: Path, index: Simulator) -> None:
    """Whoever logs the program, or sees it in a traceback, does not learn what tokens hang on."""
    async with app_on(tmp_path, index) as app:
        shown = repr(app)

    keys = keys_in(tmp_path)
    assert keys
    for key in keys:
        assert key.strip().decode("latin-1") not in shown
        assert repr(key.strip()) not in shown
