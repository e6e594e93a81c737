"""Switching: another view counts, in one step and without writing anything else."""

from dataclasses import dataclass, replace
from typing import Literal

from wheelyard.decide.publishing import view_to_go_back_to
from wheelyard.errors import ConfigError
from wheelyard.publish.tree.headers import TREE_KEY
from wheelyard.publish.tree.parts import ChangedObject, TreeParts, changed_page
from wheelyard.publish.tree.recognising import recognise
from wheelyard.wire.tree import (
    INFO,
    MANIFEST,
    PROJECTS,
    SNAPSHOT,
    SNAPSHOT_DIGEST,
    View,
)

__all__ = ["Direction", "Switched", "switch_tree"]

Direction = Literal["activate", "rollback"]


@dataclass(frozen=True, slots=True)
class Switched:
    """Which view counts now, and from which serial of the journal it is."""

    target: str
    view: View
    serial: int
    is_new: bool


async def switch_tree(parts: TreeParts, direction: Direction) -> Switched:
    """Let the other view count: the newer one, or the one from before.

    Raises:
        BadInput: the target is not ours.
        ConfigError: there are no views, or none to go to.
    """
    published, target = parts.catalog.published, parts.target
    found = await recognise(parts, "auto", adopts=False)
    row = found.row
    if found.is_new:
        raise ConfigError(
            f"`{target.url}` was not published from here: publish there first, without "
            f"`--{direction}`."
        )
    if not row.has_views:
        raise ConfigError(
            f"`{target.url}` was published without views, in which each page becomes visible as it "
            'is written, so there is nothing to go back to: set `views = "always"`, and publish to '
            "an empty target."
        )
    views, active = await published.views(row.id), await target.active()
    is_newer = direction == "activate"
    view = view_to_go_back_to(views, active, is_newer=is_newer)
    if view is None and active is not None and active in views and is_newer:
        await published.save_target(replace(row, is_held=False))
        return Switched(target.url, active, views[active].serial, is_new=False)
    if view is None or active is None:
        raise ConfigError(_why_not(target.url, direction))
    differing = await published.differing(row.id, active, view, None)
    await parts.hooks.note_changed(row.id, _changed(differing))
    # The server itself leaves what was taken back alone: noted before, so that it never puts it
    # out again in between.
    await published.save_target(replace(row, is_held=direction == "rollback"))
    await target.switch(view)
    await parts.hooks.purge(row.id, views[view].serial)
    return Switched(target.url, view, views[view].serial, is_new=True)


def _why_not(url: str, direction: Direction) -> str:
    """Return why there is no other view to go to."""
    if direction == "activate":
        return f"`{url}` has no whole view yet: publish there once."
    return (
        f"`{url}` has no older view that is whole: it was taken back already (`--activate` brings "
        "the newer one), or published once only, or a publish is under way."
    )


def _changed(names: frozenset[str]) -> list[ChangedObject]:
    """Return what caches may have of the pages that differ, and of what tells of the whole."""
    pages = [changed_page(name) for name in sorted(names)]
    whole = (INFO, MANIFEST, PROJECTS, SNAPSHOT, SNAPSHOT_DIGEST)
    return pages + [ChangedObject(path, TREE_KEY) for path in whole]
