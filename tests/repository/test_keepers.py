"""Keepers: what a door said, as rows of a real catalog."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from support.fakes import DOOR, FakeDoor, make_file, make_project, opened_catalog
from wheelyard.catalog import Catalog, LedgerRow, open_catalog
from wheelyard.clock import FrozenClock
from wheelyard.model import Project, ProjectEntry, ProjectList, ProjectStatus
from wheelyard.names import ProjectName, Sha256, parse_filename
from wheelyard.repository.base import DocumentWanted, Loaded, Unchanged, Validators
from wheelyard.repository.keepers import (
    PAGE_CHANGED,
    DocumentKeeper,
    KeeperParts,
    KeptDocument,
    PageKeeper,
    RootKeeper,
)
from wheelyard.repository.keeping import Keeper, Kept

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
PAGE = make_project("flask", make_file("flask-1.0.tar.gz"), serial=7)
LIST = ProjectList((ProjectEntry("Flask", 7), ProjectEntry("jinja2")), serial=9)
DOCUMENT = KeptDocument(b'{"info": {}}', "application/json", serial=7)
SHOWN = Validators(DOOR, '"etag"', "Thu, 01 Jan 2026 00:00:00 GMT")
KEY = DocumentKeeper.key(DocumentWanted("json", "flask"))


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with open_catalog(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def parts(catalog: Catalog, clock: FrozenClock) -> KeeperParts:
    """Return what the keepers of one owner work with."""
    return KeeperParts("main", catalog, clock)


@pytest.fixture
def pages(parts: KeeperParts) -> PageKeeper:
    """Return a keeper of pages."""
    return PageKeeper(FakeDoor(), parts)


@pytest.fixture
def root(parts: KeeperParts) -> RootKeeper:
    """Return a keeper of the project list."""
    return RootKeeper(FakeDoor(), parts)


@pytest.fixture
def documents(parts: KeeperParts) -> DocumentKeeper:
    """Return a keeper of JSON API documents."""
    return DocumentKeeper(FakeDoor(), parts, "json")


def page(project: Project = PAGE) -> Loaded[Project]:
    """Return a page as a door gives it."""
    return Loaded(project, SHOWN, 60.0)


def listing(listed: ProjectList = LIST) -> Loaded[ProjectList]:
    """Return a project list as a door gives it."""
    return Loaded(listed, SHOWN, 60.0)


def document(kept: KeptDocument = DOCUMENT) -> Loaded[KeptDocument]:
    """Return a document as it goes into the catalog."""
    return Loaded(kept, SHOWN, 60.0)


# --- every kind of keeper ------------------------------------------------------------------------


async def test_nothing_is_held_of_what_was_never_kept(
    pages: PageKeeper, root: RootKeeper, documents: DocumentKeeper
) -> None:
    """A new data directory knows nothing, and says so without asking."""
    assert await pages.load("flask") is None
    assert await root.load("") is None
    assert await documents.load(KEY) is None


async def test_everything_kept_survives_the_program(tmp_path: Path, clock: FrozenClock) -> None:
    """After a restart the same is held: value, validators, times, lifetime and revision."""
    path = tmp_path / "survivor"
    path.mkdir()
    async with opened_catalog(path, clock) as catalog:
        parts = KeeperParts("main", catalog, clock)
        saved = (
            await PageKeeper(FakeDoor(), parts).save("flask", page()),
            await RootKeeper(FakeDoor(), parts).save("", listing()),
            await DocumentKeeper(FakeDoor(), parts, "json").save(KEY, document()),
        )
    at = clock.now()
    clock.forward(3_600)

    async with opened_catalog(path, clock) as catalog:
        parts = KeeperParts("main", catalog, clock)
        loaded = (
            await PageKeeper(FakeDoor(), parts).load("flask"),
            await RootKeeper(FakeDoor(), parts).load(""),
            await DocumentKeeper(FakeDoor(), parts, "json").load(KEY),
        )

    assert loaded == saved
    assert loaded[0] == Kept(PAGE, SHOWN, at, at, 60.0, saved[0].revision)
    assert loaded[1] == Kept(LIST, SHOWN, at, at, 60.0, saved[1].revision)
    assert loaded[2] == Kept(DOCUMENT, SHOWN, at, at, 60.0, saved[2].revision)


async def test_confirmation_moves_the_time_and_the_lifetime_alone(
    pages: PageKeeper, root: RootKeeper, documents: DocumentKeeper, clock: FrozenClock
) -> None:
    """`Unchanged` renews what is held, in the catalog too, and changes nothing that is said."""
    for moved, loaded, expected in [
        await _confirm(pages, "flask", page(), clock),
        await _confirm(root, "", listing(), clock),
        await _confirm(documents, KEY, document(), clock),
    ]:
        assert moved == loaded == expected


async def _confirm(
    keeper: Keeper[object], key: str, answer: Loaded[object], clock: FrozenClock
) -> tuple[object, object, object]:
    """Return what is confirmed, what is held then, and what should be."""
    saved = await keeper.save(key, answer)
    clock.forward(100)
    moved = await keeper.confirm(key, saved, Unchanged(DOOR, 30.0))
    expected = replace(saved, checked_at=clock.now(), lifetime_seconds=30.0)
    return moved, await keeper.load(key), expected


async def test_what_was_forgotten_is_not_held(
    pages: PageKeeper, root: RootKeeper, documents: DocumentKeeper
) -> None:
    """What an authority says is gone is gone from the catalog."""
    await pages.save("flask", page())
    await root.save("", listing())
    await documents.save(KEY, document())

    await pages.forget("flask")
    await root.forget("")
    await documents.forget(KEY)

    assert await pages.load("flask") is None
    assert await root.load("") is None
    assert await documents.load(KEY) is None


async def test_owners_do_not_share_what_they_keep(parts: KeeperParts) -> None:
    """Two owners may both have a `flask`; neither is ever given the other's."""
    other = replace(parts, owner="other")
    await PageKeeper(FakeDoor(), parts).save("flask", page())
    await RootKeeper(FakeDoor(), parts).save("", listing())
    await DocumentKeeper(FakeDoor(), parts, "json").save(KEY, document())

    await PageKeeper(FakeDoor(), other).forget("flask")
    await RootKeeper(FakeDoor(), other).forget("")
    await DocumentKeeper(FakeDoor(), other, "json").forget(KEY)

    assert await PageKeeper(FakeDoor(), other).load("flask") is None
    assert await RootKeeper(FakeDoor(), other).load("") is None
    assert await DocumentKeeper(FakeDoor(), other, "json").load(KEY) is None
    assert await PageKeeper(FakeDoor(), parts).load("flask") is not None
    assert await RootKeeper(FakeDoor(), parts).load("") is not None
    assert await DocumentKeeper(FakeDoor(), parts, "json").load(KEY) is not None


