"""The failure table of ``docs/explanation/failure-table.md``: one test per cell.

A cell is named by its row, what a child says, and its column, who hears it.  What a component did
is told in the words of the table, so that the table below and the document can be laid side by
side.  Whoever changes a cell changes a promise; ``unavailable-priority`` never changes.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest

from contract.conformance.asking import JSON
from contract.failure_stage import (
    FILE,
    OTHER,
    QUESTIONS,
    Stage,
    hear_as_blocked,
    hear_as_fenced,
    hear_as_merged,
    hear_as_pinned,
    hear_as_routed,
)
from faults.yard import Yard, open_yard
from repository.cache_bench import FLASK, PAGE, TOO_OLD, known_of, opened_bench, said
from support.fakes import FakeDoor
from support.house import ROOT
from support.packages import make_wheel
from support.simulator import (
    Simulator,
    change_headers,
    other_bytes,
    status,
    wrong_bytes,
)
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Corrupt, Refused, Unavailable, WheelyardError
from wheelyard.model import FileRef, ProjectStatus
from wheelyard.repository.base import DocumentWanted, Door
from wheelyard.repository.failover import Failover
from wheelyard.repository.policy import Policy
from wheelyard.repository.priority import Priority

TABLE: Mapping[str, Mapping[str, str]] = {
    "answer": {
        "failover": "returns it",
        "priority": "returns it",
        "cached": "keeps and returns it",
        "pinned": "adds what is pinned and lost",
        "policy": "filters it",
        "fenced": "leaves out what is ours",
        "routed": "returns it",
        "merged": "adds the public files",
        "blocked": "leaves out what is blocked",
        "edge": "200, 206, 304",
    },
    "absent": {
        "failover": "stops",
        "priority": "asks the next",
        "cached": "keeps it briefly",
        "pinned": "what is pinned; nothing: passes it on",
        "policy": "passes it on",
        "fenced": "passes it on",
        "routed": "stops",
        "merged": "asks the public side",
        "blocked": "passes it on",
        "edge": "404",
    },
    "unavailable": {
        "failover": "asks the next; none left: every cause",
        "priority": "stops",
        "cached": "the old copy, marked stale; none: raises",
        "pinned": "what is pinned, marked stale; nothing: passes it on",
        "policy": "passes it on",
        "fenced": "passes it on",
        "routed": "stops",
        "merged": "stops",
        "blocked": "passes it on",
        "edge": "503 with a short Retry-After",
    },
    "refused": {
        "failover": "stops",
        "priority": "stops",
        "cached": "never keeps it",
        "pinned": "passes it on",
        "policy": "raises it",
        "fenced": "passes it on",
        "routed": "stops",
        "merged": "stops",
        "blocked": "passes it on",
        "edge": "403 with the reason",
    },
    "corrupt": {
        "failover": "asks the next; none left: every cause",
        "priority": "stops",
        "cached": "the old copy, marked stale; none: raises",
        "pinned": "what is pinned, marked stale; nothing: passes it on",
        "policy": "passes it on",
        "fenced": "passes it on",
        "routed": "stops",
        "merged": "stops",
        "blocked": "passes it on",
        "edge": "503 with a short Retry-After; begun: a cut connection",
    },
}
"""What each column does with each row."""

SAID: Mapping[str, WheelyardError | None] = {
    "answer": None,
    "absent": Absent("`flask`"),
    "unavailable": Unavailable("`flask`", "refused: nobody listens there"),
    "refused": Refused("`flask`", "it is blocked"),
    "corrupt": Corrupt("`flask`", expected="a", actual="b"),
}


# --- the components ------------------------------------------------------------------------------

DOOR_QUESTIONS: tuple[Callable[[Door], Awaitable[object]], ...] = (
    lambda door: door.refresh_projects(None),
    lambda door: door.refresh_project(FLASK, None),
    lambda door: door.refresh_document(DocumentWanted("json", "flask"), None),
    lambda door: door.metadata(FileRef(FLASK, FILE)),
)
"""All but the file, which is asked for when it is read: see ``test_any_door.py``."""


async def hear_as_failover(stage: Stage) -> str:
    """Return what several doors do whose first says this."""
    heard: set[str] = set()
    for ask in DOOR_QUESTIONS:
        first, second = FakeDoor({FLASK: PAGE}, error=stage.error), FakeDoor({FLASK: OTHER})
        for door in (first, second):
            door.metadata_files[FILE.filename] = door.documents["flask"] = b"{}"
        outcome = ask(Failover([first, second]))
        if stage.error is None or not isinstance(stage.error, Unavailable | Corrupt):
            heard.add(await stage.outcome(outcome))
            assert second.asked == []
            continue
        await outcome
        assert len(first.asked) == len(second.asked) == 1
        second.error = Unavailable("`flask`", "reset: the connection was cut")
        with pytest.raises(Unavailable) as caught:
            await ask(Failover([first, second]))
        assert caught.value.causes == (stage.error, second.error)
        heard.add("asks the next; none left: every cause")
    return heard.pop() if len(heard) == 1 else f"contradicts itself: {heard}"


async def hear_as_priority(stage: Stage) -> str:
    """Return what several owners do whose first says this."""
    heard: set[str] = set()
    for ask in QUESTIONS:
        first = stage.repository(PAGE, stage.error)
        second = stage.repository(PAGE, None)
        asking = ask(Priority([first, second]))
        if isinstance(stage.error, Absent):
            await asking
            assert second.asked
            heard.add("asks the next")
            continue
        heard.add(await stage.outcome(asking))
        assert stage.error is None or second.asked == []
    return heard.pop() if len(heard) == 1 else f"contradicts itself: {heard}"


async def hear_as_cached(stage: Stage) -> str:
    """Return what the cache does whose door says this, with and without an old copy."""
    async with opened_bench(stage.path, stage.clock) as bench:
        bench.door.error = stage.error
        if stage.error is None:
            first, second = await bench.cached.project(FLASK), await bench.cached.project(FLASK)
            assert (said(first), said(second)) == (PAGE, PAGE)
            return "keeps and returns it" if len(bench.door.asked) == 1 else "does not keep it"
        for _ in range(2):
            assert await stage.outcome(bench.cached.project(FLASK)) == "stops"
        if isinstance(stage.error, Absent):
            assert len(bench.door.asked) == 1
            stage.clock.forward(15)
            assert await stage.outcome(bench.cached.project(FLASK)) == "stops"
            return "keeps it briefly" if len(bench.door.asked) == 2 else "keeps it for long"
        assert len(bench.door.asked) == 2
        bench.door.error = None
        await bench.cached.project(FLASK)
        bench.door.error = stage.error
        stage.clock.forward(TOO_OLD)
        if isinstance(stage.error, Refused):
            assert await stage.outcome(bench.cached.project(FLASK)) == "stops"
            return "never keeps it"
        old = await bench.cached.project(FLASK)
        assert (said(old), known_of(old).how) == (PAGE, "stale")
        return "the old copy, marked stale; none: raises"


async def hear_as_policy(stage: Stage) -> str:
    """Return what policy does if what is beneath says this."""
    whole = stage.repository(PAGE, stage.error)
    if stage.error is None:
        malware = ProjectStatus("quarantined", "malware")
        refuse_all = Policy(whole, lambda _, status: status.reason or "it is blocked")
        assert (await Policy(whole).project(FLASK)).files == PAGE.files
        assert (await refuse_all.project(FLASK)).files == ()
        whole.asked.clear()
        for ask in (refuse_all.file, refuse_all.metadata):
            with pytest.raises(Refused, match="malware"):
                await ask(FileRef(FLASK, FILE, malware))
        assert whole.asked == []
        return "filters it"
    assert {await stage.outcome(ask(Policy(whole))) for ask in QUESTIONS} == {"stops"}
    return "raises it" if isinstance(stage.error, Refused) else "passes it on"


COMPONENTS: Mapping[str, Callable[[Stage], Awaitable[str]]] = {
    "failover": hear_as_failover,
    "priority": hear_as_priority,
    "cached": hear_as_cached,
    "pinned": hear_as_pinned,
    "policy": hear_as_policy,
    "fenced": hear_as_fenced,
    "routed": hear_as_routed,
    "merged": hear_as_merged,
    "blocked": hear_as_blocked,
}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("row", "column"),
    [pytest.param(row, column, id=f"{row}-{column}") for row in TABLE for column in COMPONENTS],
)
async def test_component_does_what_the_table_says(
    tmp_path: Path, clock: FrozenClock, row: str, column: str
) -> None:
    """DESIGN.md, section 4: this child says that, and this is what becomes of it."""
    did = await COMPONENTS[column](Stage(tmp_path, clock, SAID[row]))

    assert did == TABLE[row][column]


# --- the edge ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server in front of an upstream."""
    data = tmp_path_factory.mktemp("table") / "data"
    with Simulator() as upstream, open_yard(data, upstream) as yard:
        yield yard


