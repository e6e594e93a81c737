"""Snapshots of what the program gives out without asking anybody."""

import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import anyio
import pytest

from support.app import NO_PIP, settings, upstream
from support.own_files import ALICE, publish
from support.packages import make_sdist, make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import MAIN, App, running
from wheelyard.app.snapshots import (
    Since,
    check_readers,
    open_snapshot,
    open_tree_snapshot,
    write_snapshot,
)
from wheelyard.blobs import reading
from wheelyard.catalog.downloads import Counted
from wheelyard.catalog.people import NewUser
from wheelyard.errors import BadInput, Refused, Unavailable
from wheelyard.names import IndexName, ProjectName
from wheelyard.settings import IndexSettings, NamePattern, NamesSettings
from wheelyard.wire.user_agents import Client

pytestmark = pytest.mark.anyio

DEMO, TEAM = ProjectName("demo"), IndexName("team")
HELD = make_wheel("demo", "1.0", fields=[("Author-email", "Ann <ann@people.example>")])


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """Run an upstream with two files of one project, and one of another."""
    with running_simulator() as simulator:
        simulator.add(HELD, make_sdist("demo", "2.0"), make_wheel("blocked", "1.0"))
        yield simulator


@asynccontextmanager
async def program(data: Path, simulator: Simulator, **changes: object) -> AsyncIterator[App]:
    """Run the program with an index `team` for members beside the main one."""
    told = replace(
        settings(data, upstream(simulator)),
        indexes=(
            IndexSettings(name=MAIN),
            IndexSettings(name=TEAM, read="members", fallback="none"),
        ),
        **changes,  # type: ignore[arg-type]  # any section
    )
    async with running(told, NO_PIP) as app:
        yield app


async def hold(app: App, name: ProjectName = DEMO) -> None:
    """Have the wheel of a project here."""
    repository = app.indexes[MAIN].chain.repository
    page = await repository.project(name)
    (file,) = (each for each in page.files if each.filename.endswith(".whl"))
    async with reading(await repository.file(page.ref(file))) as chunks:
        async for _ in chunks:
            pass


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """Return what a query brings."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def content(path: Path) -> bytes:
    """Return all bytes of a file."""
    return path.read_bytes()


async def test_snapshot_has_what_is_held_and_what_is_ours(
    tmp_path: Path, simulator: Simulator
) -> None:
    """With addresses below the index, and what the metadata in the wheels say."""
    async with program(tmp_path / "data", simulator) as app:
        await hold(app)
        await publish(app, make_wheel("acme", "1.0", requires=["Demo >= 1"]))
        report = await write_snapshot(app, MAIN, tmp_path / "s.sqlite")
        page = await (app.indexes[MAIN].held or app.indexes[MAIN]).chain.repository.project(DEMO)
        url = app.indexes[MAIN].links.file_url(DEMO, page.files[0])

    assert rows(tmp_path / "s.sqlite", "SELECT project, filename FROM files") == [
        ("acme", "acme-1.0-py3-none-any.whl"),
        ("demo", HELD.filename),
    ]
    assert rows(tmp_path / "s.sqlite", "SELECT project, requires, specifier FROM requirements") == [
        ("acme", "demo", ">=1")
    ]
    assert rows(tmp_path / "s.sqlite", "SELECT url FROM files WHERE project = 'demo'") == [
        (url.removeprefix("../../"),)
    ]
    assert (report.projects, report.files, report.unread) == (2, 2, 0)


async def test_nothing_private_is_in_it(tmp_path: Path, simulator: Simulator) -> None:
    """No user, token, address, members' project, name that is blocked or was never shown."""
    names = NamesSettings(blocked=(NamePattern("blocked"),))
    async with program(tmp_path / "data", simulator) as app:
        await hold(app, ProjectName("blocked"))
    async with program(tmp_path / "data", simulator, names=names) as app:
        await hold(app)
        await publish(app, make_wheel("acme", "1.0"))
        await publish(app, make_wheel("teamsecret", "1.0"), TEAM)
        await app.catalog.people.add_user(NewUser("mallory", "mallorys hash"), ALICE)
        await app.catalog.downloads.add(
            [
                Counted(date(2026, 1, 1), MAIN, name, f"{name}-1.0.whl", "pip/26.2 secretagent", 3)
                for name in ("demo", "teamsecret", "blocked")
            ],
            most_agents=10,
        )
        await write_snapshot(app, MAIN, tmp_path / "s.sqlite")
        instance = app.directory.instance
    found = content(tmp_path / "s.sqlite").lower()

    words = ["mallory", "alice", "203.0.113", "people.example", "teamsecret", "blocked"]
    words += ["secretagent", "pip/26", instance, str(tmp_path).lower(), "127.0.0.1"]
    assert [word for word in words if word.encode() in found] == []
    assert rows(tmp_path / "s.sqlite", "SELECT * FROM downloads_daily") == [
        ("2026-01-01", "demo", 3, 0)
    ]
    assert ALICE.name == "alice"


