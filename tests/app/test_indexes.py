"""Indexes: by configuration and by command, over their bases, with their own rules."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from support.app import NO_PIP, chain_of, settings, upstream
from support.own_files import ALICE, publish
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import HOSTED, MAIN, App, Index, running
from wheelyard.app.indexes import Indexes
from wheelyard.errors import Absent, BadInput, ConfigError, Refused
from wheelyard.names import IndexName, ProjectName
from wheelyard.repository.paths import file_path
from wheelyard.settings import IndexSettings
from wheelyard.wire.negotiate import Form

pytestmark = pytest.mark.anyio

ACME, EVIL, FLASK = ProjectName("acme"), ProjectName("evil"), ProjectName("flask")
STAGING, PROD = IndexName("staging"), IndexName("prod")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """Run an upstream, which has a project of the name of ours too."""
    with running_simulator() as simulator:
        simulator.add(make_wheel("flask", "1.0"), make_wheel("acme", "99.0"))
        yield simulator


@asynccontextmanager
async def program(data: Path, simulator: Simulator, *indexes: IndexSettings) -> AsyncIterator[App]:
    """Run the program with `indexes`."""
    told = replace(settings(data, upstream(simulator)), indexes=indexes)
    async with running(told, NO_PIP) as app:
        yield app


async def names_of(index: Index) -> set[str]:
    """Return the projects that an index lists."""
    return {entry.name for entry in (await index.chain.repository.projects()).projects}


async def versions_of(index: Index, name: ProjectName = ACME) -> tuple[str, ...]:
    """Return the versions that an index has of a project."""
    return (await index.chain.repository.project(name)).versions


async def test_unknown_index_names_those_that_there_are(
    tmp_path: Path, simulator: Simulator
) -> None:
    """And says how it can be had."""
    async with program(tmp_path, simulator, IndexSettings(name=STAGING)) as app:
        found = app.indexes.find("staging")
        with pytest.raises(BadInput) as caught:
            app.indexes.find("stagin")

    assert found is app.indexes[STAGING]
    assert str(caught.value) == (
        "There is no index `stagin`, only `hosted`, `main`, `staging`. Correct the name, or add "
        "the index with `wheelyard index add stagin`."
    )


async def test_published_project_is_in_its_index_at_once(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Its public twin is not: neither its files nor a second line of the list."""
    async with program(tmp_path, simulator) as app:
        main, asked = app.indexes[MAIN], simulator.count("page")
        await names_of(main)
        await publish(app, make_wheel("acme", "1.0"))

        assert await versions_of(main) == ("1.0",)
        assert sorted(await names_of(main)) == ["acme", "flask"]
    assert simulator.count("page") == asked


