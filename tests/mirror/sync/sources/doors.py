"""An upstream in memory, as sources ask it: its list, and whatever else it tells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

import msgspec

from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.model import ProjectEntry, ProjectList
from wheelyard.repository.base import DocumentWanted
from wheelyard.repository.cached import Cached
from wheelyard.wire.xml_rpc import Fault, Value, parse_call, render_fault, render_response

__all__ = ["Doors"]

Answer = Value | Fault | WheelyardError


@dataclass(slots=True)
class Doors:
    """Answers as it is told to, and remembers what it was asked.

    ``methods`` are XML-RPC methods; what raises is raised.
    """

    listed: Mapping[str, int | None] | WheelyardError = field(default_factory=dict)
    stamp: bytes | WheelyardError = field(default_factory=lambda: Absent("The date"))
    feed: Callable[[int], object] | None = None
    methods: Mapping[str, Callable[..., Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def pages(self) -> Cached:
        """What sources ask."""
        return cast("Cached", self)

    async def renew_projects(self) -> ProjectList:
        """Return the list as it is now."""
        self.asked.append("list")
        if isinstance(self.listed, WheelyardError):
            raise self.listed
        return ProjectList(tuple(ProjectEntry(*each) for each in self.listed.items()))

    async def news(self, wanted: DocumentWanted) -> bytes:
        """Return an answer."""
        self.asked.append(f"{wanted.kind} {wanted.name}")
        if wanted.kind == "last-modified":
            if isinstance(self.stamp, WheelyardError):
                raise self.stamp
            return self.stamp
        if wanted.kind == "changes":
            if self.feed is None:
                raise Absent("The change feed")
            answer = self.feed(int(wanted.name))
            return answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        return self._called(wanted.body or b"")

    def _called(self, body: bytes) -> bytes:
        if not self.methods:
            raise Absent("The call")
        call = parse_call(body)
        method = self.methods.get(call.method)
        if method is None:
            raise Unavailable("The call", "nobody expected it")
        said = method(*call.arguments)
        if isinstance(said, WheelyardError):
            raise said
        return render_fault(said) if isinstance(said, Fault) else render_response(said)
