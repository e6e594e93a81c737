"""Calls: an upstream whose list has no serials may tell them by XML-RPC, as PyPI did at first.

Source: PyPI's XML-RPC: ``list_packages_with_serial``, ``changelog_last_serial``,
``changelog_since_serial``.
"""

from collections.abc import Mapping, Sequence

import anyio.to_thread

from wheelyard.errors import Absent, BadInput, Unavailable
from wheelyard.mirror.sync.listing import Changes, Listing
from wheelyard.mirror.sync.sources.names import name_of
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted
from wheelyard.repository.cached import Cached
from wheelyard.wire.changelog import MOST
from wheelyard.wire.xml_rpc import Fault, Value, parse_response, render_call

__all__ = ["Calls"]

_MOST_ROUNDS = 20
"""Beyond these the list of everything costs less."""

_LARGEST = 2**63 - 1
_REMOVALS = frozenset({"remove", "remove project"})


class Calls:
    """Tells what there is, and what has changed, by XML-RPC."""

    kind = "xml-rpc"

    def __init__(self, pages: Cached) -> None:
        """Ask through ``pages``."""
        self._pages = pages

    async def everything(self, listing: Listing) -> Listing:
        """Return ``listing`` with the serials that are told, and the names that it lacks.

        A name counts as there if either tells of it.

        Raises:
            Absent: nobody answers calls here.
            Unavailable: nobody could answer, or not with what was asked for.
        """
        last = _serial(await self._call("changelog_last_serial"))
        told = await self._call("list_packages_with_serial")
        if last is None or not isinstance(told, Mapping) or not told:
            raise _unusable("list_packages_with_serial")
        return await anyio.to_thread.run_sync(_merged, listing, told, last)

    async def begin(self, listing: Listing) -> str:
        """Return the mark that ``everything`` gave the listing; see ``Shortcut``."""
        return listing.mark

    async def since(self, mark: str) -> Changes | None:
        """Return what has changed; see ``Shortcut``."""
        began = seen = int(mark)
        last: dict[ProjectName, tuple[int, bool]] = {}
        for _ in range(_MOST_ROUNDS):
            entries = await self._call("changelog_since_serial", seen)
            if not isinstance(entries, Sequence) or isinstance(entries, str | bytes):
                raise _unusable("changelog_since_serial")
            before, seen = seen, _take(entries, seen, last)
            if len(entries) < MOST or seen == before:
                return await self._changes(began, seen, last)
        return None

    async def _changes(
        self, began: int, seen: int, last: Mapping[ProjectName, tuple[int, bool]]
    ) -> Changes | None:
        """Return what was told; None if nothing was because the upstream counts anew."""
        if not last:
            newest = _serial(await self._call("changelog_last_serial"))
            if newest is None or newest < began:
                return None
        serials = {name: serial for name, (serial, is_gone) in last.items() if not is_gone}
        gone = frozenset(name for name, (_, is_gone) in last.items() if is_gone)
        return Changes(serials, str(seen), gone)

    async def _call(self, method: str, *arguments: Value) -> Value:
        """Return the answer to a call."""
        wanted = DocumentWanted("call", method, body=render_call(method, *arguments))
        body = await self._pages.news(wanted)
        try:
            said = await anyio.to_thread.run_sync(parse_response, body)
        except BadInput as error:
            # A page for people, say: nobody speaks XML-RPC there.
            raise Absent(f"The call `{method}`", f"this index ({error})") from error
        if isinstance(said, Fault):
            raise Absent(f"The call `{method}`", f"this index ({said.sentence[:200]})")
        return said


def _unusable(method: str) -> Unavailable:
    """Return what is said of an answer that is none to this question."""
    return Unavailable(f"The call `{method}`", "the upstream's answer is not what was asked for")


def _serial(value: object) -> int | None:
    """Return a serial; None if it is none."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value <= _LARGEST else None  # type: ignore[operator, return-value]  # an int


def _merged(listing: Listing, told: Mapping[str, Value], last: int) -> Listing:
    """Return what either tells of, with the greatest serial of each name."""
    serials: dict[ProjectName, int | None] = dict(listing.serials)
    for text, value in told.items():
        name, serial = name_of(text), _serial(value)
        if name is not None:
            before = serials.get(name)
            serials[name] = serial if before is None else max(before, serial or 0)
    return Listing(serials, str(last))


def _take(entries: Sequence[Value], since: int, last: dict[ProjectName, tuple[int, bool]]) -> int:
    """Add the last change of each project, and return the last serial of all.

    What is no entry is left out, and so is what was told before.
    """
    seen = since
    for entry in entries:
        match entry:
            case [str(text), version, _, str(action), int(serial)] if serial > since:
                name = name_of(text)
                if _serial(serial) is None or name is None:
                    continue
                seen = max(seen, serial)
                if serial >= last.get(name, (0, False))[0]:
                    last[name] = (serial, version is None and action in _REMOVALS)
            case _:
                continue
    return seen