async def test_files_are_refused_as_soon_as_the_page_says_so(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads of a quarantine gets no file, even before this process notices the change."""
    monkeypatch.setattr(Indexes, "apply", lambda *_: None)
    simulator.add(make_wheel("evil", "1.0"))
    async with program(tmp_path, simulator) as app, AsyncExitStack() as after:
        after.callback(simulator.remove_project, "evil")
        main, now = app.indexes[MAIN], app.clock.now()
        await main.shelf.page(EVIL)
        (file,) = (await main.chain.repository.project(EVIL)).files
        path = file_path(EVIL, file)
        await main.chain.locator.find(path, now)
        simulator.status("evil", "quarantined", "malware")
        await chain_of(app).pages.renew(EVIL)
        main.shelf.expire(EVIL)  # as after a moment

        page = await main.shelf.page(EVIL)

        assert b"malware" in page.rendered.variant(Form.JSON, "identity").body
        with pytest.raises(Refused, match="malware"):
            await main.chain.locator.find(path, now)


async def test_list_is_made_anew_when_a_name_comes_and_not_before(
    tmp_path: Path, simulator: Simulator
) -> None:
    """An upload to a project that is there costs the list nothing, however long it is."""
    async with program(tmp_path, simulator) as app:
        main, hosted = app.indexes[MAIN], app.indexes[HOSTED]
        await publish(app, make_wheel("acme", "1.0"))
        first, with_serial = await main.shelf.root(), await hosted.shelf.root()
        await publish(app, make_wheel("acme", "1.1"))
        same, other_serial = await main.shelf.root(), await hosted.shelf.root()
        await publish(app, make_wheel("other", "1.0"))
        longer = await main.shelf.root()

    assert same.rendered is first.rendered
    assert longer.rendered is not first.rendered
    assert other_serial.rendered is not with_serial.rendered


async def test_name_that_was_public_is_ours_from_the_first_upload_on(
    tmp_path: Path, simulator: Simulator
) -> None:
    """A page that stood ready is not given out any more."""
    async with program(tmp_path, simulator) as app:
        main = app.indexes[MAIN]
        before = await main.shelf.page(ACME)
        await publish(app, make_wheel("acme", "1.0"))
        after = await main.shelf.page(ACME)

        found = await versions_of(main)

    assert found == ("1.0",)
    assert after.rendered is not before.rendered


async def test_project_of_one_index_is_no_other_ones_to_ask_for(
    tmp_path: Path, simulator: Simulator
) -> None:
    """A name that is ours anywhere is asked for nowhere, and shown where it belongs."""
    async with program(tmp_path, simulator, IndexSettings(name=STAGING)) as app:
        await publish(app, make_wheel("acme", "1.0"), STAGING)
        asked = simulator.count("page")

        with pytest.raises(Absent):
            await versions_of(app.indexes[MAIN])
        assert await versions_of(app.indexes[STAGING]) == ("1.0",)
    assert simulator.count("page") == asked


async def test_index_shows_its_bases_after_its_own(tmp_path: Path, simulator: Simulator) -> None:
    """The first that has a name owns it; the others are not mixed in."""
    staging = IndexSettings(name=STAGING, bases=("prod",), fallback="none")
    async with program(tmp_path, simulator, staging, IndexSettings(name=PROD)) as app:
        await publish(app, make_wheel("acme", "1.0"), PROD)
        only_in_base = await versions_of(app.indexes[STAGING])
        await publish(app, make_wheel("acme", "2.0.dev1"), STAGING)

        assert only_in_base == ("1.0",)
        assert await versions_of(app.indexes[STAGING]) == ("2.0.dev1",)
        assert await versions_of(app.indexes[PROD]) == ("1.0",)


async def test_fallback_decides_about_others_projects(tmp_path: Path, simulator: Simulator) -> None:
    """And about nothing of our own."""
    proxy, alone = IndexSettings(name=PROD), IndexSettings(name=STAGING, fallback="none")
    async with program(tmp_path, simulator, proxy, alone) as app:
        for index in (PROD, STAGING):
            await publish(app, make_wheel("acme", "1.0"), index)

        assert await versions_of(app.indexes[PROD]) == ("1.0",)
        assert await versions_of(app.indexes[STAGING]) == ("1.0",)
        assert await versions_of(app.indexes[PROD], FLASK) == ("1.0",)
        with pytest.raises(Absent):
            await versions_of(app.indexes[STAGING], FLASK)


async def test_mirror_shows_what_is_held_and_says_so_of_the_rest(
    tmp_path: Path, simulator: Simulator
) -> None:
    """What another index has fetched is here too; what nobody fetched is not there."""
    rules = IndexSettings(name=STAGING, fallback="mirror")
    async with program(tmp_path, simulator, rules) as app:
        staging, main = app.indexes[STAGING], app.indexes[MAIN]
        with pytest.raises(Absent):
            await versions_of(staging, FLASK)
        project = await main.chain.repository.project(FLASK)
        blob = await main.chain.repository.file(project.ref(project.files[0]))
        async for _ in blob.read():
            pass

        assert await versions_of(staging, FLASK) == ("1.0",)


async def test_hosted_is_what_main_has_of_its_own_with_serials(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Serials of our journal, which grow with every change, and no others."""
    async with program(tmp_path, simulator) as app:
        first = await publish(app, make_wheel("acme", "1.0"))
        hosted = app.indexes[HOSTED]
        before = await hosted.chain.repository.project(ACME)
        listed = await hosted.chain.repository.projects()
        await publish(app, make_wheel("acme", "1.1"))
        after = await hosted.chain.repository.project(ACME)
        mixed = await app.indexes[MAIN].chain.repository.project(ACME)

        assert await names_of(hosted) == {"acme"}

    assert before.serial == listed.serial == first.published.serial
    assert after.serial is not None
    assert before.serial is not None
    assert after.serial > before.serial
    assert mixed.serial is None


async def test_index_of_a_command_is_there_and_gone_within_a_second(
    tmp_path: Path, simulator: Simulator
) -> None:
    """The server runs on; who looks finds it, with the rules that it was given."""
    rules: Mapping[str, object] = {"volatile": True, "fallback": "none"}
    async with program(tmp_path, simulator) as app:
        await app.catalog.indexes.add(STAGING, rules, ALICE)
        await until(app, STAGING, is_there=True)
        volatile = app.indexes[STAGING].rules.volatile
        await app.catalog.indexes.remove(STAGING, ALICE)
        await until(app, STAGING, is_there=False)

    assert volatile


async def test_index_of_a_command_outlives_the_program(
    tmp_path: Path, simulator: Simulator
) -> None:
    """It is written down in the data directory."""
    async with program(tmp_path, simulator) as app:
        await app.catalog.indexes.add(STAGING, {}, ALICE)
    async with program(tmp_path, simulator) as app:
        assert STAGING in app.indexes


async def test_base_that_nobody_knows_is_a_slip_in_the_settings(
    tmp_path: Path, simulator: Simulator
) -> None:
    """The sentence names the setting and the word."""
    with pytest.raises(ConfigError, match=r"index\.staging.*`nobody`"):
        async with program(tmp_path, simulator, IndexSettings(name=STAGING, bases=("nobody",))):
            pass


async def until(app: App, name: IndexName, *, is_there: bool) -> None:
    """Wait until an index is there, or is not."""
    with anyio.fail_after(180):
        while (name in app.indexes) is not is_there:
            await app.noticing.notice()


async def test_added_index_with_an_unknown_base_is_left_out_and_no_other(
    tmp_path: Path, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Added under another configuration, say: the server goes on, and so do all other changes."""
    async with program(tmp_path, simulator) as app:
        catalog = app.catalog
        await catalog.indexes.add(STAGING, {"bases": ["nowhere"]}, ALICE)
        await catalog.indexes.add(IndexName("upon"), {"bases": ["staging"]}, ALICE)
        await catalog.indexes.add(PROD, {"bases": ["main"]}, ALICE)

        await app.indexes.reload()

        assert set(app.indexes) == {MAIN, HOSTED, PROD}
        assert "The index `staging` is left out: its base `nowhere`" in caplog.text
        assert "The index `upon` is left out" in caplog.text


async def test_added_index_that_would_show_a_closed_one_to_all_is_left_out(
    tmp_path: Path, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Added while the other was open, say. Threat T35."""
    closed = IndexSettings(name="team", read="members")
    async with program(tmp_path, simulator, closed) as app:
        await app.catalog.indexes.add(STAGING, {"bases": ["team"]}, ALICE)
        await app.catalog.indexes.add(PROD, {"bases": ["team"], "read": "members"}, ALICE)

        await app.indexes.reload()

        assert set(app.indexes) == {MAIN, HOSTED, IndexName("team"), PROD}
        assert "The index `staging` is left out: it would show `team` to anyone" in caplog.text


async def test_added_index_does_not_take_the_place_of_an_upstream(
    tmp_path: Path, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever falls back to that upstream would be sent to another one without a word."""
    staging = IndexSettings(name=STAGING, bases=("corp",))
    async with program(tmp_path, simulator, staging) as app:
        await app.catalog.indexes.add(IndexName("corp"), {"fallback": "none"}, ALICE)

        await app.indexes.reload()

        assert set(app.indexes) == {MAIN, HOSTED, STAGING}
        assert "The index `corp` is left out: an upstream has that name" in caplog.text
