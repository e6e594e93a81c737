"""Nesting: a tree in another one, which is refused before anything is written.

Clients of the outer one could be given pages of the inner one, and who compares or takes over the
outer one would meet files that are not its own. What is asked is what stands there, because of a
tree that was removed long ago the catalog still knows.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import anyio.to_thread

from wheelyard.errors import BadInput, Unavailable
from wheelyard.publish.targets.opening import open_target, places_around
from wheelyard.publish.targets.target import Readable, Target
from wheelyard.wire.tree import INFO, is_tree_info, view_path

__all__ = ["refuse_nested"]

_MOST_BYTES: Final = 64 * 1024
_INFOS: Final = (INFO, view_path("a", INFO), view_path("b", INFO))
"""Where a tree says what it is; before its first switch, in a view alone."""


async def refuse_nested(
    target: Target, environment: Mapping[str, str], known: Sequence[str]
) -> None:
    """Return if there is no tree around ``target``, and none of the ``known`` ones in it.

    Where somebody may not look, most often because rights end at the target, nobody can tell.

    Raises:
        BadInput: there is one.
        Unavailable: the target itself does not answer.
    """
    await target.active()  # a store that is away is waited for once, and told of by its own name
    with suppress(Unavailable):
        await _refuse(target, environment, known)


async def _refuse(target: Target, environment: Mapping[str, str], known: Sequence[str]) -> None:
    """Raise if there is a tree around ``target``, or one of the ``known`` ones in it."""
    for url in await anyio.to_thread.run_sync(places_around, target.url):
        async with open_target(url, environment) as around:
            if await _is_tree(around):
                raise BadInput(_sentence(target.url, "is in", around.url))
    for url in known:
        below = url.removeprefix(f"{target.url}/")
        if below != url and await _is_tree(target, f"{below}/"):
            raise BadInput(_sentence(target.url, "has in it", url))


async def _is_tree(place: Readable, folder: str = "") -> bool:
    """Say whether a tree begins in a folder of ``place``."""
    for path in _INFOS:
        try:
            content = await place.get(folder + path, _MOST_BYTES)
        except BadInput:
            continue  # too long to be one
        if content is not None and is_tree_info(content):
            return True
    return False


def _sentence(target: str, relation: str, other: str) -> str:
    """Return what to say of two trees of which one would be in the other."""
    return (
        f"`{target}` {relation} `{other}`, which is a published tree: one tree must not be in "
        "another, because the files of both would be mixed up. Name a place beside it, such as "
        "`TREES/main` and `TREES/team` for two indexes. Nothing was written."
    )
