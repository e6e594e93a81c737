"""Publishing: a file is there whole or not at all, and its name keeps its bytes."""

from dataclasses import replace

import anyio
import pytest

from support.hosted_files import MAIN_OWNER, SOMEBODY, hosted_file, publish
from wheelyard.catalog import Catalog, HostedFile, Publication
from wheelyard.catalog.curation import Lifting, Removal, StatusChange
from wheelyard.catalog.publishing import FILE_ADDED, PROJECT_CREATED
from wheelyard.catalog.publishing import publish as publish_in
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Conflict, Refused
from wheelyard.model import ProjectStatus
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
WHEEL = "demo-1.0-py3-none-any.whl"
SDIST = "demo-1.0.tar.gz"
OTHER_WHEEL = "demo-1.0-py2-none-any.whl"
OTHER = Sha256("b" * 64)


async def files_of(catalog: Catalog, owner: str = MAIN_OWNER) -> list[tuple[str, int, str]]:
    """Return name, generation and digest of each file of the project."""
    loaded = await catalog.hosting.load(owner, DEMO)
    files: tuple[HostedFile, ...] = loaded[1] if loaded else ()
    return [(file.filename, file.generation, file.sha256) for file in files]


async def test_first_file_makes_the_project_and_all_its_evidence(catalog: Catalog) -> None:
    """Project, file, ledger, held bytes, journal and audit log: of one transaction."""
    file = hosted_file(WHEEL)

    published = await catalog.hosting.publish(Publication(file, "Demo"), SOMEBODY)

    assert (published.outcome, published.is_first, published.file) == ("new", True, file)
    loaded = await catalog.hosting.load(MAIN_OWNER, DEMO)
    assert loaded is not None
    project, files = loaded
    assert (project.name, project.status, project.revision) == ("Demo", "active", published.serial)
    assert files == (file,)
    row = await catalog.ledger.load(MAIN_OWNER, DEMO, file.filename)
    assert row is not None
    assert (row.sha256, row.source, row.generation) == (file.sha256, "upload", 1)
    assert [held.filename for held in await catalog.held.find(file.sha256)] == [WHEEL]
    changes = await catalog.journal.since(0)
    assert [(change.kind, change.project) for change in changes] == [
        (PROJECT_CREATED, "demo"),
        (FILE_ADDED, "demo"),
    ]
    lines = await catalog.audit.since()
    assert [(line.action, line.actor, line.index_name) for line in lines] == [
        ("project.create", "ada", "main"),
        ("file.upload", "ada", "main"),
    ]


async def test_same_bytes_again_change_nothing(catalog: Catalog) -> None:
    """An upload that is tried again is done, and leaves no second trace."""
    first = await publish(catalog, WHEEL)
    before = await catalog.journal.last()

    again = await publish(catalog, WHEEL, uploaded_at=Instant(9_999))

    assert (again.outcome, again.file, again.serial) == ("same", first.file, 0)
    assert await catalog.journal.last() == before
    assert len(await catalog.audit.since()) == 2


async def test_other_bytes_under_a_name_are_refused_in_the_words_of_pypi(catalog: Catalog) -> None:
    """Clients that skip what is there look for exactly these words."""
    first = await publish(catalog, WHEEL)

    with pytest.raises(Conflict, match=r"^File already exists: ") as caught:
        await publish(catalog, WHEEL, sha256=OTHER)

    assert first.file.sha256 in str(caught.value)
    assert await files_of(catalog) == [(WHEEL, 1, first.file.sha256)]


async def test_deleted_name_is_refused_in_words_that_are_not_skipped(catalog: Catalog) -> None:
    """Not even with the bytes that it had; and nobody believes that the file is there."""
    await publish(catalog, WHEEL)
    await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, "1.0"), SOMEBODY)

    for sha256 in (hosted_file(WHEEL).sha256, OTHER):
        with pytest.raises(Conflict, match="previously used by a file that has since been deleted"):
            await publish(catalog, WHEEL, sha256=sha256)

    assert await files_of(catalog) == []


async def test_accepted_name_gets_other_bytes_as_a_new_generation(catalog: Catalog) -> None:
    """What an operator has allowed; the evidence of the first bytes stays."""
    await publish(catalog, WHEEL)
    await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, "1.0"), SOMEBODY)
    wanted = Lifting(MAIN_OWNER, DEMO, hosted_file(WHEEL).filename)
    await catalog.curator.lift(wanted, SOMEBODY)

    published = await publish(catalog, WHEEL, sha256=OTHER)

    assert (published.outcome, published.file.generation) == ("new", 2)
    rows = await catalog.ledger.of_project(MAIN_OWNER, DEMO)
    assert [row.sha256 for row in rows] == [hosted_file(WHEEL).sha256, OTHER]


async def test_volatile_index_replaces_bytes_as_a_new_generation(catalog: Catalog) -> None:
    """Each generation keeps its bytes for ever, and the newest is shown."""
    first = await publish(catalog, WHEEL)
    file = replace(first.file, sha256=OTHER)

    published = await catalog.hosting.publish(Publication(file, "demo", volatile=True), SOMEBODY)

    assert (published.outcome, published.file.generation) == ("replaced", 2)
    assert await files_of(catalog) == [(WHEEL, 2, OTHER)]
    rows = await catalog.ledger.of_project(MAIN_OWNER, DEMO)
    assert [(row.generation, row.sha256) for row in rows] == [(1, first.file.sha256), (2, OTHER)]