@pytest.fixture
def yard(_running: Yard) -> Iterator[Yard]:
    """The same, sound again after each cell; every cell has a project of its own."""
    yield _running
    _running.recover()


def hear_answer_at_the_edge(yard: Yard) -> str:
    """Return the statuses of a page, of a part of a file, and of a page that the client has."""
    package = make_wheel("answer", "1.0")
    yard.upstream.add(package)
    page = yard.client.page("answer")
    part = yard.client.ask(page.file(package.filename)["url"], {"Range": "bytes=0-9"})
    again = yard.client.ask("/simple/answer/", {"Accept": JSON, "If-None-Match": page["etag"]})
    assert part.body == package.content[:10]
    return f"{page.status}, {part.status}, {again.status}"


def hear_absent_at_the_edge(yard: Yard) -> str:
    """Return the status of a page that an authority says is not here."""
    answer = yard.client.ask("/simple/absent/")
    assert "retry-after" not in dict(answer.headers)
    return f"{answer.status}"


def hear_unavailable_at_the_edge(yard: Yard) -> str:
    """Return the answer to questions about page, file and metadata that nobody can answer."""
    package = make_wheel("unavailable", "1.0")
    yard.upstream.add(package)
    url = yard.client.page("unavailable").file(package.filename)["url"]
    yard.upstream.fault("*unavailable*", status(504, retry_after=3600))
    paths = ("/simple/unavailable-too/", url, f"{url}.metadata")
    told = {retry_of(yard, path) for path in paths}
    return told.pop() if len(told) == 1 else f"contradicts itself: {told}"


