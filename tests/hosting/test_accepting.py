"""Accepting: what nobody else would believe, by a person's word."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from support.app import DEMO, app_on, chain_of, main_index
from support.hosted_files import SOMEBODY
from support.packages import Package, make_wheel
from support.simulator import Simulator, older_serial, running_simulator
from wheelyard.app import App
from wheelyard.errors import Absent, Unavailable
from wheelyard.hosting import AcceptParts, accept_bytes, accept_page
from wheelyard.names import Filename, IndexName, ProjectName

pytestmark = pytest.mark.anyio

OLD, NEXT = make_wheel("demo", "1.0"), make_wheel("demo", "1.1")
REBUILT = make_wheel("demo", "1.0", payload_bytes=5_000)
NAME = Filename(OLD.filename)


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an upstream with one project of two releases."""
    with running_simulator() as simulator:
        simulator.add(OLD)
        simulator.add(NEXT)
        yield simulator


@pytest.fixture
async def app(tmp_path: Path, index: Simulator) -> AsyncIterator[App]:
    """Run the program over the upstream, with the old wheel held."""
    async with app_on(tmp_path / "data", index) as running:
        assert await content_of(running, NAME) == OLD.content
        yield running


async def content_of(app: App, filename: str) -> bytes:
    """Return the bytes of a file as a client gets them."""
    repository = main_index(app).chain.repository
    project = await repository.project(DEMO)
    file = next(each for each in project.files if each.filename == filename)
    return b"".join([chunk async for chunk in (await repository.file(project.ref(file))).read()])


def replace_by(index: Simulator, package: Package) -> None:
    """Have the upstream give other bytes under a name that it gave before."""
    index.remove(package.filename)
    index.add(package)


def parts_of(app: App) -> AcceptParts:
    """Return who accepts."""
    return AcceptParts(
        app.catalog, chain_of(app), app.clock, SOMEBODY, IndexName("main"), "its owner rebuilt it"
    )


async def test_other_bytes_are_given_out_once_they_are_accepted(app: App, index: Simulator) -> None:
    """Before that the page goes on to state the first ones, which are held."""
    replace_by(index, REBUILT)
    await chain_of(app).pages.renew(DEMO)
    assert await content_of(app, NAME) == OLD.content

    row = await accept_bytes(parts_of(app), DEMO, NAME)

    assert (row.generation, row.size) == (2, len(REBUILT.content))
    assert await content_of(app, NAME) == REBUILT.content
    [line] = await app.catalog.audit.since()
    assert (line.action, line.project) == ("file.accepted", "demo")
    assert line.detail["reason"] == "its owner rebuilt it"


async def test_accepted_bytes_are_held_and_need_no_second_download(
    app: App, index: Simulator
) -> None:
    """They were fetched to be looked at."""
    replace_by(index, REBUILT)
    await accept_bytes(parts_of(app), DEMO, NAME)
    index.down()

    assert await content_of(app, NAME) == REBUILT.content


async def test_bytes_that_did_not_change_are_accepted_without_a_trace(app: App) -> None:
    """Nothing is different then."""
    row = await accept_bytes(parts_of(app), DEMO, NAME)

    assert row.generation == 1
    assert await app.catalog.audit.since() == ()


async def test_owner_that_is_down_cannot_be_believed(app: App, index: Simulator) -> None:
    """What is held is what was known before, and is no news."""
    replace_by(index, REBUILT)
    index.down()

    with pytest.raises(Unavailable):
        await accept_bytes(parts_of(app), DEMO, NAME)

    assert len(await app.catalog.ledger.of_project(chain_of(app).owner, DEMO)) == 1


async def test_file_that_the_owner_does_not_list_is_absent(app: App) -> None:
    """There is nothing to believe."""
    with pytest.raises(Absent, match=r"the page of `demo`"):
        await accept_bytes(parts_of(app), DEMO, Filename("demo-9.tar.gz"))


async def test_page_that_goes_back_is_believed_by_a_person_s_word(
    app: App, index: Simulator
) -> None:
    """A-22: an upstream that was restored from a backup is older, and has less."""
    index.fault("/simple/demo/", older_serial())
    held = await chain_of(app).pages.renew(DEMO)
    assert held.known is not None
    assert (held.known.how, len(held.files)) == ("stale", 2)

    project = await accept_page(parts_of(app), DEMO)

    shown = await main_index(app).chain.repository.project(DEMO)
    assert [file.filename for file in shown.files] == [NAME]
    line = (await app.catalog.audit.since())[-1]
    assert (line.action, line.detail["files"]) == ("page.accepted", len(project.files))


async def test_project_that_is_gone_is_gone_by_a_person_s_word(app: App, index: Simulator) -> None:
    """At once, and with a line in the log."""
    index.remove_project("demo")

    with pytest.raises(Absent):
        await accept_page(parts_of(app), DEMO)

    assert await app.catalog.pages.load(chain_of(app).owner, DEMO) is None
    assert (await app.catalog.audit.since())[-1].detail["files"] is None


async def test_page_stays_while_its_owner_is_down(app: App, index: Simulator) -> None:
    """Nothing is believed of who says nothing."""
    index.down()

    with pytest.raises(Unavailable):
        await accept_page(parts_of(app), DEMO)

    assert await app.catalog.pages.load(chain_of(app).owner, ProjectName("demo")) is not None
    assert await app.catalog.audit.since() == ()
