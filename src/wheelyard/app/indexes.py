"""The indexes of the program: those of the configuration, and those that were added by command.

``main`` is always there. ``hosted`` is what ``main`` has of its own, as an index by itself, so that
it can have our journal's serials: serials of several owners do not count together.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import msgspec

from wheelyard.blobs import LocalBlobs
from wheelyard.catalog import Catalog, JournalRow, hosted_index, hosted_owner
from wheelyard.clock import Clock
from wheelyard.decide.ownership import Ownership
from wheelyard.errors import Absent, ConfigError
from wheelyard.hosting import no_such_index
from wheelyard.names import MAIN, IndexName, ProjectName, normalise
from wheelyard.pages import ROOT, PageLinks, Shelf
from wheelyard.repository.compose import Chain
from wheelyard.repository.contradictions import Contradictions
from wheelyard.repository.front import Front, FrontParts, Own, compose_front
from wheelyard.repository.hosted import Hosted, HostedParts
from wheelyard.repository.local_only import LocalOnly
from wheelyard.settings import IndexSettings, ServerSettings, closed_base

__all__ = ["HOSTED", "MAIN", "Index", "Indexes", "IndexesParts"]

_LOG = logging.getLogger(__name__)

HOSTED = IndexName("hosted")
"""What the main index has of its own, as an index by itself."""

_NAMES_STAY = frozenset({"file.added", "release.yanked", "release.unyanked"})
"""Changes of projects that are in the lists already, and stay there."""

_SHELF_BYTES = 48 * 1024**2
_SMALL_SHELF_BYTES = 8 * 1024**2


@dataclass(frozen=True, slots=True)
class Index:
    """What a client points at: a name, the front that answers for it, its rendered pages.

    ``rules`` are those of the index of which it is a view. ``held`` is the same index without
    asking anybody outside, for readers who may not have anything fetched.
    """

    name: IndexName
    chain: Front
    shelf: Shelf
    links: PageLinks
    rules: IndexSettings = field(default_factory=lambda: IndexSettings(name=MAIN))
    held: "Index | None" = None

    @property
    def prefix(self) -> str:
        """The path below the server's root, with a slash at its end; empty for the main index."""
        return "" if self.name == MAIN else f"{self.name}/"

    @property
    def owner(self) -> str:
        """The owner of what is uploaded to it."""
        return hosted_owner(self.rules.name)


@dataclass(frozen=True, slots=True)
class IndexesParts:
    """What indexes are put together from.

    ``chains`` are those of the groups of doors by upstream, ``held`` the same without asking
    anybody; ``upstream`` is the one for what no route names. ``served`` are repositories of our
    own that the main index has beside what was uploaded.
    """

    catalog: Catalog
    store: LocalBlobs
    clock: Clock
    server: ServerSettings
    ownership: Ownership
    chains: Mapping[str, Chain]
    held: Mapping[str, Chain]
    upstream: str
    contradictions: Contradictions
    served: Sequence[Own] = ()