def hear_refused_at_the_edge(yard: Yard) -> str:
    """Return the answer to who asks for a file that was taken down."""
    package = make_wheel("refused", "1.0")
    yard.upstream.fault("/simple/refused/", change_headers({"Cache-Control": "max-age=0"}))
    yard.upstream.add(package)
    url = yard.client.page("refused").file(package.filename)["url"]
    assert yard.client.ask(url).status == 200
    yard.upstream.status("refused", "quarantined", "malware")
    yard.client.until("/simple/refused/", lambda page: not page.json()["files"])
    answers = [yard.client.ask(path) for path in (url, f"{url}.metadata")]
    assert {answer.status for answer in answers} == {403}
    assert all("is refused: malware" in answer.text for answer in answers)
    return "403 with the reason"


def hear_corrupt_at_the_edge(yard: Yard) -> str:
    """Return the answer to who asks for a file whose bytes turn out wrong, soon or late."""
    soon, late = make_wheel("soon", "1.0"), make_wheel("late", "1.0", payload_bytes=2_000_000)
    yard.upstream.add(soon, late)
    urls = [yard.client.page(each.name).file(each.filename)["url"] for each in (soon, late)]
    yard.upstream.fault(f"*/{soon.filename}", other_bytes(b"x" * soon.size))
    yard.upstream.fault(f"*/{late.filename}", wrong_bytes(1_999_000))
    before = retry_of(yard, urls[0])
    head, body = yard.take_cut(yard.client.path_of(urls[1]))
    assert head.startswith(b"HTTP/1.1 200 ")
    assert 0 < len(body) < late.size
    return f"{before}; begun: a cut connection"


def retry_of(yard: Yard, path: str) -> str:
    """Return what a client is told about coming back."""
    answer = yard.client.ask(path, {"Accept": "*/*"})
    assert answer.status == 503
    return "503 with a short Retry-After" if answer["retry-after"] == "1" else "503 and no advice"


EDGE: Mapping[str, Callable[[Yard], str]] = {
    "answer": hear_answer_at_the_edge,
    "absent": hear_absent_at_the_edge,
    "unavailable": hear_unavailable_at_the_edge,
    "refused": hear_refused_at_the_edge,
    "corrupt": hear_corrupt_at_the_edge,
}


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row}-edge") for row in TABLE])
def test_client_is_told_what_the_table_says(yard: Yard, row: str) -> None:
    """DESIGN.md, section 4, the last column: over HTTP, from a running server."""
    assert EDGE[row](yard) == TABLE[row]["edge"]


# --- the document --------------------------------------------------------------------------------


def test_document_has_a_row_and_a_column_for_every_cell() -> None:
    """What people read has no fewer cells than what is tested."""
    text = (ROOT / "docs/explanation/failure-table.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    header, *rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]

    columns = {cell.split()[-1].lower() for cell in header[1:]}
    assert columns >= {column for cells in TABLE.values() for column in cells}
    assert {row[0].split()[-1].lower() for row in rows[1:]} == set(TABLE)
    assert all(all(cells) for cells in rows)
