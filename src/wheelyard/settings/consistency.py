"""What usable settings say together that cannot be meant: sentences, each with a next step.

A configuration that contradicts itself about who owns a name is refused at start. Guessing what was
meant would be found out by whoever gets the wrong package.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations

from wheelyard.settings.hosting import IndexSettings, NamesSettings
from wheelyard.settings.patterns import NamePattern, Route
from wheelyard.settings.records import Settings
from wheelyard.settings.sync_sense import sync_problems

__all__ = ["closed_base", "inconsistencies", "index_name_problem", "named_upstreams"]

MAIN = "main"
"""The index that is always there."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
_OWN_SEGMENTS = frozenset(
    {
        *("hosted", "integrity", "last-modified", "legacy", "local-stats", "manage", "packages"),
        *("project", "pypi", "rpc2", "rss", "search", "serverkey", "serversig", "simple"),
        *("static", "status"),
    }
)
"""First segments of this server's own addresses. Source: DESIGN.md, section 7."""


def index_name_problem(name: str) -> str:
    """Return why an index cannot be called ``name``, or an empty text."""
    if name in _OWN_SEGMENTS:
        return (
            f"an index cannot be called `{name}`: `/{name}/` is an address of this server itself. "
            "Choose another name"
        )
    if _NAME.fullmatch(name) is None:
        return (
            "a name is made of at most 64 lower-case letters, digits and dashes, and starts and "
            "ends with a letter or digit. Choose another one"
        )
    return ""


def named_upstreams(names: NamesSettings, indexes: tuple[IndexSettings, ...]) -> frozenset[str]:
    """Return the upstreams that a route names, and whatever a base names."""
    bases = (base for index in indexes for base in index.bases)
    return frozenset((*(route.upstream for route in names.route), *bases))


def closed_base(name: str, indexes: Mapping[str, IndexSettings]) -> str:
    """Return the index for members that ``name``, for anyone, would show; empty if there is none.

    What a base has is read by the rules of the index that shows it.
    """
    if indexes[name].read != "anyone":
        return ""
    bases = {each: rules.bases for each, rules in indexes.items()}
    found = sorted(_reached(name, bases))
    return next((base for base in found if indexes[base].read != "anyone"), "")


