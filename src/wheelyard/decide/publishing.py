"""Publishing: which view is written, which pages are looked at, what is put and what is taken away.

All of it is decided from rows: what was published before, and what is wanted now. Times are seconds
since the Unix epoch, serials are the journal's.

Rules of editing. A page may only name what is in the target, so whatever is doubtful counts as not
there: it is put once more. What a view shows that somebody can go back to is kept, however long
nobody lists it any more; only a quarantine takes it away at once.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from wheelyard.clock import Instant

__all__ = [
    "AT_ONCE",
    "BEING_WRITTEN",
    "GONE",
    "Kind",
    "ObjectState",
    "ObjectsPlan",
    "PageState",
    "Pass",
    "ViewState",
    "Wanted",
    "basis_of",
    "decide_pass",
    "has_page",
    "is_due",
    "is_free",
    "is_known",
    "is_removable",
    "newest_view",
    "plan_objects",
    "seconds_until",
    "view_to_go_back_to",
]

View = Literal["a", "b"]
"""One of the two views of a tree; see ``wire/tree.py``."""

Kind = Literal["file", "metadata", "provenance"]

GONE: Final = ""
"""The digest of the page of a project that is gone."""

BEING_WRITTEN: Final = "?"
"""The digest of a page while nobody can tell which one is there."""

AT_ONCE: Final = Instant(0.0)
"""Since when something is not listed that is to go at once."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """A view as it was last made.

    ``serial`` and ``looked_at`` are of what it shows; ``basis`` is of all that every page depends
    on. One that is not ``is_whole`` was left in the middle.
    """

    view: View
    serial: int
    looked_at: Instant
    made_at: Instant
    basis: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class PageState:
    """The page of a project in a view, as it was last published; of no name: the project list.

    ``sizes`` are those of its objects by their names below the page's folder.
    """

    project: str
    digest: str
    serial: int
    hosted: bool
    html_sha256: str = ""
    html_size: int = 0
    json_sha256: str = ""
    json_size: int = 0
    sizes: Mapping[str, int] | None = None


class Wanted(msgspec.Struct, frozen=True):
    """An object that a page names, or that belongs to what it names."""

    path: str
    kind: Kind
    sha256: str
    size: int


class ObjectState(msgspec.Struct, frozen=True):
    """An object that was published; without ``sha256`` nobody can tell what is there.

    Pages that were written at ``unlisted_serial`` or later do not list it.
    """

    project: str
    path: str
    kind: Kind
    sha256: str
    size: int
    unlisted_at: Instant | None = None
    unlisted_serial: int | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """What a publish looks at, and which view it writes.

    ``base`` is the view that was made last, and is the reason why not ``everything`` is looked at.
    What was written to it ``since`` then is taken over from it; with None whatever differs.
    """

    view: View
    base: ViewState | None
    everything: bool
    takes_over: View | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class ObjectsPlan:
    """What is done about the objects of one project. ``unlisted`` and ``relisted`` are paths."""

    put: tuple[Wanted, ...] = ()
    unlisted: tuple[str, ...] = ()
    relisted: tuple[str, ...] = ()


def basis_of(parts: Iterable[object]) -> str:
    """Return a digest of ``parts``, which are all that every page depends on."""
    text = "\n".join(repr(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def newest_view(views: Mapping[View, ViewState]) -> ViewState | None:
    """Return the whole view that shows the latest state; None if there is none."""
    whole = [state for state in views.values() if state.is_whole]
    return max(whole, key=lambda state: (state.serial, state.made_at), default=None)


def decide_pass(
    views: Mapping[View, ViewState],
    active: View | None,
    basis: str,
    *,
    has_views: bool,
    is_full: bool,
) -> Pass:
    """Say which view is written, and from what on.

    The one that counts is left alone where there are two. Where there is one, its pages are right
    even if it was left in the middle, and what has changed is known.
    """
    view: View = _other(active) if has_views and active is not None else "a"
    newest = newest_view(views) if has_views else views.get(view)
    everything = is_full or newest is None or newest.basis != basis
    if newest is None or newest.view == view:
        return Pass(view, newest, everything)
    before = views.get(view)
    since = before.serial if before is not None and before.is_whole else None
    return Pass(view, newest, everything, newest.view, since)


def is_known(views: Mapping[View, ViewState], view: View) -> bool:
    """Say whether it is known what a view lists."""
    state = views.get(view)
    return state is not None and state.is_whole


def view_to_go_back_to(
    views: Mapping[View, ViewState], active: View | None, *, is_newer: bool
) -> View | None:
    """Return the other view if it is whole, and newer or older than the one that counts."""
    if active is None:
        return None
    now, other = views.get(active), views.get(_other(active))
    if now is None or other is None or not other.is_whole:
        return None
    found_newer = (other.serial, other.made_at) > (now.serial, now.made_at)
    return other.view if found_newer == is_newer else None


def _other(view: View) -> View:
    """Return the view that does not count while ``view`` does."""
    return "b" if view == "a" else "a"


def has_page(state: PageState | None) -> bool:
    """Say whether there is a page for certain."""
    return state is not None and state.digest not in {GONE, BEING_WRITTEN}


def plan_objects(
    wanted: Sequence[Wanted], had: Iterable[ObjectState], *, is_taken_down: bool
) -> ObjectsPlan:
    """Say what of a project is put, and what is listed no more, or again.

    What is in quarantine and already waits for its removal does not wait any longer.
    """
    rows = {row.path: row for row in had}
    put, relisted, names = [], [], set()
    for each in wanted:
        if each.path in names:
            continue
        names.add(each.path)
        row = rows.get(each.path)
        if row is None or row.sha256 != each.sha256:
            put.append(each)
        elif row.unlisted_at is not None:
            relisted.append(each.path)
    unlisted = [
        row.path
        for row in rows.values()
        if row.path not in names
        and (row.unlisted_at is None or (is_taken_down and row.unlisted_at != AT_ONCE))
    ]
    return ObjectsPlan(tuple(put), tuple(unlisted), tuple(relisted))


def is_removable(unlisted_at: Instant | None, now: Instant, delay_seconds: float) -> bool:
    """Say whether an object that is listed no more has waited long enough.

    Caches use a page for a while that still lists it.
    """
    if unlisted_at is None:
        return False
    return unlisted_at == AT_ONCE or now - unlisted_at >= delay_seconds


def is_free(row: ObjectState, pages: Sequence[PageState | None]) -> bool:
    """Say whether no view lists an object any more, by the ``pages`` of its project in each view.

    A view that has the same page as the newest one does not list it either.
    """
    digests = {GONE if page is None else page.digest for page in pages}
    if len(digests) == 1:
        return True
    since = row.unlisted_serial
    return since is not None and all(
        page is None or page.digest == GONE or page.serial >= since for page in pages
    )


def is_due(last: Instant | None, every_seconds: float, now: Instant) -> bool:
    """Say whether something is to be done again; 0 seconds means never by itself."""
    return every_seconds > 0 and seconds_until(last, every_seconds, now) <= 0


def seconds_until(last: Instant | None, every_seconds: float, now: Instant) -> float:
    """Return how long it is until something is due; a clock may have gone back."""
    if last is None:
        return 0.0
    since = now - last
    return every_seconds - since if 0 <= since < every_seconds else 0.0
