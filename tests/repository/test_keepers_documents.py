"""The list of projects and documents as they are kept: their revision is of their content."""

from dataclasses import replace

import pytest

from repository.kept import (
    DOCUMENT,
    KEY,
    LIST,
    PAGE,
    SHOWN,
    document,
    listing,
    no_parts,
)
from support.fakes import DOOR, FakeDoor
from wheelyard.catalog import Catalog
from wheelyard.clock import FrozenClock
from wheelyard.model import ProjectEntry, ProjectList
from wheelyard.repository.base import DocumentWanted, Loaded, Unchanged, Validators
from wheelyard.repository.keepers import (
    DocumentKeeper,
    KeeperParts,
    KeptDocument,
    RootKeeper,
)

pytestmark = pytest.mark.anyio


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
    keeper = RootKeeper(door, no_parts())

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

    answer = await DocumentKeeper(door, no_parts(), "json").ask(DocumentKeeper.key(wanted), SHOWN)

    assert door.wanted == [wanted]
    assert door.shown == [SHOWN]
    assert isinstance(answer, Loaded)
    assert answer.value == KeptDocument(b"{}", "application/json", 5)
    assert answer.validators == Validators(DOOR, '"new"', "yesterday")
    assert (answer.lifetime_seconds, answer.serial) == (900, 5)


async def test_unchanged_document_stays_unchanged() -> None:
    """The door's "unchanged" is passed on as it is."""
    door = FakeDoor(documents={"flask": b"{}"}, etag='"etag"', lifetime_seconds=5)

    answer = await DocumentKeeper(door, no_parts(), "json").ask(KEY, SHOWN)

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
