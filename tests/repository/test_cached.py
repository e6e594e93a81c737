"""Cached: what a door said is used while it is good, kept for bad days, and dropped when gone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from repository.cache_bench import (
    FLASK,
    JSON,
    NEWER,
    PAGE,
    RULES,
    TOO_OLD,
    Bench,
    known_of,
    opened_bench,
    said,
)
from support.fakes import DOOR, FakeDoor, make_deck
from wheelyard.clock import FrozenClock
from wheelyard.decide.serials import Told
from wheelyard.errors import Absent, Corrupt, Refused, Unavailable, WheelyardError
from wheelyard.model import Knowledge, Project
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Loaded, Unchanged, Validators
from wheelyard.repository.cached import Cached, CachedParts
from wheelyard.repository.keepers import KeeperParts

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield a cache in front of a door that has a page, documents and validators."""
    async with opened_bench(tmp_path, clock) as opened:
        yield opened


# --- fresh ---------------------------------------------------------------------------------------


async def test_page_is_asked_for_once_while_it_is_fresh(bench: Bench) -> None:
    """The second client costs the upstream nothing; the answer says how it came about."""
    first = await bench.cached.project(FLASK)
    bench.clock.forward(599)

    second = await bench.cached.project(FLASK)

    assert said(first) == said(second) == PAGE
    assert (known_of(first).how, known_of(second).how) == ("miss", "hit")
    assert bench.door.asked == ["flask"]


async def test_answer_says_who_said_it_when_and_for_how_long(bench: Bench) -> None:
    """What goes into `Age`, `Cache-Control` and `Cache-Status` comes from here."""
    asked_at = bench.clock.now()
    await bench.cached.project(FLASK)
    bench.clock.forward(200)

    known = known_of(await bench.cached.project(FLASK))

    assert known == Knowledge(
        checked_at=asked_at,
        fresh_until=asked_at + 600,
        revision=await bench.catalog.journal.last(),
        how="hit",
        source=DOOR,
    )


async def test_page_of_a_door_that_is_behind_is_an_old_copy(bench: Bench) -> None:
    """A-21: however lately it came. The list of projects too."""
    keepers = KeeperParts("main", bench.catalog, bench.clock)
    parts = CachedParts(
        keepers, make_deck(bench.tasks, bench.path / "locks"), RULES, lambda url: url == DOOR
    )
    cached = Cached(bench.door, parts)

    page, listed = await cached.project(FLASK), await cached.projects()

    assert known_of(page).how == "stale"
    assert listed.known is not None
    assert listed.known.how == "stale"


async def test_page_is_held_after_a_restart(bench: Bench) -> None:
    """A new process answers from the catalog, with its door down."""
    first = await bench.cached.project(FLASK)
    down = FakeDoor(down=True)

    again = await bench.restarted(down).project(FLASK)

    assert said(again) == PAGE
    assert known_of(again).revision == known_of(first).revision
    assert down.asked == []


async def test_callers_at_the_same_time_share_one_question(bench: Bench) -> None:
    """A hundred clients that start together are one request upstream."""
    bench.door.gate = anyio.Event()
    answers: list[Project] = []

    async def ask() -> None:
        answers.append(await bench.cached.project(FLASK))

    async with anyio.create_task_group() as clients:
        for _ in range(3):
            clients.start_soon(ask)
        await until_asked(bench.door)
        bench.door.gate.set()

    assert [said(answer) for answer in answers] == [PAGE] * 3
    assert bench.door.asked == ["flask"]


async def until_asked(door: FakeDoor) -> None:
    """Return when a question waits at the door's gate."""
    with anyio.fail_after(180):
        while not door.asked:
            await anyio.wait_all_tasks_blocked()


# --- asked again ---------------------------------------------------------------------------------


async def test_page_that_is_too_old_is_asked_for_conditionally(bench: Bench) -> None:
    """A door that confirms our copy sends no page, and the copy is fresh again."""
    first = await bench.cached.project(FLASK)
    bench.clock.forward(TOO_OLD)

    again = await bench.cached.project(FLASK)

    assert bench.door.shown == [None, Validators(DOOR, '"one"', "today")]
    assert said(again) == PAGE
    known = known_of(again)
    assert (known.how, known.revision) == ("renewed", known_of(first).revision)
    assert (known.checked_at, known.fresh_until) == (bench.clock.now(), bench.clock.now() + 600)