class Indexes(Mapping[IndexName, Index]):
    """Every index by its name; changes while the program runs."""

    def __init__(self, parts: IndexesParts, configured: Sequence[IndexSettings]) -> None:
        """Have the indexes of the configuration, ``main`` among them; ``reload`` adds the rest."""
        self._parts = parts
        self._configured = {IndexName(rules.name): rules for rules in configured}
        self._configured.setdefault(MAIN, IndexSettings(name=MAIN))
        self._rules = dict(self._configured)
        self._made: dict[IndexName, Index] = {}
        self._make_all()

    def __getitem__(self, name: IndexName) -> Index:
        return self._made[name]

    def __iter__(self) -> Iterator[IndexName]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def find(self, name: str) -> Index:
        """Return the index that a person named.

        Raises:
            BadInput: there is none of that name; the sentence has those that there are.
        """
        found = self._made.get(IndexName(name))
        if found is None:
            raise no_such_index(name, self)
        return found

    async def reload(self) -> None:
        """Take up what was added or removed by command; the other indexes stay as they are."""
        rules = dict(self._configured)
        for row in await self._parts.catalog.indexes.load():
            if row.name in rules:
                continue  # the configuration counts: whoever writes it sees what is in force
            try:
                rules[row.name] = msgspec.convert({"name": row.name, **row.settings}, IndexSettings)
            except msgspec.ValidationError as error:
                _LOG.error("The index `%s` of the catalog is not usable: %s.", row.name, error)
        self._leave_out_unusable(rules)
        changed = rules != self._rules
        self._rules = rules
        if changed:
            self._make_all()

    def _leave_out_unusable(self, rules: dict[IndexName, IndexSettings]) -> None:
        """Take out of ``rules`` what was added and cannot be as it is: the others go on."""
        for name in [name for name in rules if name not in self._configured]:
            if reason := self._why_unusable(name, rules):
                _LOG.error("The index `%s` is left out: %s.", name, reason)
                del rules[name]
                self._leave_out_unusable(rules)
                return

    def _why_unusable(self, name: IndexName, rules: Mapping[IndexName, IndexSettings]) -> str:
        """Return why an index that was added cannot be; empty if it can.

        It may have been added under another configuration.
        """
        if name in self._parts.chains:
            return "an upstream has that name, which others may mean by it"
        known = {*rules, *self._parts.chains}
        if missing := [base for base in rules[name].bases if base not in known]:
            return f"its base `{missing[0]}` is no index and no upstream"
        if base := closed_base(name, {str(each): found for each, found in rules.items()}):
            return f"it would show `{base}` to anyone, which only members may read"
        return ""

    def apply(self, row: JournalRow) -> None:
        """Have rendered anew what ``row`` of the journal changed.

        What is ours concerns every index: a name that an upstream had may have become ours. Lists
        stay as they are while no name comes or goes, but for one that has serials.
        """
        is_ours = hosted_index(row.owner) is not None
        name = ProjectName(row.project)
        for index in self.views():
            if is_ours and (row.kind not in _NAMES_STAY or index.name == HOSTED):
                index.shelf.expire(ROOT)
            if is_ours or row.owner in index.chain.owners:
                index.shelf.expire(name)
                index.chain.locator.forget(name)

    def views(self) -> Iterator[Index]:
        """Yield every index, and every view of one that asks nobody."""
        for index in self._made.values():
            yield index
            if index.held is not None:
                yield index.held

    def bases_of(self, name: IndexName) -> tuple[IndexName, ...]:
        """Return ``name`` and the indexes whose own projects it shows, in order, each once.

        Raises:
            ConfigError: one of them is no index.
        """
        found: dict[IndexName, None] = {}
        self._gather(name, found)
        return tuple(found)

    def filling(self, name: IndexName) -> Front | None:
        """Return the front by which ``name`` is filled ahead of need; None if nobody is asked.

        It asks outside, also where clients are given what is held and nothing else.
        """
        upstream = self._upstream_of(name)
        if not upstream or self._rules[name].fallback == "none":
            return None
        own = self._front_of(self.bases_of(name))
        return compose_front(replace(own, outside=self._parts.chains, upstream=upstream))

    def _gather(self, name: IndexName, found: dict[IndexName, None]) -> None:
        """Add ``name`` and its bases to ``found``; one that is there already ends a circle."""
        if name in found:
            return
        found[name] = None
        for base in self._rules[name].bases:
            if base in self._rules:
                self._gather(IndexName(base), found)
            elif base not in self._parts.chains:
                raise ConfigError(
                    f"`[index.{name}] bases` names `{base}`, which is neither an index nor an "
                    "upstream: correct it, or add it first."
                )

    def _make_all(self) -> None:
        """Make the indexes that are new or have changed, and drop those that are gone."""
        made: dict[IndexName, Index] = {}
        for name, rules in self._rules.items():
            before = self._made.get(name)
            same = before is not None and before.rules == rules and not rules.bases
            made[name] = before if same and before is not None else self._make(name, rules)
        main = self._rules[MAIN]
        made[HOSTED] = self._index(HOSTED, main, self._front_of((MAIN,), has_serials=True))
        self._made = made

    def _make(self, name: IndexName, rules: IndexSettings) -> Index:
        """Return the index of that name, with its view for who may not have anything fetched."""
        parts, own = self._parts, self._front_of(self.bases_of(name))
        upstream = self._upstream_of(name)
        if rules.fallback == "none" or not upstream:
            return self._index(name, rules, own)
        held = replace(own, outside=parts.held, upstream=upstream, wrap=LocalOnly)
        if rules.fallback == "mirror":
            return self._index(name, rules, held)
        whole = self._index(name, rules, replace(own, outside=parts.chains, upstream=upstream))
        return replace(whole, held=self._index(name, rules, held))

    def _upstream_of(self, name: IndexName) -> str:
        """Return the upstream that ``name`` or one of its bases names, else the usual one."""
        for index in self.bases_of(name):
            for base in self._rules[index].bases:
                if base not in self._rules:
                    return base
        return self._parts.upstream

    def _front_of(self, names: Sequence[IndexName], *, has_serials: bool = False) -> FrontParts:
        """Return what an index is made of that shows what ``names`` have of their own."""
        parts = self._parts
        own: list[Own] = []
        for name in names:
            hosted = HostedParts(
                hosted_owner(name), parts.catalog, parts.store, parts.clock, has_serials
            )
            own += [Hosted(hosted), *(parts.served if name == MAIN else ())]
        return FrontParts(
            catalog=parts.catalog,
            clock=parts.clock,
            ownership=parts.ownership,
            own=own,
            is_hosted=self._is_hosted,
            hosted_names=self._hosted_names,
            contradictions=parts.contradictions,
        )

    def _index(self, name: IndexName, rules: IndexSettings, front: FrontParts) -> Index:
        """Return the index of that name, made of ``front``."""
        parts, chain = self._parts, compose_front(front)
        below = "" if name == MAIN else f"/{name}"
        files_url, base_url = parts.server.files_url, parts.server.base_url
        links = PageLinks(files_url and files_url + below, base_url and base_url + below)
        size = _SHELF_BYTES if name == MAIN and front.wrap is not LocalOnly else _SMALL_SHELF_BYTES
        shelf = Shelf(chain.repository, links, parts.clock, size, chain.locator.forget)
        return Index(name, chain, shelf, links, rules)

    def _is_hosted(self, name: ProjectName) -> bool:
        """Say whether any index has ``name`` as its own, at this moment."""
        parts = self._parts
        return parts.catalog.hosting.is_hosted_now(name) or any(
            own.has(name) for own in parts.served
        )

    async def _hosted_names(self) -> frozenset[ProjectName]:
        """Return the names that any index has as its own."""
        names = await self._parts.catalog.hosting.names()
        for own in self._parts.served:
            with suppress(Absent):
                listed = await own.projects()
                names |= {ProjectName(normalise(entry.name)) for entry in listed.projects}
        return names
