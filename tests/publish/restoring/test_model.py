"""What a page of a tree means for the catalog, and which pages mean nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.blobs import Digests
from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.model import File, Project, ProjectStatus
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.publish.restoring.model import (
    FilePlace,
    Restored,
    held_page,
    hosted_file,
    hosted_project,
    ledger_row,
    odd_path,
    place_of,
    provenance_path,
)
from wheelyard.publish.restoring.plan import BASE, ListedPage
from wheelyard.repository.hosted import model_of, upload_time
from wheelyard.wire.manifest import Entry

DEMO, OWNER = ProjectName("demo"), "hosted:main"
DIGEST, METADATA = Sha256("ab" * 32), Sha256("cd" * 32)
NAME = Filename("demo-1.0-py3-none-any.whl")
LINK = f"packages/ab/ab/{'ab' * 30}/{NAME}"
FILE = File(
    NAME,
    BASE + LINK,
    hashes=(("sha256", str(DIGEST)),),
    size=3,
    upload_time="2026-01-02T03:04:05.678901Z",
    requires_python=">=3.8",
    core_metadata=(("sha256", str(METADATA)),),
    yanked="broken",
)
PAGE = Project(DEMO, files=(FILE,), versions=("1",), status=ProjectStatus("archived", "done"))
LISTED = ListedPage(
    DEMO,
    Entry("html", "simple/demo/", DIGEST, 1),
    Entry("json", "simple/demo/", DIGEST, 1),
    {LINK: Entry("file", LINK, DIGEST, 3)},
    {f"{LINK}.metadata": Entry("metadata", f"{LINK}.metadata", METADATA)},
)
PLACE = FilePlace(FILE, LINK, DIGEST, 3, METADATA)
DIGESTS = Digests(DIGEST, "md5", "blake", 3)


def test_file_that_page_and_manifest_agree_on_has_a_place() -> None:
    """With what it has to be."""
    assert place_of(LISTED, FILE) == PLACE


WRONG = {
    "elsewhere": (msgspec.structs.replace(FILE, url=f"https://other.example/{LINK}"), "leads out"),
    "unlisted": (msgspec.structs.replace(FILE, url=f"{BASE}{LINK}x"), "does not list it"),
    "other bytes": (
        msgspec.structs.replace(FILE, hashes=(("sha256", "cd" * 32),)),
        "say different things",
    ),
    "no digest": (msgspec.structs.replace(FILE, hashes=()), "say different things"),
    "other length": (msgspec.structs.replace(FILE, size=4), "say different things"),
    "other name": (msgspec.structs.replace(FILE, filename=Filename("x.whl")), "another name"),
    "other metadata": (
        msgspec.structs.replace(FILE, core_metadata=(("sha256", "ef" * 32),)),
        "of its metadata",
    ),
}


@pytest.mark.parametrize("what", [*WRONG])
def test_file_that_they_do_not_agree_on_has_none(what: str) -> None:
    """The page comes from the same place as the manifest, and only one of them is signed."""
    file, told = WRONG[what]

    with pytest.raises(BadInput, match=told):
        place_of(LISTED, file)


def test_metadata_that_the_manifest_does_not_list_are_not_taken() -> None:
    """A page alone does not make them proven."""
    with pytest.raises(BadInput, match="of its metadata"):
        place_of(replace(LISTED, metadata={}), FILE)


def test_own_file_is_what_its_page_says() -> None:
    """Its page is the same again, when it is made of the row."""
    restored = Restored(PLACE, DIGESTS, METADATA, 3, b"{}")

    row = hosted_file(OWNER, PAGE, restored, DIGESTS, "bob")
    project = hosted_project(OWNER, "Demo", PAGE, "bob", Instant(0.0))

    page = model_of(project, [row])
    assert page.versions == ("1",)
    assert page.status == PAGE.status
    expected = msgspec.structs.replace(FILE, url="", provenance="")
    assert page.files == (expected,)
    assert (project.name, project.created_by) == ("Demo", "bob")
    assert project.created_at == row.uploaded_at


@pytest.mark.parametrize(("yanked", "mark"), [(False, None), (True, ""), ("why", "why")])
def test_yanked_is_yanked_again(yanked: bool | str, mark: str | None) -> None:  # noqa: FBT001 - the page's own type
    """With its reason, or without one."""
    place = replace(PLACE, file=msgspec.structs.replace(FILE, yanked=yanked))

    row = hosted_file(OWNER, PAGE, Restored(place, DIGESTS), DIGESTS, "bob")

    assert row.yanked == mark


def test_own_project_without_files_was_made_when_the_tree_was() -> None:
    """Nothing else says when."""
    empty = msgspec.structs.replace(PAGE, files=())

    assert hosted_project(OWNER, "Demo", empty, "bob", Instant(7.0)).created_at == Instant(7.0)


def test_held_page_is_to_be_asked_for_again() -> None:
    """Nobody has confirmed it, and no door of ours has given it."""
    row = held_page("default", PAGE, Instant(7.0))

    assert (row.owner, row.project, row.lifetime_seconds) == ("default", DEMO, 0.0)
    assert (row.etag, row.serial, row.checked_at) == (None, None, Instant(7.0))
    assert row.url.startswith(BASE)
    assert row.model


def test_evidence_says_where_it_comes_from() -> None:
    """What was published vouches for it."""
    row = ledger_row("default", DEMO, PLACE, Instant(7.0))

    assert (row.sha256, row.size, row.source, row.first_use) == (DIGEST, 3, "restore", False)


def test_path_is_the_one_that_the_tree_has() -> None:
    """Lock files made against the lost server go on."""
    assert odd_path("default", DEMO, PLACE).path == LINK


def test_provenance_is_where_the_server_gives_it_out() -> None:
    """A file without a version has none."""
    assert provenance_path(DEMO, NAME) == f"integrity/demo/1.0/{NAME}/provenance"
    assert provenance_path(DEMO, Filename("other.txt")) is None


@given(st.integers(int(6e14), int(4e15)))
def test_times_survive_to_the_microsecond(microseconds: int) -> None:
    """A page states them in microseconds, and the catalog keeps them in seconds."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    stated = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    place = replace(PLACE, file=msgspec.structs.replace(FILE, upload_time=stated))

    row = hosted_file(OWNER, PAGE, Restored(place, DIGESTS), DIGESTS, "bob")

    assert upload_time(row.uploaded_at) == stated
