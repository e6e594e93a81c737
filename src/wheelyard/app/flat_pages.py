"""The flat page of an index, put together as the index itself is."""

from dataclasses import replace
from functools import partial

from wheelyard.app.indexes import Index
from wheelyard.catalog import Catalog, hosted_index
from wheelyard.clock import Clock
from wheelyard.pages.flat import FlatPage, FlatParts
from wheelyard.pages.flat_lines import FlatLines, HeldLines, HostedLines, OtherLines, Render
from wheelyard.repository.front import Own
from wheelyard.wire.flat_links import render_flat_links

__all__ = ["flat_page_of"]

_TO_INDEX = "../"
"""From ``+links/`` to the index's own root."""


def flat_page_of(index: Index, catalog: Catalog, clock: Clock) -> FlatPage:
    """Return the flat page of ``index``, which shows what can be had without asking anybody."""
    front = (index.held or index).chain.parts
    render = partial(render_flat_links, links=replace(index.links, to_index=_TO_INDEX))
    outside = front.outside.items() if front.upstream else ()
    parts = FlatParts(
        own=[_own_lines(own, catalog, render) for own in front.own],
        hosted_serial=catalog.change_feed.hosted_last_now,
        hosted_names=front.hosted_names,
        ownership=front.ownership,
        outside={
            upstream: HeldLines(chain.owner, catalog, chain.repository, clock, render)
            for upstream, chain in outside
        },
        upstream=front.upstream,
    )
    return FlatPage(parts)


def _own_lines(own: Own, catalog: Catalog, render: Render) -> FlatLines:
    """Return the lines of projects of our own: from the catalog if they are in it."""
    if hosted_index(own.owner) is None:
        return OtherLines(own, render)
    return HostedLines(own.owner, catalog, render)