# --- pages: their revision is the journal's ------------------------------------------------------


async def test_new_page_is_a_change_in_the_journal(pages: PageKeeper, catalog: Catalog) -> None:
    """Whoever follows the journal hears of the page; its revision is the journal's serial."""
    before = await catalog.journal.last()

    kept = await pages.save("flask", page())

    [row] = await catalog.journal.since(before)
    assert (row.kind, row.owner, row.project) == (PAGE_CHANGED, "main", "flask")
    assert kept.revision == row.serial


async def test_same_page_read_again_is_no_change(
    pages: PageKeeper, catalog: Catalog, clock: FrozenClock
) -> None:
    """A page sent whole and equal costs nobody a rendering, but its validators are the new ones."""
    first = await pages.save("flask", page())
    last = await catalog.journal.last()
    clock.forward(100)
    shown = replace(SHOWN, etag='"another"')

    again = await pages.save("flask", Loaded(PAGE, shown, None))

    assert again == Kept(PAGE, shown, clock.now(), clock.now(), None, first.revision)
    assert await pages.load("flask") == again
    assert await catalog.journal.last() == last


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(make_project("flask", make_file("flask-1.1.tar.gz"), serial=7), id="file"),
        pytest.param(make_project("flask", *PAGE.files, serial=8), id="serial"),
        pytest.param(
            msgspec.structs.replace(PAGE, status=ProjectStatus("quarantined", "malware")),
            id="status",
        ),
        pytest.param(make_project("flask", serial=7), id="nothing left"),
    ],
)
async def test_page_that_says_something_else_is_a_change(
    pages: PageKeeper, catalog: Catalog, changed: Project
) -> None:
    """Every difference that a page shows grows its revision, by an entry of the journal."""
    first = await pages.save("flask", page())

    second = await pages.save("flask", page(changed))

    assert second.value == changed
    assert second.revision > first.revision
    assert second.revision == await catalog.journal.last()
    assert await pages.load("flask") == second


