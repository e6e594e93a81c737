"""The flat page of an index: every file that is here, on one page, for ``--find-links``.

It shows what the index's own pages would show if nobody else could be asked: what is ours first,
each name as its first owner has it, then what is held of the others, but for names of ours. It is
put together anew when something changed, and in a thread, because it may have many megabytes.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import anyio
import anyio.to_thread

from wheelyard.decide.ownership import Ownership, Routed
from wheelyard.names import ProjectName
from wheelyard.pages.flat_lines import FlatLines
from wheelyard.pages.render import Rendered, Variant
from wheelyard.wire.flat_links import render_flat_page
from wheelyard.wire.negotiate import Encoding, Form

__all__ = ["FlatPage", "FlatParts", "Readable"]

Readable = Literal["all"] | frozenset[str]
"""The projects that somebody may read."""

_MAX_KEPT = 4
"""For how many kinds of readers the page is kept: one for all, and a few with less."""


@dataclass(frozen=True, slots=True)
class FlatParts:
    """What the page of an index is put together from.

    ``own`` are the lines of our own projects, in the order of their owners. ``outside`` are those
    of what is held of others, by the name of the upstream; ``upstream`` is the one that has what
    no route names. ``hosted_names`` are the names that any index has as its own, and
    ``hosted_serial`` grows with each change of any of them.
    """

    own: Sequence[FlatLines]
    hosted_serial: Callable[[], int]
    hosted_names: Callable[[], Awaitable[Collection[ProjectName]]]
    ownership: Ownership
    outside: Mapping[str, FlatLines] = field(default_factory=dict)
    upstream: str = ""


class FlatPage:
    """The flat page of one index."""

    def __init__(self, parts: FlatParts) -> None:
        """Put the page together of ``parts`` when somebody asks for it."""
        self._parts = parts
        self._lock = anyio.Lock()
        self._key: tuple[int, ...] = ()
        self._lines: Mapping[ProjectName, bytes] = {}
        self._kept: OrderedDict[Readable, Rendered] = OrderedDict()

    async def variant(self, readable: Readable, encoding: Encoding) -> Variant:
        """Return the page as it is at this moment, with the projects that are ``readable``.

        Raises:
            Unavailable: the catalog cannot be read.
        """
        rendered = await self._rendered(readable)
        held = rendered.held(Form.HTML, encoding)
        if held is not None:
            return held
        return await anyio.to_thread.run_sync(rendered.variant, Form.HTML, encoding)

    async def _rendered(self, readable: Readable) -> Rendered:
        """Return the page, put together anew if anything of it changed."""
        async with self._lock:
            await self._refresh()
            rendered = self._kept.get(readable)
            if rendered is None:
                lines = self._lines  # of this moment, whenever the page is rendered
                rendered = Rendered({Form.HTML: lambda: _page(lines, readable)})
            self._kept[readable] = rendered
            self._kept.move_to_end(readable)
            while len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
            return rendered

    async def _refresh(self) -> None:
        """Bring the lines up to date."""
        parts = self._parts
        every = (*parts.own, *parts.outside.values())
        for lines in every:
            await lines.refresh()
        key = (parts.hosted_serial(), *(lines.version for lines in every))
        if key == self._key:
            return
        names = await parts.hosted_names() if parts.outside else ()
        self._lines = await anyio.to_thread.run_sync(self._merged, names)
        self._kept.clear()
        self._key = key

    def _merged(self, hosted: Collection[ProjectName]) -> Mapping[ProjectName, bytes]:
        """Return the lines of every project that is shown, by name."""
        blocked = self._parts.ownership.blocked
        merged: dict[ProjectName, bytes] = {}
        for own in self._parts.own:
            for name, text in own.lines.items():
                if name not in blocked:
                    merged.setdefault(name, text)
        for name, text in self._public(frozenset(hosted)):
            if name not in blocked:
                merged[name] = merged.get(name, b"") + text
        return dict(sorted(merged.items()))

    def _public(self, hosted: frozenset[ProjectName]) -> Iterator[tuple[ProjectName, bytes]]:
        """Yield the lines of what is held of others, each from the one upstream that owns it."""
        ownership = self._parts.ownership
        for upstream, outside in self._parts.outside.items():
            for name, text in outside.lines.items():
                owner = ownership.public_owner_of(name)
                owning = owner.upstream if isinstance(owner, Routed) else self._parts.upstream
                is_ours = ownership.is_ours(name, is_hosted=name in hosted)
                if owning == upstream and not is_ours:
                    yield name, text


def _page(lines: Mapping[ProjectName, bytes], readable: Readable) -> bytes:
    """Return the page of those projects that are readable."""
    if readable == "all":
        return render_flat_page(lines.values())
    return render_flat_page(text for name, text in lines.items() if name in readable)
