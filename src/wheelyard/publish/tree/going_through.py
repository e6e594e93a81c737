"""Going through an index: what its pages name is sent, then the pages, piece by piece."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from wheelyard.catalog import hosted_index
from wheelyard.catalog.published import Known
from wheelyard.errors import Absent, Unavailable
from wheelyard.names import ProjectName, normalise
from wheelyard.publish.tree.contents import listed_projects
from wheelyard.publish.tree.crew import in_stages
from wheelyard.publish.tree.looking import Looked, look_at
from wheelyard.publish.tree.pages import put_pages
from wheelyard.publish.tree.sending import Sent, send_objects
from wheelyard.publish.tree.snapshots import tell_snapshot
from wheelyard.publish.tree.taking_over import take_over
from wheelyard.publish.tree.work import Work, pieces

__all__ = ["complete", "look_through"]

_LOOKED_TOGETHER: Final = 64
_MOST_NAMES: Final = 256
_MOST_FILES: Final = 4_000
"""How many projects and files are in a piece; three pieces are in memory at a time."""


async def look_through(work: Work) -> None:
    """Publish the pages that may have changed, and what they name, in pieces.

    While the pages of one piece are written, the files of the next one are, and one more is looked
    at: a disk, a network and a processor are all busy.
    """
    names = await _names(work)
    work.account.to_look_at = len(names)
    work.account.phase = "Publishing"
    await in_stages(_looked(work, names), partial(_send, work), partial(_write, work))


async def _looked(work: Work, names: Sequence[ProjectName]) -> AsyncGenerator[list[Looked]]:
    """Yield what the index says of ``names``, in pieces that are worth a commit."""
    waiting: list[Looked] = []
    for some in pieces(names, _LOOKED_TOGETHER):
        waiting += await look_at(work.parts, some)
        if len(waiting) >= _MOST_NAMES or sum(len(each.wanted) for each in waiting) >= _MOST_FILES:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


async def _names(work: Work) -> list[ProjectName]:
    """Return the projects that are looked at, in order.

    Raises:
        Unavailable: there is nothing at all yet.
    """
    changed = await work.changed_names()
    if changed is not None:
        work.names = changed | await _watched_names(work)
        return sorted(work.names)
    published, front = work.catalog.published, work.parts.front
    listed = await listed_projects(work)
    names = {ProjectName(normalise(entry.name)) for entry in listed.projects}
    for own in front.parts.own:  # what is in quarantine has a page, and is not in the list
        if hosted_index(own.owner) is not None:
            hosted = await work.catalog.hosting.projects(own.owner)
            names |= {row.project for row in hosted}
    for view in {work.view, work.base} - {None}:
        names |= await published.names(work.row.id, view or "a")
    if not names and work.row.published_at is None:
        raise Unavailable(
            f"A tree of the index `{work.parts.index}`",
            "nothing is held of it yet. Install something through the server, upload, or run "
            "`wheelyard sync`, and publish then",
        )
    return sorted(names)


async def _watched_names(work: Work) -> frozenset[ProjectName]:
    """Return the projects whose changes no journal tells: those of directories that are served."""
    names: set[ProjectName] = set()
    for own in work.parts.front.parts.own:
        if hosted_index(own.owner) is None:
            try:
                listed = await own.projects()
            except Absent:
                continue
            names |= {ProjectName(normalise(entry.name)) for entry in listed.projects}
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some projects that were looked at, of which the objects are there."""

    looked: list[Looked]
    known: Known
    sent: Sent


async def _send(work: Work, looked: list[Looked]) -> _Piece:
    """Send what the pages of some projects name."""
    known = await work.catalog.published.known(work.row.id, [each.name for each in looked])
    return _Piece(looked, known, await send_objects(work, looked, known))


async def _write(work: Work, piece: _Piece, *, ignores_base: bool = False) -> None:
    """Write the pages of some projects, once what they name is durable and written down."""
    published, number, sent = work.catalog.published, work.row.id, piece.sent
    if work.is_at_once and sent.change:
        await work.target.settle()
        await published.save_objects(number, sent.change)
    states = await put_pages(work, sent.looked, piece.known, ignores_base=ignores_base)
    if states or (sent.change and not work.is_at_once):
        await work.target.settle()
    if not work.is_at_once:
        await published.save_objects(number, sent.change)
    if states:
        await published.save_pages(number, work.view, states)
    await tell_snapshot(work, piece.looked, sent.looked)
    work.account.looked_at += len(piece.looked)


async def complete(work: Work) -> None:
    """Bring the rest of the view up to what the base has."""
    lost = [ProjectName(name) for name in await take_over(work)]
    for some in pieces(lost, _MOST_NAMES):
        piece = await _send(work, await look_at(work.parts, some))
        await _write(work, piece, ignores_base=True)
