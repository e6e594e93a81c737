"""Cached: the list of projects and the documents beside the pages are kept like pages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from repository.cache_bench import (
    FLASK,
    JSON,
    PAGE,
    TOO_OLD,
    Bench,
    opened_bench,
    said,
)
from support.fakes import DOOR, FakeDoor, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent
from wheelyard.model import ProjectEntry
from wheelyard.repository.base import DocumentWanted, Validators
from wheelyard.repository.keepers import KeptDocument

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield a cache in front of a door that has a page, documents and validators."""
    async with opened_bench(tmp_path, clock) as opened:
        yield opened


async def test_list_is_kept_like_a_page(bench: Bench) -> None:
    """Asked for once, held after a restart, stale through an outage."""
    first = await bench.cached.projects()
    second = await bench.cached.projects()
    bench.clock.forward(TOO_OLD)
    stale = await bench.restarted(FakeDoor(down=True)).projects()

    answers = (first, second, stale)
    assert {answer.projects for answer in answers} == {(ProjectEntry("flask"),)}
    assert [answer.known.how for answer in answers if answer.known] == ["miss", "hit", "stale"]
    assert bench.door.asked == ["root"]


async def test_list_is_asked_for_conditionally(bench: Bench) -> None:
    """The largest page there is comes once, as long as it does not change."""
    first = await bench.cached.projects()
    bench.clock.forward(TOO_OLD)

    again = await bench.cached.projects()

    assert bench.door.shown == [None, Validators(DOOR, '"one"', "today")]
    assert again.known is not None
    assert first.known is not None
    assert (again.known.how, again.known.revision) == ("renewed", first.known.revision)


async def test_list_with_a_new_name_has_another_revision(bench: Bench) -> None:
    """Also within one instant of the clock: who rendered the old list renders again."""
    bench.door.lifetime_seconds = 0
    first = await bench.cached.projects()
    bench.door.pages["jinja2"], bench.door.etag = make_project("jinja2"), '"two"'

    second = await bench.cached.projects()

    assert second.projects == (ProjectEntry("flask"), ProjectEntry("jinja2"))
    assert first.known is not None
    assert second.known is not None
    assert second.known.revision != first.known.revision
    assert second.known.how == "miss"


async def test_document_is_kept_with_its_type_and_serial(bench: Bench) -> None:
    """Asked for once, held after a restart, stale through an outage, as it came."""
    bench.door.content_type, bench.door.serial = "application/json", 7
    first = await bench.cached.document(JSON)
    second = await bench.cached.document(JSON)
    bench.clock.forward(TOO_OLD)
    stale = await bench.restarted(FakeDoor(down=True)).document(JSON)

    answers = (first, second, stale)
    assert {answer.value for answer in answers} == {KeptDocument(b"{}", "application/json", 7)}
    assert [answer.known.how for answer in answers] == ["miss", "hit", "stale"]
    assert bench.door.asked == ["json:flask"]


async def test_document_that_changed_is_given_anew(bench: Bench) -> None:
    """What was confirmed is `renewed`, what is new is a `miss`."""
    await bench.cached.document(JSON)
    bench.clock.forward(TOO_OLD)
    same = await bench.cached.document(JSON)
    bench.door.documents["flask"], bench.door.etag = b'{"new": 1}', '"two"'
    bench.clock.forward(TOO_OLD)

    other = await bench.cached.document(JSON)

    assert (same.value.body, same.known.how) == (b"{}", "renewed")
    assert (other.value.body, other.known.how) == (b'{"new": 1}', "miss")


async def test_kinds_of_documents_are_kept_apart(bench: Bench) -> None:
    """A provenance object and a JSON API answer of one name are two questions."""
    await bench.cached.document(JSON)

    await bench.cached.document(DocumentWanted("provenance", "flask", "https://index.example/p"))

    assert bench.door.asked == ["json:flask", "provenance:flask"]


async def test_page_list_and_document_of_one_name_do_not_meet(bench: Bench) -> None:
    """The absence of one says nothing about the others."""
    del bench.door.documents["flask"]

    with pytest.raises(Absent):
        await bench.cached.document(JSON)

    assert said(await bench.cached.project(FLASK)) == PAGE
    assert (await bench.cached.projects()).projects == (ProjectEntry("flask"),)
