"""The pipeline: a file is published whole, or refused with every reason, and leaves nothing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from support.app import NO_PIP, settings, upstream
from support.own_files import ALICE, incoming_parts
from support.packages import Package, make_sdist, make_wheel
from support.simulator import Simulator, running_simulator
from support.uploads import digests_of
from wheelyard.app import App, running
from wheelyard.blobs import Incoming
from wheelyard.catalog.curation import StatusChange
from wheelyard.clock import Instant
from wheelyard.errors import BadInput, Conflict, Refused
from wheelyard.model import ProjectStatus
from wheelyard.names import Filename, ProjectName
from wheelyard.upload.pipeline import Candidate, Destination, Done
from wheelyard.wire.upload_fields import UploadForm

pytestmark = pytest.mark.anyio

MAIN = Destination("hosted:main")
ACME = ProjectName("acme")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Run an upstream."""
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture
async def app(tmp_path: Path, simulator: Simulator) -> AsyncIterator[App]:
    """Run the program."""
    async with running(settings(tmp_path, upstream(simulator)), NO_PIP) as app:
        yield app


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as somebody sends it."""

    package: Package
    filename: str = ""
    form: UploadForm | None = None
    uploaded_at: Instant | None = None
    yanked: str | None = None


@asynccontextmanager
async def candidate(app: App, sent: Sent) -> AsyncIterator[Candidate]:
    """Yield the file, received whole."""
    async with Incoming(incoming_parts(app)) as incoming:
        await incoming.write(sent.package.content)
        digests = await incoming.finish()
        filename = sent.filename or sent.package.filename
        yield Candidate(incoming, digests, filename, sent.form, sent.uploaded_at, sent.yanked)


async def publish(app: App, sent: Sent, destination: Destination = MAIN) -> Done:
    """Publish a file."""
    async with candidate(app, sent) as found:
        return await app.pipeline.publish(found, destination, ALICE)


def form(package: Package, **changes: object) -> UploadForm:
    """Return what an upload client says of a file."""
    sums = digests_of(package.content)
    values: dict[str, object] = {
        "protocol_version": "1",
        "filetype": "bdist_wheel" if package.is_wheel else "sdist",
        "pyversion": "py3" if package.is_wheel else "source",
        "metadata_version": "2.1",
        "name": package.name,
        "version": package.version,
        "sha256_digest": sums["sha256_digest"],
    }
    return UploadForm(**{**values, **changes})  # type: ignore[arg-type]  # as the record has them


def files_in(data: Path) -> set[str]:
    """Return what lies in the store and in the spool."""
    return {
        str(path.relative_to(data))
        for room in ("blobs", "spool")
        for path in (data / room).rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("with_form", [True, False], ids=["form", "file-alone"])
@pytest.mark.parametrize("make", [make_wheel, make_sdist], ids=["wheel", "sdist"])
async def test_file_is_published_with_what_is_inside(
    app: App,
    make: type,
    with_form: bool,  # noqa: FBT001 - a case
) -> None:
    """Evidence, digests, metadata: all there when it returns, with or without a form."""
    package = make("acme", "1.0")
    sent = Sent(package, form=form(package) if with_form else None)

    done = await publish(app, sent)

    assert done.published.outcome == "new"
    assert done.published.is_first
    found = await app.catalog.hosting.find("hosted:main", ACME, Filename(package.filename))
    assert found is not None
    sums = digests_of(package.content)
    assert found.sha256 == sums["sha256_digest"]
    assert found.hashes == {"md5": sums["md5_digest"], "blake2b_256": sums["blake2_256_digest"]}
    assert (found.version, found.uploaded_by, found.size) == ("1.0", "alice", len(package.content))
    assert found.metadata_sha256 is not None
    assert await app.fills.parts.store.find(found.metadata_sha256) is not None
    assert await app.fills.parts.store.find(found.sha256) is not None
    entry = await app.catalog.ledger.load("hosted:main", ACME, found.filename)
    assert entry is not None
    assert (entry.sha256, entry.source) == (found.sha256, "upload")
    audit = [row.action for row in await app.catalog.audit.since()]
    assert audit == ["project.create", "file.upload"]


async def test_same_bytes_again_change_nothing(app: App) -> None:
    """However often a client sends them."""
    package = make_wheel("acme", "1.0")
    await publish(app, Sent(package, form=form(package)))
    serial = await app.catalog.journal.last()

    again = [
        await publish(app, Sent(package, form=form(package))),
        await publish(app, Sent(package)),
    ]

    assert [done.published.outcome for done in again] == ["same", "same"]
    assert await app.catalog.journal.last() == serial


@pytest.mark.parametrize("with_form", [True, False], ids=["form", "file-alone"])
async def test_other_bytes_under_the_name_are_refused(
    app: App,
    with_form: bool,  # noqa: FBT001 - a case
) -> None:
    """With the words that upload clients look for; the file stays what it was."""
    first, second = make_wheel("acme", "1.0"), make_wheel("acme", "1.0", requires_python=">=3")
    await publish(app, Sent(first))

    with pytest.raises(Conflict, match="File already exists"):
        await publish(app, Sent(second, form=form(second) if with_form else None))

    found = await app.catalog.hosting.find("hosted:main", ACME, Filename(first.filename))
    assert found is not None
    assert found.sha256 == digests_of(first.content)["sha256_digest"]


async def test_volatile_index_takes_other_bytes(app: App) -> None:
    """As a new generation: what the name stood for before is in the ledger for ever."""
    first, second = make_wheel("acme", "1.0"), make_wheel("acme", "1.0", requires_python=">=3")
    volatile = replace(MAIN, volatile=True)
    await publish(app, Sent(first), volatile)

    done = await publish(app, Sent(second), volatile)

    assert (done.published.outcome, done.published.file.generation) == ("replaced", 2)
    entries = await app.catalog.ledger.of_project("hosted:main", ACME)
    assert [entry.generation for entry in entries] == [1, 2]


async def test_of_two_that_come_together_one_wins(app: App) -> None:
    """The other is told so, and nothing of it is listed."""
    packages = [make_wheel("acme", "1.0", requires_python=text) for text in (">=3", ">=2")]
    outcomes: list[str] = []

    async def send(package: Package) -> None:
        try:
            outcomes.append((await publish(app, Sent(package))).published.outcome)
        except Conflict:
            outcomes.append("refused")

    async with anyio.create_task_group() as tasks:
        for package in packages:
            tasks.start_soon(send, package)

    assert sorted(outcomes) == ["new", "refused"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"protocol_version": "2"}, "Unknown protocol version"),
        ({"sha256_digest": "0" * 64}, "does not match a digest"),
        ({"version": "2.0"}, "Version in filename"),
        ({"name": "other"}, "name"),
        ({"requires_dist": ("flask",)}, "requires_dist"),
    ],
    ids=["protocol", "digest", "version", "name", "hidden-requirement"],
)
async def test_refused_file_leaves_nothing(
    app: App, changes: dict[str, object], message: str
) -> None:
    """Neither a row nor a file, in the store or in the spool."""
    package = make_wheel("acme", "1.0")
    before = await anyio.to_thread.run_sync(files_in, app.directory.path)

    with pytest.raises(BadInput, match=message):
        await publish(app, Sent(package, form=form(package, **changes)))

    assert await anyio.to_thread.run_sync(files_in, app.directory.path) == before
    assert await app.catalog.hosting.names() == frozenset()


async def test_file_that_is_no_archive_is_refused(app: App) -> None:
    """What is inside decides, whatever the name says."""
    package = replace(make_wheel("acme", "1.0"), content=b"no archive")

    with pytest.raises(BadInput, match="Invalid distribution file"):
        await publish(app, Sent(package))


async def test_new_project_may_be_refused(app: App) -> None:
    """Who may not create projects adds to those that are there."""
    no_new = replace(MAIN, creates=False)
    with pytest.raises(Refused, match="may not create"):
        await publish(app, Sent(make_wheel("acme", "1.0")), no_new)
    await publish(app, Sent(make_wheel("acme", "1.0")))

    done = await publish(app, Sent(make_wheel("acme", "1.1")), no_new)

    assert done.published.outcome == "new"


async def test_file_that_its_project_does_not_take_leaves_nothing(app: App) -> None:
    """Bytes that were kept would stay: whoever may upload could fill the disk with refusals."""
    await publish(app, Sent(make_wheel("acme", "1.0")))
    archived = StatusChange(MAIN.owner, ProjectName("acme"), ProjectStatus("archived"))
    await app.catalog.curator.set_status(archived, ALICE)
    store = app.fills.parts.store.directory
    before = await anyio.to_thread.run_sync(files_in, store)

    with pytest.raises(Refused, match="archived"):
        await publish(app, Sent(make_wheel("acme", "2.0")))

    assert await anyio.to_thread.run_sync(files_in, store) == before


async def test_second_source_archive_of_a_release_is_refused(app: App) -> None:
    """Installers would not know which one to take."""
    first = make_sdist("acme", "1.0")
    await publish(app, Sent(first))
    second = make_sdist("acme", "1.0")

    with pytest.raises((Conflict, BadInput)):
        await publish(app, Sent(second, filename="acme-1.0.zip"))


async def test_what_another_index_says_of_a_file_is_kept(app: App) -> None:
    """An import keeps when a file was uploaded first, and that it was yanked."""
    package = make_wheel("acme", "1.0")

    done = await publish(app, Sent(package, uploaded_at=Instant(1_500_000_000), yanked="broken"))

    assert done.published.file.uploaded_at == Instant(1_500_000_000)
    assert done.published.file.yanked == "broken"


async def test_file_that_there_is_no_room_for_is_refused(app: App) -> None:
    """The sentence names the setting; the same file again is no further file."""
    first, second = make_wheel("acme", "1.0"), make_wheel("acme", "2.0")
    limited = replace(MAIN, max_bytes=len(first.content) + 10)
    await publish(app, Sent(first), limited)

    with pytest.raises(Refused, match=r"\[index\.main\] max_bytes"):
        await publish(app, Sent(second), limited)

    assert (await publish(app, Sent(first), limited)).published.outcome == "same"
    assert (await publish(app, Sent(second))).published.outcome == "new"


async def test_file_beyond_the_quota_of_everything_is_refused(app: App) -> None:
    """What others have would make room, what is ours does not; in whatever index it is."""
    first, second = make_wheel("acme", "1.0"), make_wheel("acme", "2.0")
    await publish(app, Sent(first), Destination("hosted:other"))
    parts = replace(app.pipeline.parts, max_bytes=len(first.content) + 10)

    async with candidate(app, Sent(second)) as found:
        with pytest.raises(Refused, match=r"\[store\] max_bytes"):
            await replace(app.pipeline, parts=parts).publish(found, MAIN, ALICE)


async def test_metadata_that_were_collected_meanwhile_are_there(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They lay there without a name, so a collection may take them until the file is published."""
    package = make_wheel("acme", "1.0")
    store, hosting = app.fills.parts.store, type(app.catalog.hosting)
    digest = await store.put(package.metadata or b"")
    original = hosting.publish

    async def collected(*args: object) -> object:
        await store.remove(digest)
        return await original(*args)  # type: ignore[arg-type]  # as they were

    monkeypatch.setattr(hosting, "publish", collected)

    await publish(app, Sent(package))

    assert await store.find(digest) is not None