async def test_volatile_index_takes_a_deleted_name_again(catalog: Catalog) -> None:
    """As a new generation, too: its address is another one."""
    first = await publish(catalog, WHEEL)
    await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, "1.0"), SOMEBODY)

    again = await catalog.hosting.publish(Publication(first.file, "demo", volatile=True), SOMEBODY)

    assert (again.outcome, again.file.generation) == ("new", 2)


async def test_second_source_archive_of_a_release_is_refused(catalog: Catalog) -> None:
    """Source: PEP 527. The first one again is no second one."""
    await publish(catalog, SDIST)

    with pytest.raises(Conflict, match="Only one sdist may be uploaded per release"):
        await publish(catalog, "demo-1.0.zip")

    assert (await publish(catalog, SDIST)).outcome == "same"
    assert (await publish(catalog, "demo-1.1.zip")).outcome == "new"


async def test_project_is_not_created_by_who_may_not(catalog: Catalog) -> None:
    """And nothing of the file is written."""
    with pytest.raises(Refused, match="you may not create projects here"):
        await catalog.hosting.publish(
            Publication(hosted_file(WHEEL), "demo", creates=False), SOMEBODY
        )

    assert await catalog.hosting.load(MAIN_OWNER, DEMO) is None
    assert await catalog.ledger.of_project(MAIN_OWNER, DEMO) == ()
    assert await catalog.journal.last() == 0


@pytest.mark.parametrize("status", ["archived", "quarantined"])
async def test_project_that_is_closed_takes_no_file(catalog: Catalog, status: str) -> None:
    """With the reason, for who uploads. Source: PEP 792."""
    await publish(catalog, SDIST)
    closed = ProjectStatus(status, "use other")  # type: ignore[arg-type]  # both are states
    await catalog.curator.set_status(StatusChange(MAIN_OWNER, DEMO, closed), SOMEBODY)

    with pytest.raises(Refused, match=f"the project is {status}: use other"):
        await publish(catalog, WHEEL)


async def test_deprecated_project_takes_files(catalog: Catalog) -> None:
    """It only warns who uses it. Source: PEP 792."""
    await publish(catalog, SDIST)
    deprecated = ProjectStatus("deprecated", "use other")
    await catalog.curator.set_status(StatusChange(MAIN_OWNER, DEMO, deprecated), SOMEBODY)

    assert (await publish(catalog, WHEEL)).outcome == "new"


async def test_of_two_uploads_at_once_exactly_one_wins(catalog: Catalog) -> None:
    """The other is told that the file is there, and leaves nothing."""
    outcomes: list[str] = []

    async def upload(digit: str) -> None:
        try:
            published = await publish(catalog, WHEEL, sha256=Sha256(digit * 64))
        except Conflict:
            outcomes.append("conflict")
        else:
            outcomes.append(published.outcome)

    async with anyio.create_task_group() as tasks:
        for digit in "0123456789abcdef":
            tasks.start_soon(upload, digit)

    assert sorted(outcomes) == ["conflict"] * 15 + ["new"]
    assert len(await files_of(catalog)) == 1
    assert len(await catalog.ledger.of_project(MAIN_OWNER, DEMO)) == 1
    assert len(await catalog.audit.since()) == 2


async def test_what_breaks_in_between_leaves_nothing(catalog: Catalog, clock: FrozenClock) -> None:
    """A crash after the last row and before the end is one before the first row."""

    def broken(connection: object) -> None:
        publish_in(connection, Publication(hosted_file(WHEEL), "demo"), SOMEBODY, clock.now())  # type: ignore[arg-type]  # what `write` hands over
        message = "the power is gone"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="the power is gone"):
        await catalog.write(broken)

    assert await catalog.hosting.load(MAIN_OWNER, DEMO) is None
    assert await catalog.ledger.of_project(MAIN_OWNER, DEMO) == ()
    assert await catalog.held.find(hosted_file(WHEEL).sha256) == ()
    assert await catalog.journal.last() == 0
    assert await catalog.audit.since() == ()


async def test_t13_release_is_closed_after_its_days(catalog: Catalog, clock: FrozenClock) -> None:
    """Nobody slips a wheel under an old version; what is there already is there already."""
    day = 86_400.0
    await publish(catalog, SDIST, uploaded_at=clock.now())
    wheel = replace(hosted_file(WHEEL), uploaded_at=clock.now())
    publication = Publication(wheel, "demo", open_days=14)
    clock.forward(14 * day)
    assert (await catalog.hosting.publish(publication, SOMEBODY)).outcome == "new"
    clock.forward(1)
    late = replace(publication, file=replace(wheel, filename=Filename(OTHER_WHEEL)))

    with pytest.raises(Refused, match="older than 14 days, so it is closed: raise the version"):
        await catalog.hosting.publish(late, SOMEBODY)

    assert (await catalog.hosting.publish(publication, SOMEBODY)).outcome == "same"
    assert (await catalog.hosting.publish(replace(late, open_days=0), SOMEBODY)).outcome == "new"
    following = replace(hosted_file("demo-1.1.tar.gz"), uploaded_at=clock.now())
    raised = Publication(following, "demo", open_days=14)
    assert (await catalog.hosting.publish(raised, SOMEBODY)).outcome == "new"