async def test_validators_are_shown_after_a_restart(bench: Bench) -> None:
    """They are kept with the page: a restart does not load every page anew."""
    await bench.cached.project(FLASK)
    bench.clock.forward(TOO_OLD)
    door = FakeDoor({"flask": PAGE}, etag='"one"')

    again = await bench.restarted(door).project(FLASK)

    assert door.shown == [Validators(DOOR, '"one"', "today")]
    assert known_of(again).how == "renewed"


async def test_page_that_changed_has_a_greater_revision(bench: Bench) -> None:
    """The new page is given to who waited for it, with the door's new serial."""
    first = await bench.cached.project(FLASK)
    bench.door.pages["flask"], bench.door.etag = NEWER, '"two"'
    bench.clock.forward(TOO_OLD)

    second = await bench.cached.project(FLASK)

    assert said(second) == NEWER
    assert second.serial == 8
    assert known_of(second).how == "miss"
    assert known_of(second).revision > known_of(first).revision
    assert known_of(second).revision == await bench.catalog.journal.last()


async def test_page_that_another_process_renewed_is_used(bench: Bench) -> None:
    """What one process was told, all of them know."""
    await bench.cached.project(FLASK)
    bench.door.pages["flask"], bench.door.etag = NEWER, '"two"'
    await bench.restarted(bench.door).renew(FLASK)
    bench.door.asked.clear()

    here = await bench.cached.project(FLASK)

    assert said(here) == NEWER
    assert bench.door.asked == []


async def test_renewing_asks_however_fresh_the_copy_is(bench: Bench) -> None:
    """Who has reason to doubt a page need not wait until it is old."""
    await bench.cached.project(FLASK)
    bench.door.pages["flask"], bench.door.etag = NEWER, '"two"'

    renewed = await bench.cached.renew(FLASK)

    assert said(renewed) == NEWER
    assert bench.door.asked == ["flask", "flask"]


# --- bad days ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("`flask`", "refused: nobody listens there"),
        Corrupt("`flask`", expected="a", actual="b"),
    ],
    ids=["unavailable", "corrupt"],
)
async def test_old_copy_is_used_marked_stale_when_nobody_can_answer(
    bench: Bench, error: WheelyardError
) -> None:
    """Installing goes on through an outage; the copy is offered again for one second only."""
    await bench.cached.project(FLASK)
    bench.door.error = error
    bench.clock.forward(TOO_OLD)

    stale = await bench.cached.project(FLASK)

    assert said(stale) == PAGE
    known = known_of(stale)
    assert (known.how, known.checked_at) == ("stale", bench.clock.now() - TOO_OLD)
    assert known.fresh_until == bench.clock.now() + 1
    assert known.revision == await bench.catalog.journal.last()


async def test_renewing_gives_the_old_copy_when_nobody_can_answer(bench: Bench) -> None:
    """Doubt is no reason to have nothing."""
    await bench.cached.project(FLASK)
    bench.door.down = True

    stale = await bench.cached.renew(FLASK)

    assert (said(stale), known_of(stale).how) == (PAGE, "stale")


async def test_nothing_held_and_nobody_there_is_unavailable(bench: Bench) -> None:
    """Silence is never turned into "it does not exist"."""
    bench.door.down = True

    with pytest.raises(Unavailable):
        await bench.cached.project(FLASK)
    with pytest.raises(Unavailable):
        await bench.cached.projects()
    with pytest.raises(Unavailable):
        await bench.cached.document(JSON)


async def test_refusal_is_not_answered_with_an_old_copy(bench: Bench) -> None:
    """Policy wins over staleness."""
    await bench.cached.project(FLASK)
    bench.door.error = Refused("`flask`", "it is blocked")
    bench.clock.forward(TOO_OLD)

    with pytest.raises(Refused):
        await bench.cached.project(FLASK)


async def test_page_older_than_the_one_held_is_not_believed(bench: Bench) -> None:
    """A mirror that fell back does not take a release away again."""
    bench.door.pages["flask"] = NEWER
    await bench.cached.project(FLASK)
    bench.door.pages["flask"], bench.door.etag = PAGE, '"older"'
    bench.clock.forward(TOO_OLD)

    stale = await bench.cached.project(FLASK)

    assert (said(stale), known_of(stale).how) == (NEWER, "stale")


