"""Whoever tells news can be asked like any other."""

from typing import cast

import pytest

from wheelyard.clock import FrozenClock
from wheelyard.mirror.sync.listing import Changes, ChangeSource, Listing
from wheelyard.mirror.sync.root_list import RootList
from wheelyard.mirror.sync.sources import Chosen
from wheelyard.repository.cached import Cached

PAGES = cast("Cached", object())


@pytest.mark.parametrize("source", [RootList(PAGES), Chosen(PAGES, FrozenClock(), [])])
def test_source_has_a_kind_that_its_marks_are_kept_under(source: ChangeSource) -> None:
    """Not empty, and not a mark's separator."""
    assert source.kind.strip() == source.kind != ""


def test_news_without_marks_and_removals_have_none() -> None:
    """The usual case needs no words."""
    assert Listing({}).mark == ""
    assert Changes({}, "1").removed == frozenset()