async def test_snapshot_follows_every_change(tmp_path: Path, simulator: Simulator) -> None:
    """Held, yanked, deleted, quarantined, counted: as one from scratch, each time."""
    path, mirror = tmp_path / "s.sqlite", Client("bandersnatch", is_mirror=True)
    pip, day = Client("pip"), date(2026, 1, 1)
    seen = []
    async with program(tmp_path / "data", simulator) as app:

        async def both(what: str) -> None:
            report = await write_snapshot(app, MAIN, path)
            fresh = await write_snapshot(app, MAIN, tmp_path / f"{what}.sqlite", Since(key=what))
            assert (report.sha256, fresh.is_new) == (fresh.sha256, True), what
            seen.append((what, report.projects, report.files, report.changed))

        await publish(app, make_wheel("acme", "1.0"))
        await both("one")
        await hold(app)
        await both("held")
        await publish(app, make_wheel("acme", "2.0"))
        await both("more")
        counted = [
            Counted(day, MAIN, "acme", "acme-1.0.whl", "x", 3, pip),
            Counted(day, MAIN, "acme", "acme-1.0.whl", "x", 4, mirror),
        ]
        await app.catalog.downloads.add(counted, most_agents=9)
        await both("counted")
        await app.catalog.downloads.add(counted[:1], most_agents=9)
        await both("again")

    assert seen == [
        ("one", 1, 1, 1),
        ("held", 2, 2, 1),
        ("more", 2, 3, 1),
        ("counted", 2, 3, 0),
        ("again", 2, 3, 0),
    ]
    assert rows(path, "SELECT * FROM downloads_daily") == [("2026-01-01", "acme", 6, 4)]


async def test_same_content_has_the_same_bytes(tmp_path: Path, simulator: Simulator) -> None:
    """Whatever happens that changes nothing that is shown, in whatever process."""
    async with program(tmp_path / "data", simulator) as app:
        await hold(app)
        await publish(app, make_wheel("acme", "1.0"))
        first = await write_snapshot(app, MAIN, tmp_path / "s.sqlite")
        await app.catalog.people.add_user(NewUser("mallory", "mallorys hash"), ALICE)
        await publish(app, make_wheel("teamsecret", "1.0"), TEAM)
    offline = replace(settings(tmp_path / "data").server, offline=True)
    async with program(tmp_path / "data", simulator, server=offline) as app:
        second = await write_snapshot(app, MAIN, tmp_path / "s.sqlite")

    assert (second.sha256, second.serial) == (first.sha256, first.serial)
    assert second.is_same