# --- gone ----------------------------------------------------------------------------------------


async def test_absent_name_is_not_asked_for_again_for_a_moment(bench: Bench) -> None:
    """A flood of unknown names neither reaches the upstream nor leaves rows."""
    nothing = ProjectName("nothing")

    for _ in range(2):
        with pytest.raises(Absent):
            await bench.cached.project(nothing)
    asked = list(bench.door.asked)
    bench.clock.forward(15)
    with pytest.raises(Absent):
        await bench.cached.project(nothing)

    assert asked == ["nothing"]
    assert bench.door.asked == ["nothing", "nothing"]
    assert await bench.catalog.pages.names("main") == ()
    assert await bench.catalog.journal.last() == 0


async def test_page_that_is_gone_is_forgotten_after_a_second_reading(bench: Bench) -> None:
    """A deleted project leaves the catalog and the journal says so; the second look is whole."""
    revision = known_of(await bench.cached.project(FLASK)).revision
    del bench.door.pages["flask"]
    bench.clock.forward(TOO_OLD)

    with pytest.raises(Absent):
        await bench.cached.project(FLASK)

    assert bench.door.shown[1:] == [Validators(DOOR, '"one"', "today"), None]
    assert await bench.catalog.pages.names("main") == ()
    assert [row.project for row in await bench.catalog.journal.since(revision)] == ["flask"]


async def test_page_that_is_gone_and_back_again_is_not_forgotten(bench: Bench) -> None:
    """An upstream that contradicts itself does not get a project deleted here."""
    await bench.cached.project(FLASK)
    bench.clock.forward(TOO_OLD)
    fickle = _Fickle({"flask": PAGE})

    stale = await bench.restarted(fickle).project(FLASK)

    assert fickle.asked == ["flask", "flask"]
    assert (said(stale), known_of(stale).how) == (PAGE, "stale")
    assert await bench.catalog.pages.names("main") == (FLASK,)


class _Fickle(FakeDoor):
    """A door that denies a page once."""

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Say that there is no such page, the first time."""
        answer = await super().refresh_project(name, held, again=again)
        if len(self.asked) == 1:
            raise Absent(f"`{name}`")
        return answer


async def test_older_page_is_believed_by_a_person_s_word(bench: Bench) -> None:
    """A-22: otherwise an index does not go back in time."""
    bench.door.pages["flask"] = NEWER
    await bench.cached.project(FLASK)
    bench.door.pages["flask"], bench.door.etag = PAGE, None
    assert said(await bench.cached.renew(FLASK)) == NEWER

    believed = await bench.cached.believe(FLASK)

    assert said(believed) == said(await bench.cached.project(FLASK)) == PAGE


# --- news ----------------------------------------------------------------------------------------


async def test_document_that_is_older_than_was_told_is_renewed(bench: Bench) -> None:
    """However fresh it is: a mirror program takes none that is older than it was announced."""
    bench.door.serial = 5
    await bench.cached.document(JSON)
    bench.clock.forward(10)
    bench.door.serial, bench.door.etag = 6, '"two"'

    kept = await bench.cached.document(replace(JSON, told=Told(5, bench.clock.now())))
    renewed = await bench.cached.document(replace(JSON, told=Told(6, bench.clock.now())))

    assert (kept.value.serial, renewed.value.serial) == (5, 6)


async def test_news_are_asked_for_each_time_and_kept_nowhere(bench: Bench) -> None:
    """They are about this moment."""
    bench.door.documents["last-modified"] = b"20261121T08:00:00"
    wanted = DocumentWanted("last-modified", "last-modified")

    told = [await bench.cached.news(wanted) for _ in range(2)]

    assert told == [b"20261121T08:00:00"] * 2
    assert bench.door.asked == ["last-modified:last-modified"] * 2
    with pytest.raises(Absent):
        await bench.cached.news(DocumentWanted("changes", "7"))


class Slip(FakeDoor):
    """A door that answers 304 to whoever asks."""

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Say that nothing has changed."""
        return Unchanged(DOOR)


async def test_news_that_are_unchanged_unasked_are_none(bench: Bench) -> None:
    """Nobody asked on a condition."""
    with pytest.raises(Unavailable):
        await bench.restarted(Slip()).news(DocumentWanted("changes", "7"))
