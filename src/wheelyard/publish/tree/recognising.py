"""Recognising: is what stands in a target a tree of this index, or somebody's own files?

Nothing is ever written to a target before this has been answered.
"""

import secrets
from dataclasses import dataclass
from typing import Final, Literal

from wheelyard.catalog.published import TargetRow
from wheelyard.errors import BadInput, ConfigError
from wheelyard.publish.targets.target import Readable, Target
from wheelyard.publish.tree.parts import TreeParts
from wheelyard.publish.tree.work import stamp
from wheelyard.wire.tree import INFO, TreeInfo, View, parse_tree_info, view_path

__all__ = ["Recognised", "load_info", "recognise"]

Views = Literal["auto", "always", "never"]

_MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Recognised:
    """A target and what is known of it; ``is_new`` says that the catalog has no row of it yet.

    ``is_adopted``: the tree is one of ours that the catalog does not remember. ``is_damaged``: it
    does not say what it is any more. ``active`` is the view that counts.
    """

    row: TargetRow
    active: View | None
    is_new: bool = False
    is_adopted: bool = False
    is_damaged: bool = False


async def load_info(target: Readable, active: View | None) -> TreeInfo | None:
    """Return what a tree says of itself; None if it does not.

    Raises:
        BadInput: it says something that cannot be read, or is of another version.
        Unavailable: nobody can tell.
    """
    content = None
    if active is not None:
        content = await target.get(view_path(active, INFO), _MOST_BYTES)
    if content is None:
        content = await target.get(INFO, _MOST_BYTES)
    return None if content is None else parse_tree_info(content)


async def recognise(parts: TreeParts, views: Views, *, adopts: bool) -> Recognised:
    """Return what the target is, and refuse what is not ours. Writes nothing.

    Raises:
        BadInput: it holds something else, or another index, or a tree of another server.
        ConfigError: it cannot be had with, or without, views.
        Unavailable: nobody can tell what it holds.
    """
    target = parts.target
    row = await parts.catalog.published.target(target.url)
    active = await target.active()
    try:
        info = await load_info(target, active)
    except BadInput as error:
        raise BadInput(f"`{target.url}` cannot be published to: {error}") from error
    if row is not None and row.index_name != parts.index and info is not None:
        raise _of_another_index(target, row.index_name, parts.index)
    if info is None:
        found = await _without_info(parts, row, active, views)
    else:
        is_known = row is not None and await _is_remembered(parts, row, active, info)
        found = _with_info(parts, row if is_known else None, active, info, adopts=adopts)
    _check_views(target, found.row, views)
    return found


async def _is_remembered(
    parts: TreeParts, row: TargetRow, active: View | None, info: TreeInfo
) -> bool:
    """Say whether what is there is what the catalog says was published there last.

    It is not if the data directory was brought back from a backup that is older than the tree.
    """
    if row.tree != info.tree:
        return False
    known = (await parts.catalog.published.views(row.id)).get(active or "a")
    made = [] if known is None else [stamp(known.made_at)]
    return info.created in {*made, row.making}


async def _without_info(
    parts: TreeParts, row: TargetRow | None, active: View | None, views: Views
) -> Recognised:
    """Return a target that does not say what it is: it is empty, or was left in the middle."""
    target = parts.target
    is_empty = True
    async for _ in target.listing():
        is_empty = False
        break
    if is_empty and active is None:
        return Recognised(_new_row(parts, views), active, is_new=True)
    if row is not None and row.index_name == parts.index:
        return Recognised(row, active, is_damaged=row.published_at is not None)
    raise BadInput(
        f"`{target.url}` is not empty, and what is there is no published tree: name another "
        "target, or empty this one. Nothing was written."
    )


def _with_info(
    parts: TreeParts, row: TargetRow | None, active: View | None, info: TreeInfo, *, adopts: bool
) -> Recognised:
    """Return a target that says what it is."""
    if info.index != parts.index:
        raise _of_another_index(parts.target, info.index, parts.index)
    if row is not None:
        return Recognised(row, active)
    if info.instance != parts.instance and not adopts:
        raise BadInput(
            f"`{parts.target.url}` was published from another data directory (instance "
            f"`{info.instance[:12]}`, this one is `{parts.instance[:12]}`): name another target, "
            "or take it over with `--adopt` if nobody else publishes there. Nothing was written."
        )
    adopted = TargetRow(
        0, parts.target.url, parts.index, info.tree, info.has_views, making=info.created
    )
    return Recognised(adopted, active, is_new=True, is_adopted=True)


def _new_row(parts: TreeParts, views: Views) -> TargetRow:
    """Return a target in which nothing is yet."""
    has_views = views == "always" or (views == "auto" and parts.target.prefers_views)
    if has_views and not parts.target.can_switch:
        raise ConfigError(
            f"`{parts.target.url}` cannot have views: set `[publish.{parts.index}] views` to "
            "`auto` or `never`."
        )
    return TargetRow(0, parts.target.url, parts.index, secrets.token_hex(16), has_views)


def _check_views(target: Target, row: TargetRow, views: Views) -> None:
    """Refuse a tree that was begun the other way: half of it would stay."""
    if views == "auto" or row.has_views == (views == "always"):
        return
    is_now = "with views" if row.has_views else "without views"
    raise ConfigError(
        f"`{target.url}` was published {is_now}, and `views` is `{views}`: set it to `auto`, or "
        "publish to an empty target."
    )


def _of_another_index(target: Target, there: str, wanted: str) -> BadInput:
    """Return what to say of a target that another index has."""
    return BadInput(
        f"`{target.url}` is the tree of the index `{there}`, and not of `{wanted}`: name another "
        "target, one for each index. Nothing was written."
    )
