"""What a publish works with."""

import pytest

from wheelyard.publish.tree.parts import ChangedObject, Hooks, changed_page

pytestmark = pytest.mark.anyio


async def test_without_hooks_nobody_is_told() -> None:
    """A publish by itself has no snapshot and no caches."""
    hooks = Hooks()

    await hooks.note_changed(1, [changed_page("demo")])

    assert await hooks.purge(1, 7) is None
    assert hooks.open_snapshot is None


def test_page_that_changed_has_one_address() -> None:
    """All its forms and codings are asked for there."""
    assert changed_page("demo") == ChangedObject("simple/demo/index.html", "project/demo")
    assert changed_page("") == ChangedObject("simple/index.html", "root")