def inconsistencies(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each thing that the settings say and cannot mean."""
    for index in settings.indexes:
        if problem := index_name_problem(index.name):
            yield f"`[index.{index.name}]`: {problem}."
    yield from _about_bases(settings)
    yield from _about_readers(settings)
    yield from _about_routes(settings)
    yield from _about_merging(settings.names)
    yield from _about_syncs(settings)
    yield from _about_publishes(settings)
    yield from _about_redirect(settings)


# --- bases ----------------------------------------------------------------------------------------


def _about_bases(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with the bases of each index."""
    bases = {MAIN: (), **{index.name: index.bases for index in settings.indexes}}
    upstreams = {upstream.name for upstream in settings.upstreams}
    for index in settings.indexes:
        key = f"`index.{index.name}.bases`"
        outside = [base for base in index.bases if base not in bases and base in upstreams]
        for base in index.bases:
            if base not in bases and base not in upstreams:
                yield (
                    f"{key} names `{base}`, and there is neither `[index.{base}]` nor "
                    f"`[upstream.{base}]`: add one, or take the name out."
                )
        if len(outside) > 1:
            yield (
                f"{key} names the upstreams {_listed(outside)}: an index falls back to one. Keep "
                "that, and say in `names.route` which projects another one has."
            )
        if outside and index.fallback == "none":
            yield (
                f"{key} names the upstream `{outside[0]}`, and `index.{index.name}.fallback` is "
                "`none`: take one of them out."
            )
        if index.name in _reached(index.name, bases):
            yield f"{key} leads back to `{index.name}` itself: take one of the bases out."


def _about_readers(settings: Settings) -> Iterator[str]:
    """Yield which index would give out to all what only members of another may see."""
    indexes = {MAIN: IndexSettings(name=MAIN), **{each.name: each for each in settings.indexes}}
    for name in indexes:
        if base := closed_base(name, indexes):
            yield (
                f"`index.{name}.bases` leads to `{base}`, which only members may read, and anyone "
                f"may read `{name}`: set `index.{name}.read` to `members`, or take the base out."
            )


def _reached(name: str, bases: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return the indexes that are bases of ``name``, or bases of those."""
    found: set[str] = set()
    waiting = [*bases[name]]
    while waiting:
        base = waiting.pop()
        if base in bases and base not in found:
            found.add(base)
            waiting += bases[base]
    return found


# --- names ----------------------------------------------------------------------------------------


def _about_routes(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with the routes."""
    names, upstreams = settings.names, [upstream.name for upstream in settings.upstreams]
    for route in names.route:
        if route.upstream not in upstreams:
            yield (
                f"`names.route` sends {_quoted(route.pattern)} to the upstream "
                f"`{route.upstream}`, and there is no `[upstream.{route.upstream}]`: add it, or "
                "correct the name."
            )
        elif upstreams == [route.upstream]:
            yield (
                f"`names.route` sends {_quoted(route.pattern)} to the only upstream there is, "
                "which then has every other project too: put another `[upstream.NAME]` before "
                f"`[upstream.{route.upstream}]`, or take the route out."
            )
        yield from _about_idle_route(route, names)


def _about_idle_route(route: Route, names: NamesSettings) -> Iterator[str]:
    """Yield why nothing would ever go this way."""
    for key, patterns in (("names.blocked", names.blocked), ("names.reserved", names.reserved)):
        if idle := next((each for each in patterns if each.covers(route.pattern)), None):
            yield (
                f"`names.route` has {_quoted(route.pattern)}, all of which is {_quoted(idle)} in "
                f"`{key}`: no upstream is asked for it. Take one of them out."
            )


def _about_merging(names: NamesSettings) -> Iterator[str]:
    """Yield what is wrong with the names that are merged."""
    for name in names.merge:
        for key, patterns in (("names.reserved", names.reserved), ("names.blocked", names.blocked)):
            if found := next((each for each in patterns if each.matches(name)), None):
                yield (
                    f"`names.merge` has `{name}`, which is {_quoted(found)} in `{key}`: a name "
                    "cannot be both. Take one of them out."
                )


# --- mirrors --------------------------------------------------------------------------------------


def _about_syncs(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with what indexes are filled with ahead of need."""
    indexes = {MAIN: IndexSettings(name=MAIN), **{each.name: each for each in settings.indexes}}
    for sync in settings.syncs:
        if sync.name not in indexes:
            yield (
                f"`[sync.{sync.name}]` fills the index `{sync.name}`, and there is none: add "
                f"`[index.{sync.name}]`, or correct the name."
            )
        elif indexes[sync.name].fallback == "none":
            yield (
                f"`[sync.{sync.name}]` fills the index `{sync.name}` from its upstream, and "
                f"`index.{sync.name}.fallback` is `none`: take one of them out."
            )
        yield from sync_problems(sync)


# --- publishing -----------------------------------------------------------------------------------


def _about_publishes(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with where indexes are published to."""
    indexes = {MAIN: IndexSettings(name=MAIN), **{each.name: each for each in settings.indexes}}
    for publish in settings.publishes:
        key = f"`[publish.{publish.name}]`"
        if publish.name not in indexes:
            yield (
                f"{key} publishes the index `{publish.name}`, and there is none: add "
                f"`[index.{publish.name}]`, or correct the name."
            )
        elif indexes[publish.name].read == "members" and not publish.members:
            yield (
                f"{key} publishes the index `{publish.name}`, which only members may read: add "
                "`members = true` if whoever can read the target may read all of it, or take the "
                "section out."
            )
        if publish.removal_delay_seconds < publish.page_max_age_seconds:
            yield (
                f"{key} removes files {publish.removal_delay_seconds:g} s after their page has "
                f"lost them, while caches use the page for {publish.page_max_age_seconds} s: "
                "raise `removal_delay_seconds`, or lower `page_max_age_seconds`."
            )
        if publish.purge_fastly and publish.purge_fastly_token is None:
            yield f"{key} has `purge_fastly` without `purge_fastly_token`: give the token."
    yield from _about_nested_targets(settings)


def _about_nested_targets(settings: Settings) -> Iterator[str]:
    """Yield which trees would be one, or one in the other."""
    places = [(f"{each.target.rstrip('/')}/", each.name) for each in settings.publishes]
    named = sorted(place for place in places if place[0] != "/")
    for (around, outer), (within, inner) in combinations(named, 2):
        if within.startswith(around):
            yield (
                f"`publish.{inner}.target` is the place of `[publish.{outer}]`, or in it: each "
                "index needs a tree of its own, beside the others. Name another place."
            )


def _about_redirect(settings: Settings) -> Iterator[str]:
    """Yield which index clients would be sent away from without their credentials."""
    redirect = settings.redirect
    indexes = (MAIN, *redirect.indexes) if redirect.static or redirect.dynamic else ()
    for index in settings.indexes:
        if index.name in indexes and index.read == "members":
            yield (
                f"`[redirect]` sends on what is asked of the index `{index.name}`, which only "
                "members may read, and clients do not show another host their credentials: let "
                "them use the server itself, or take the index out."
            )


def _quoted(pattern: NamePattern) -> str:
    """Return a pattern for a sentence."""
    return f"`{pattern.text}`"


def _listed(names: list[str]) -> str:
    """Return names for a sentence."""
    return ", ".join(f"`{name}`" for name in names)