async def test_page_changed_and_changed_back_is_two_changes(pages: PageKeeper) -> None:
    """A revision never comes back: who saw the first must see the third."""
    first = await pages.save("flask", page())
    await pages.save("flask", page(make_project("flask")))

    third = await pages.save("flask", page())

    assert third.value == first.value
    assert third.revision > first.revision


async def test_confirmed_page_is_no_change(
    pages: PageKeeper, catalog: Catalog, clock: FrozenClock
) -> None:
    """An upstream that says 304 all day long writes nothing to the journal."""
    kept = await pages.save("flask", page())
    last = await catalog.journal.last()
    clock.forward(100)

    await pages.confirm("flask", kept, Unchanged(DOOR, None))

    assert await catalog.journal.last() == last


async def test_forgotten_page_is_a_change_and_its_evidence_stays(
    pages: PageKeeper, catalog: Catalog, clock: FrozenClock
) -> None:
    """Followers hear that the page is gone; what its file names mean is settled for ever."""
    filename = parse_filename("flask-1.0.tar.gz")
    row = LedgerRow("main", FLASK, filename, Sha256("0" * 64), 7, clock.now(), "index.example")
    await catalog.ledger.record(row)
    kept = await pages.save("flask", page())

    await pages.forget("flask")

    [entry] = await catalog.journal.since(kept.revision)
    assert (entry.kind, entry.owner, entry.project) == (PAGE_CHANGED, "main", "flask")
    assert await catalog.ledger.load("main", FLASK, filename) == row


async def test_forgetting_what_is_not_held_is_no_change(
    pages: PageKeeper, catalog: Catalog
) -> None:
    """A flood of unknown names leaves nothing in the journal."""
    await pages.forget("flask")

    assert await catalog.journal.last() == 0


async def test_serial_of_a_page_is_a_column_too(pages: PageKeeper, catalog: Catalog) -> None:
    """A mirror compares serials without unpacking pages."""
    await pages.save("flask", page())

    row = await catalog.pages.load("main", FLASK)

    assert row is not None
    assert row.serial == 7


async def test_page_is_asked_for_with_what_is_held() -> None:
    """The door decides whether our copy is still good."""
    door = FakeDoor({"flask": PAGE}, etag='"etag"')
    keeper = PageKeeper(door, _no_parts())

    fresh, same = await keeper.ask("flask", None), await keeper.ask("flask", SHOWN)

    assert isinstance(fresh, Loaded)
    assert fresh.value == PAGE
    assert same == Unchanged(DOOR)
    assert door.shown == [None, SHOWN]
    assert door.asked == ["flask", "flask"]


# --- the list of projects ------------------------------------------------------------------------


async def test_list_has_another_revision_if_and_only_if_it_says_something_else(
    root: RootKeeper, clock: FrozenClock
) -> None:
    """The revision is of the content, not of the moment: neither the clock nor luck is in it."""
    first = await root.save("", listing())
    second = await root.save("", listing(ProjectList(LIST.projects, serial=10)))
    third = await root.save("", listing(ProjectList(LIST.projects[:1], serial=10)))
    clock.forward(100)
    again = await root.save("", listing())

    assert len({first.revision, second.revision, third.revision}) == 3
    assert again.revision == first.revision
    assert (again.fetched_at, again.checked_at) == (clock.now(), clock.now())


