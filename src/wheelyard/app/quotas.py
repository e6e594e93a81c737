"""Quotas: which owners' files count for which index, and who can say whether they can be had."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial

from wheelyard.app.indexes import MAIN, Index
from wheelyard.app.program import App
from wheelyard.catalog import hosted_owner
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.mirror import IsUp, QuotaKeeper, Scope, StoreParts
from wheelyard.names import ProjectName
from wheelyard.repository.compose import Chain
from wheelyard.settings import IndexSettings, NamesSettings, StoreSettings

__all__ = ["is_up_in", "keep_quotas", "scopes_of", "scopes_of_settings"]

_EVERYTHING = "everything (`[store] max_bytes`)"


def keep_quotas(app: App) -> None:
    """Have the quotas of a server kept, for as long as it runs."""
    if app.settings.server.read_only:
        return
    parts = StoreParts(app.catalog, app.fills.parts.store, app.fills.locks)
    app.background.start_soon(QuotaKeeper(parts, partial(scopes_of, app), is_up_in(app)).run)


def scopes_of(app: App) -> tuple[Scope, ...]:
    """Return what has a quota at this moment: each index that has one, then everything."""
    # A view of an index, such as what it has of its own, has no quota beside it.
    indexes = {name: index for name, index in app.indexes.items() if name == index.rules.name}
    scopes = [
        _scope(name, index.rules.max_bytes, _owners_of(index))
        for name, index in indexes.items()
        if index.rules.max_bytes
    ]
    return (*scopes, *_everything(app.settings.store))


def scopes_of_settings(
    rules: Mapping[str, IndexSettings], names: NamesSettings, store: StoreSettings, usual: str
) -> tuple[Scope, ...]:
    """Return the same without a running program; ``usual`` is the upstream for the rest."""
    routed = {route.upstream for route in names.route}
    scopes = []
    for name, index in rules.items():
        if not index.max_bytes:
            continue
        owners = {hosted_owner(name)}
        if index.fallback != "none":
            upstream = next(_upstreams_of(name, rules, set()), usual)
            owners |= {upstream, *routed} - {""}
        scopes.append(_scope(name, index.max_bytes, owners))
    return (*scopes, *_everything(store))


def is_up_in(app: App) -> IsUp:
    """Return who finds out whether somebody answers for an owner: by asking for a page now."""

    async def is_up(owner: str, name: ProjectName) -> bool:
        chain = _chains(app).get(owner)
        if chain is None or app.settings.is_offline:
            return False
        try:
            project = await chain.pages.renew(name)
        except Unavailable:
            return False
        except WheelyardError:
            return True  # it was an answer; whether the file is there is another question
        return project.known is not None and project.known.how != "stale"

    return is_up


def _chains(app: App) -> Mapping[str, Chain]:
    """Return the chains by owner that any index has."""
    return {
        chain.owner: chain
        for index in app.indexes.values()
        for chain in index.chain.parts.outside.values()
    }


def _owners_of(index: Index) -> Collection[str]:
    """Return the owners whose files count for an index: itself, and whom it asks or shows."""
    parts = index.chain.parts
    if not parts.upstream:
        return {index.owner}
    routed = {route.upstream for route in parts.ownership.routes}
    return {index.owner, parts.upstream, *routed}


def _upstreams_of(name: str, rules: Mapping[str, IndexSettings], seen: set[str]) -> Iterator[str]:
    """Yield the upstreams that an index and its bases name, in order."""
    if name in seen:
        return
    seen.add(name)
    for base in rules[name].bases:
        if base in rules:
            yield from _upstreams_of(base, rules, seen)
        else:
            yield base


def _scope(name: str, max_bytes: int, owners: Collection[str]) -> Scope:
    """Return the quota of an index."""
    shown = f"the index `{name}`" if name != MAIN else "the main index"
    return Scope(shown, max_bytes, frozenset(owners))


def _everything(store: StoreSettings) -> tuple[Scope, ...]:
    """Return the quota of everything, if there is one."""
    return (Scope(_EVERYTHING, store.max_bytes),) if store.max_bytes else ()
