"""Pages of projects: rendered from the model whose objects are in the target, and written.

The same bytes as a server sends that asks nobody, in each form and coding, made by the one
renderer.
"""

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import anyio.to_thread

from wheelyard.catalog.published import Known
from wheelyard.decide.publishing import GONE, PageState, has_page
from wheelyard.pages import Rendered, render_project
from wheelyard.publish.targets.target import Outgoing
from wheelyard.publish.tree.looking import Looked, TreeLinks
from wheelyard.publish.tree.work import Work, pieces
from wheelyard.wire.negotiate import Encoding, Form
from wheelyard.wire.tree import page_folder

__all__ = ["Made", "make_page", "page_state", "put_pages", "write_made"]

_RENDERED_TOGETHER: Final = 64
_FORMS: Final = (("html", Form.HTML), ("json", Form.JSON))
_CODINGS: Final[tuple[tuple[str, Encoding], ...]] = ((".gz", "gzip"), (".zst", "zstd"))


@dataclass(frozen=True, slots=True)
class Made:
    """A page as it is now; ``bodies`` are its objects, and None if it need not be written.

    With ``is_noted`` it is written down all the same: the other view still has a page.
    """

    state: PageState
    before: PageState | None
    bodies: dict[str, bytes] | None
    is_noted: bool = False


async def put_pages(
    work: Work, looked: Sequence[Looked], known: Known, *, ignores_base: bool = False
) -> list[PageState]:
    """Write the pages that have changed; return what is to be written down once it is durable.

    What the base has just so is left to be taken over from it, unless the base cannot be trusted.
    """
    states: list[PageState] = []
    for some in pieces(looked, _RENDERED_TOGETHER):
        made = await anyio.to_thread.run_sync(_make_all, work, some, known, ignores_base)
        states += await write_made(work, made)
    return states


async def write_made(work: Work, made: Sequence[Made]) -> list[PageState]:
    """Write pages; return what is to be written down once that is durable."""
    written = [each for each in made if each.bodies is not None]
    for each in written:
        if each.state.digest != GONE:
            work.account.note_page(each.state.project)
        else:
            work.account.pages_gone += 1
    noted = [each.state for each in made if each.is_noted]
    if work.is_dry or not (written or noted):
        return []
    await work.begin()
    going = [each for each in written if each.state.digest == GONE]
    staying = [each for each in written if each.state.digest != GONE]
    leaving = [path for each in staying for path in _leaving(work, each)]
    if work.is_at_once:
        # The list, which may name them, is changed first.
        work.gone += [each.before for each in going if each.before]
        await work.tell_changed()
        going = []
    leaving += [path for each in going for path in _leaving(work, each)]
    names = [each.state.project for each in (*staying, *going)]
    await work.catalog.published.mark_pages(work.row.id, work.view, names)
    await work.send([sent for each in staying for sent in _objects(work, each)])
    await work.remove(leaving)
    return [*noted, *(each.state for each in (*staying, *going))]


def _objects(work: Work, made: Made) -> list[Outgoing]:
    """Return the objects of a page."""
    name = made.state.project
    folder, headers = work.at(page_folder(name)), work.headers
    return [
        Outgoing(folder + each, body, headers.of_page(name, each))
        for each, body in (made.bodies or {}).items()
    ]


def _leaving(work: Work, made: Made) -> list[str]:
    """Return where something of the page before is that the page does not have any more."""
    if made.before is None or made.before.digest == GONE:
        return []
    staying = set(work.page_paths(made.state)) if made.bodies else set()
    return [path for path in work.page_paths(made.before) if path not in staying]


def _make_all(
    work: Work,
    looked: Sequence[Looked],
    known: Known,
    ignores_base: bool,  # noqa: FBT001  # passed to a thread
) -> list[Made]:
    """Return the pages of some projects, and note which are others than the base has."""
    found = []
    for each in looked:
        before = known.pages.get((work.view, each.name))
        base = known.pages.get((work.base, each.name)) if work.base else None
        made = _make(work, each, before)
        digest, known_digest = made.state.digest, base.digest if base else GONE
        if work.base is None:
            work.is_changed = True  # nobody can have seen any page yet
        elif digest != known_digest:
            work.is_changed = True
            work.settled.add(each.name)
            work.note_changed_page(each.name)
            if digest == GONE and made.bodies is None:
                made = replace(made, is_noted=True)
        elif not ignores_base and work.view != work.base:
            continue  # as in the base: taken over from it
        if ignores_base:
            work.settled.add(each.name)
        found.append(made)
    return found


def _make(work: Work, looked: Looked, before: PageState | None) -> Made:
    """Return the page of a project; without bodies if it is there already."""
    if looked.project is None:
        state = PageState(looked.name, GONE, work.serial, hosted=False)
        is_there = before is not None and before.digest != GONE
        return Made(state, before, {} if is_there else None)
    links = TreeLinks(work.parts.links, looked.proven)
    return make_page(work, looked, render_project(looked.project, links), before)


def make_page(work: Work, looked: Looked, rendered: Rendered, before: PageState | None) -> Made:
    """Return a page that was rendered; without bodies if it is there already."""
    bodies = {f"index.{name}": rendered.variant(form, "identity").body for name, form in _FORMS}
    state = page_state(work, looked, bodies)
    if has_page(before) and before is not None and before.digest == state.digest:
        return Made(before, before, None)
    for name, form in _FORMS:
        plain = rendered.variant(form, "identity")
        for end, coding in _CODINGS:
            variant = rendered.variant(form, coding)
            if variant is not plain:
                bodies[f"index.{name}{end}"] = variant.body
            elif coding == "gzip" and not work.target.prefers_views:
                # A CDN before a bucket cannot look whether there is one.
                bodies[f"index.{name}{end}"] = gzip.compress(plain.body, mtime=0)
    sizes = {name: len(body) for name, body in bodies.items()}
    return Made(replace(state, sizes=sizes), before, bodies)


def page_state(work: Work, looked: Looked, bodies: dict[str, bytes]) -> PageState:
    """Return what is written down of a page."""
    html, json = bodies["index.html"], bodies["index.json"]
    digests = [hashlib.sha256(body).hexdigest() for body in (html, json)]
    headers = repr(work.headers)
    digest = hashlib.blake2b("\n".join([headers, *digests]).encode(), digest_size=16).hexdigest()
    return PageState(
        project=looked.name,
        digest=digest,
        serial=work.serial,
        hosted=looked.hosted,
        html_sha256=digests[0],
        html_size=len(html),
        json_sha256=digests[1],
        json_size=len(json),
        sizes={name: len(body) for name, body in bodies.items()},
    )