async def test_list_is_not_in_the_journal(root: RootKeeper, catalog: Catalog) -> None:
    """Every release anywhere changes the list; followers hear of the projects themselves."""
    await root.save("", listing())
    await root.forget("")

    assert await catalog.journal.last() == 0


async def test_list_is_asked_for_with_what_is_held() -> None:
    """The list is the largest page there is: a 304 saves the most here."""
    door = FakeDoor({"flask": PAGE}, etag='"etag"')
    keeper = RootKeeper(door, _no_parts())

    fresh, same = await keeper.ask("", None), await keeper.ask("", SHOWN)

    assert isinstance(fresh, Loaded)
    assert fresh.value == ProjectList((ProjectEntry("flask"),))
    assert same == Unchanged(DOOR)
    assert door.shown == [None, SHOWN]


# --- documents -----------------------------------------------------------------------------------


async def test_kinds_of_documents_do_not_share_names(parts: KeeperParts) -> None:
    """A provenance object is never given for a JSON API answer of the same name."""
    json, provenance = (
        DocumentKeeper(FakeDoor(), parts, "json"),
        DocumentKeeper(FakeDoor(), parts, "provenance"),
    )
    await json.save(KEY, document())

    assert await provenance.load(KEY) is None
    assert await json.load(KEY) is not None


async def test_document_changes_its_revision_with_its_bytes(documents: DocumentKeeper) -> None:
    """Whoever made something of a document can tell whether to make it again."""
    first = await documents.save(KEY, document())
    same = await documents.save(KEY, document())
    other = await documents.save(KEY, document(replace(DOCUMENT, body=b"{}")))

    assert same.revision == first.revision
    assert other.revision != first.revision


@pytest.mark.parametrize(
    "wanted",
    [
        DocumentWanted("json", "flask/1.0"),
        DocumentWanted("json", "flask", "https://index.example/pypi/flask/json"),
    ],
    ids=["by name", "by address"],
)
async def test_document_is_asked_for_as_it_was_wanted(wanted: DocumentWanted) -> None:
    """The key carries name and address to the door, and what the door adds comes back."""
    door = _Asked()

    answer = await DocumentKeeper(door, _no_parts(), "json").ask(DocumentKeeper.key(wanted), SHOWN)

    assert door.wanted == [wanted]
    assert door.shown == [SHOWN]
    assert isinstance(answer, Loaded)
    assert answer.value == KeptDocument(b"{}", "application/json", 5)
    assert answer.validators == Validators(DOOR, '"new"', "yesterday")
    assert answer.lifetime_seconds == 900


async def test_unchanged_document_stays_unchanged() -> None:
    """The door's "unchanged" is passed on as it is."""
    door = FakeDoor(documents={"flask": b"{}"}, etag='"etag"', lifetime_seconds=5)

    answer = await DocumentKeeper(door, _no_parts(), "json").ask(KEY, SHOWN)

    assert answer == Unchanged(DOOR, 5)


class _Asked(FakeDoor):
    """A door that remembers which documents were wanted of it."""

    def __init__(self) -> None:
        super().__init__(etag='"new"', last_modified="yesterday", lifetime_seconds=900)
        self.serial, self.content_type = 5, "application/json"
        self.documents = {"flask": b"{}", "flask/1.0": b"{}"}
        self.wanted: list[DocumentWanted] = []

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Note what is wanted, and answer."""
        self.wanted.append(wanted)
        return await super().refresh_document(wanted, held)


def _no_parts() -> KeeperParts:
    """Return parts for a keeper that is only asked to ask: it must not touch the catalog."""
    nothing: Catalog = object()  # type: ignore[assignment]  # any use of it fails
    return KeeperParts("main", nothing, FrozenClock())
