"""Taking over from the other view."""

from pathlib import Path

import pytest

from support.own_files import publish
from support.packages import make_wheel
from support.publishing import audit, publishing
from support.simulator import Simulator

pytestmark = pytest.mark.anyio


async def test_page_that_the_other_view_has_lost_is_made_again(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Somebody removed it; the publish does not stop at that."""
    async with publishing(tmp_path, simulator) as yard:
        for name in ("acme", "beta"):
            await publish(yard.app, make_wheel(name, "1.0"))
        await yard.publish()
        (tmp_path / "tree/views/a/simple/beta/index.json").unlink()
        await publish(yard.app, make_wheel("acme", "2.0"))

        await yard.publish()

        found = await audit(yard.target, may_wait=False)
    assert len(found.files["acme"]) == 2
    assert "views/b/simple/beta/index.json" in yard.target.puts


async def test_view_is_compared_as_a_whole_after_it_was_left_in_the_middle(
    tmp_path: Path, simulator: Simulator
) -> None:
    """What of it was written is not written again."""
    from wheelyard.errors import Unavailable

    async with publishing(tmp_path, simulator) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        await publish(yard.app, make_wheel("beta", "1.0"))

        def fail(word: str, path: str) -> None:
            if path.endswith("wheelyard.json"):
                raise Unavailable("The target", word)

        yard.target.before = fail
        with pytest.raises(Unavailable):
            await yard.publish()
        yard.target.before = lambda _word, _path: None
        yard.target.forget()

        await yard.publish()

        await audit(yard.target, may_wait=False)
    assert [path for path in yard.target.puts if "beta" in path] == []
