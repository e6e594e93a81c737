"""Sending what pages name: what cannot be had leaves its project as it was."""

from pathlib import Path

import pytest

from support.own_files import publish
from support.packages import make_wheel
from support.publishing import audit, memory_target, publishing
from support.simulator import Simulator
from wheelyard.names import Sha256

pytestmark = pytest.mark.anyio


async def test_project_with_a_damaged_file_stays_as_it_was(
    tmp_path: Path, simulator: Simulator
) -> None:
    """The others are published; it is tried again each time, and put right once it is sound."""
    first, second = make_wheel("acme", "1.0"), make_wheel("acme", "2.0")
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await publish(yard.app, first)
        await yard.publish()
        await publish(yard.app, second)
        await publish(yard.app, make_wheel("beta", "1.0"))
        blob = yard.app.fills.parts.store.path(Sha256(second.sha256))
        blob.chmod(0o600)
        blob.write_bytes(b"rotten")

        broken = await yard.publish()

        before = await audit(yard.target)
        await yard.app.fills.parts.store.put(second.content)
        healed = await yard.publish()
        after = await audit(yard.target, may_wait=False)
    assert (broken.outcome, broken.problems[0].project) == ("partial", "acme")
    assert before.files == {"acme": [first.filename], "beta": ["beta-1.0-py3-none-any.whl"]}
    assert healed.outcome == "done"
    assert len(after.files["acme"]) == 2