async def test_serial_and_time_are_those_of_the_newest_change(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Which the journal has; of an index to which nothing ever happened there is none."""
    async with program(tmp_path / "data", simulator) as app:
        empty = await write_snapshot(app, TEAM, tmp_path / "empty.sqlite")
        await publish(app, make_wheel("acme", "1.0"))
        last = await app.catalog.journal.last()
        report = await write_snapshot(app, MAIN, tmp_path / "s.sqlite")
    said = {str(row[0]): row[1] for row in rows(tmp_path / "s.sqlite", "SELECT * FROM meta")}

    assert (empty.serial, empty.projects) == (0, 0)
    assert (report.serial, said["serial"], said["index"]) == (last, str(last), "main")
    assert str(said["generated"]).endswith("Z")


async def test_only_what_is_named_is_looked_at(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the snapshot before has the mark that the names count from; else everything is."""
    path, asked = tmp_path / "s.sqlite", []
    async with program(tmp_path / "data", simulator) as app:
        for name in ("acme", "bolt", "cog"):
            await publish(app, make_wheel(name, "1.0"))
        await write_snapshot(app, MAIN, path, Since(mark="one"))
        await publish(app, make_wheel("bolt", "2.0"))
        repository = (app.indexes[MAIN].held or app.indexes[MAIN]).chain.repository
        original = type(repository).project

        async def project(self: object, name: ProjectName) -> object:
            asked.append(name)
            return await original(self, name)  # type: ignore[arg-type]  # itself

        monkeypatch.setattr(type(repository), "project", project)
        names = frozenset({ProjectName("bolt"), ProjectName("gone")})
        some = await write_snapshot(app, MAIN, path, Since("", "one", names, "two"))
        asked_of_some = list(asked)
        asked.clear()
        await write_snapshot(app, MAIN, path, Since("", "one", names, "three"))
        asked_of_all = list(asked)
        asked.clear()
        await write_snapshot(app, MAIN, path, Since("", "three", frozenset(), "four"))

    assert (asked_of_some, some.changed, some.files) == (["bolt"], 1, 4)
    assert asked_of_all == ["acme", "bolt", "cog"]
    assert asked == []


async def test_whoever_walks_the_index_tells_its_pages(
    tmp_path: Path, simulator: Simulator
) -> None:
    """So that no page is read twice; the snapshot is the same."""
    async with program(tmp_path / "data", simulator) as app:
        await publish(app, make_wheel("acme", "1.0"))
        await hold(app)
        repository = (app.indexes[MAIN].held or app.indexes[MAIN]).chain.repository
        serial = await app.catalog.journal.last()
        async with open_snapshot(app, MAIN, "tree") as making:
            assert making.draft.is_new
            for name in ("demo", "acme"):
                await making.draft.add(await repository.project(ProjectName(name)), name)
            await making.draft.keep_only({ProjectName("acme"), DEMO})
            told = await making.finish(tmp_path / "told.sqlite", serial, "mark")
        walked = await write_snapshot(app, MAIN, tmp_path / "s.sqlite")
        async with open_snapshot(app, MAIN, "tree") as making:
            mark = making.draft.mark

    assert (told.sha256, mark) == (walked.sha256, "mark")


async def test_tree_snapshot_has_what_was_listed_while_it_was_made(
    tmp_path: Path, simulator: Simulator
) -> None:
    """A project that is told and came meanwhile, and none that is told to be gone."""
    since, acme, beta = Since("tree", mark="mark"), ProjectName("acme"), ProjectName("beta")
    async with program(tmp_path / "data", simulator) as app:
        repository = (app.indexes[MAIN].held or app.indexes[MAIN]).chain.repository
        for name in ("acme", "gone"):
            await publish(app, make_wheel(name, "1.0"))
        async with open_tree_snapshot(app, MAIN, since, 0) as making:
            await making.tell(acme, await repository.project(acme))
            await publish(app, make_wheel("beta", "1.0"))
            await making.tell(beta, await repository.project(beta))
            await making.tell(ProjectName("gone"), None)
            await making.finish(tmp_path / "s.sqlite", None)
        first = rows(tmp_path / "s.sqlite", "SELECT name FROM projects")
        follows = Since("tree", "mark", mark="next")
        async with open_tree_snapshot(app, MAIN, follows, 0) as making:
            await making.tell(acme, None)
            making.leave(beta)
            await making.finish(tmp_path / "s.sqlite", frozenset({acme, beta}))

    assert first == [("acme",), ("beta",)]
    assert rows(tmp_path / "s.sqlite", "SELECT name FROM projects") == [("beta",)]


async def test_working_copy_that_nobody_uses_is_removed(
    tmp_path: Path, simulator: Simulator
) -> None:
    """After a month; one that is in use stays however old it is."""
    folder = tmp_path / "data" / "snapshots"

    def names(*, months_ago: float = 0) -> list[str]:
        for path in folder.iterdir() if months_ago else ():
            os.utime(path, (0, path.stat().st_mtime - months_ago * 31 * 86_400))
        return sorted(path.name for path in folder.glob("[!.]*"))

    async with program(tmp_path / "data", simulator) as app:
        await publish(app, make_wheel("acme", "1.0"))
        for key in ("old", "used", "main"):
            await write_snapshot(app, MAIN, tmp_path / "s.sqlite", Since(key=key))
        made = names(months_ago=1)
        async with open_snapshot(app, MAIN, "used"):
            await write_snapshot(app, MAIN, tmp_path / "s.sqlite")
            left = names()
        await write_snapshot(app, MAIN, tmp_path / "s.sqlite")

    assert made == ["main.sqlite", "old.sqlite", "used.sqlite"]
    assert left == ["main.sqlite", "used.sqlite"]


async def test_two_at_once_are_made_one_after_the_other(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Two who ask the index at the same moment are both answered."""
    async with program(tmp_path / "data", simulator) as app:
        await publish(app, make_wheel("acme", "1.0"))
        async with anyio.create_task_group() as tasks:
            for name in ("first", "second"):
                tasks.start_soon(write_snapshot, app, MAIN, tmp_path / name)

    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


async def test_another_one_is_not_waited_for_without_end(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is told so; who has a working copy of its own goes on."""
    monkeypatch.setattr("wheelyard.app.snapshots._PATIENCE_SECONDS", 0.2)
    async with program(tmp_path / "data", simulator) as app:
        await publish(app, make_wheel("acme", "1.0"))
        async with open_snapshot(app, MAIN):
            with pytest.raises(Unavailable, match="another process is making one"):
                await write_snapshot(app, MAIN, tmp_path / "s.sqlite")
            await write_snapshot(app, MAIN, tmp_path / "s.sqlite", Since(key="own"))
        report = await write_snapshot(app, MAIN, tmp_path / "s.sqlite")

    assert report.is_same


async def test_index_for_members_is_refused_unless_it_is_meant(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Whoever has the file can read all of it."""
    async with program(tmp_path / "data", simulator) as app:
        await publish(app, make_wheel("teamsecret", "1.0"), TEAM)
        check_readers(app, MAIN, members=False)
        check_readers(app, TEAM, members=True)
        with pytest.raises(Refused, match="`--members`"):
            check_readers(app, TEAM, members=False)
        with pytest.raises(BadInput, match="There is no index `nobody`"):
            check_readers(app, IndexName("nobody"), members=True)
        with pytest.raises(BadInput, match="There is no index `nobody`"):
            await write_snapshot(app, IndexName("nobody"), tmp_path / "s.sqlite")
        report = await write_snapshot(app, TEAM, tmp_path / "s.sqlite")

    assert report.projects == 1
