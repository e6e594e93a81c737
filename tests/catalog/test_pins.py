"""Pins: kept by label, told to the journal and the audit log, and found in place."""

from dataclasses import replace

import pytest

from support.fakes import make_file
from wheelyard.catalog import Actor, Catalog, MetadataRow, PageRow
from wheelyard.catalog.pins import Pin, Unpinning, pin_of, select_pinned
from wheelyard.clock import Instant
from wheelyard.errors import Unavailable
from wheelyard.model import File, FileRef, Project, ProjectStatus
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

ADA = Actor("ada", "command line")
NOW = Instant(100)
FLASK, CLICK = ProjectName("flask"), ProjectName("click")
METADATA = Sha256("c" * 64)
DOWN = Project(FLASK, status=ProjectStatus("quarantined"))


def pin(name: str = "flask-1.0.tar.gz", label: str = "app", **changes: object) -> Pin:
    """Return a pin of a file whose bytes are its name."""
    file = make_file(name, name.encode(), **changes)
    ref = FileRef(ProjectName(name.partition("-")[0]), file)
    return pin_of("main", ref, label, "ada", NOW)


def test_file_without_a_digest_is_no_pin() -> None:
    """Nobody knows which bytes are meant."""
    with pytest.raises(Unavailable, match="its digest is not known before it is fetched"):
        pin(hashes=())


async def test_pin_added_comes_back_equal(catalog: Catalog) -> None:
    """With all that the page said of the file."""
    wanted = pin(yanked="broken", requires_python=">=3.9")

    assert await catalog.pins.add([wanted], ADA) == (wanted,)
    assert await catalog.pins.load() == (wanted,)
    assert catalog.pins.of_project_now("main", FLASK) == (wanted,)
    assert catalog.pins.of_project_now("other", FLASK) == ()
    assert wanted.file.requires_python == ">=3.9"


async def test_pin_added_twice_is_nothing_new(catalog: Catalog) -> None:
    """A second label is; other bytes of the same name replace the pin."""
    await catalog.pins.add([pin()], ADA)

    assert await catalog.pins.add([replace(pin(), pinned_by="bob")], ADA) == ()
    assert len(await catalog.pins.add([pin(label="site")], ADA)) == 1
    assert await catalog.pins.add([replace(pin(), sha256=METADATA)], ADA) != ()
    assert [(each.label, each.pinned_by) for each in await catalog.pins.load()] == [
        ("app", "ada"),
        ("site", "ada"),
    ]


async def test_pins_are_told_once_for_each_project(catalog: Catalog) -> None:
    """The page has another revision, and the audit log a line."""
    await catalog.pages.save(PageRow("main", FLASK, "url", NOW, NOW), "page.changed")

    await catalog.pins.add([pin(), pin("flask-2.0.tar.gz"), pin("click-1.0.tar.gz")], ADA)

    changes = await catalog.journal.since(1)
    assert [(each.kind, each.project) for each in changes] == [
        ("page.changed", FLASK),
        ("page.changed", CLICK),
    ]
    page = await catalog.pages.load("main", FLASK)
    assert page is not None
    assert page.revision == changes[0].serial
    lines = await catalog.audit.since()
    assert [(line.action, line.project) for line in lines] == [
        ("pin.added", FLASK),
        ("pin.added", CLICK),
    ]
    assert lines[0].detail["filenames"] == ["flask-1.0.tar.gz", "flask-2.0.tar.gz"]


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Unpinning(), []),
        (Unpinning(project=FLASK), ["click-1.0.tar.gz"]),
        (Unpinning(project=FLASK, version="1"), ["click-1.0.tar.gz", "flask-2.0.tar.gz"]),
        (
            Unpinning(filename=Filename("flask-2.0.tar.gz")),
            ["click-1.0.tar.gz", "flask-1.0.tar.gz"],
        ),
        (Unpinning(label="site"), ["click-1.0.tar.gz", "flask-1.0.tar.gz"]),
        (
            Unpinning(project=CLICK, label="site"),
            [f"{name}.tar.gz" for name in ("click-1.0", "flask-1.0", "flask-2.0")],
        ),
    ],
)
async def test_pins_that_are_meant_are_removed(
    catalog: Catalog, wanted: Unpinning, left: list[str]
) -> None:
    """And no others; what was removed is said."""
    pins = (pin(), pin("flask-2.0.tar.gz", "site"), pin("click-1.0.tar.gz"))
    await catalog.pins.add(pins, ADA)

    gone = await catalog.pins.remove(wanted, ADA)

    assert [each.filename for each in await catalog.pins.load()] == left
    assert len(gone) == 3 - len(left)
    told = [line.action for line in await catalog.audit.since()]
    assert ("pin.removed" in told) == bool(gone)


async def test_digests_are_of_files_and_their_metadata(catalog: Catalog) -> None:
    """Without its metadata a pinned wheel would still install, but not be resolved as before."""
    stated, learned = pin(core_metadata=(("sha256", METADATA),)), pin("click-1.0-py3-none-any.whl")
    other = Sha256("d" * 64)
    await catalog.metadata_files.save(MetadataRow(learned.sha256, other, 1, "wheel", NOW))
    await catalog.pins.add([stated, learned], ADA)

    digests = await catalog.pins.digests()

    assert digests == {stated.sha256, learned.sha256, METADATA, other}
    assert await catalog.pins.is_pinned(stated.sha256)
    assert not await catalog.pins.is_pinned(METADATA)


async def test_takedown_is_noted(catalog: Catalog) -> None:
    """Of every pin of the project, and of no other."""
    await catalog.pins.add([pin(), pin("click-1.0.tar.gz")], ADA)

    await catalog.pins.note_page("main", DOWN)

    click, flask = await catalog.pins.load()
    assert (click.taken_down_at, flask.taken_down_at is not None) == (None, True)


@pytest.mark.parametrize(
    ("listed", "is_back"),
    [
        (pin().file, True),
        (make_file("flask-3.0.tar.gz"), False),
        (make_file("flask-1.0.tar.gz", b"x"), False),
    ],
)
async def test_takedown_that_was_a_mistake_is_taken_back(
    catalog: Catalog, listed: File, *, is_back: bool
) -> None:
    """When the page lists what is pinned; not when somebody else has the name since."""
    await catalog.pins.add([pin()], ADA)
    await catalog.pins.note_page("main", DOWN)

    await catalog.pins.note_page("main", Project(FLASK, (listed,)))

    [found] = await catalog.pins.load()
    assert (found.taken_down_at is None) == is_back


async def test_projects_are_those_of_an_owner_that_are_not_taken_down(catalog: Catalog) -> None:
    """Whatever else is pinned."""
    other = replace(pin("click-1.0.tar.gz"), owner="other")
    await catalog.pins.add([pin(), pin("tool-1.0.tar.gz"), other], ADA)
    await catalog.pins.note_page("main", DOWN)

    assert await catalog.pins.projects("main") == {"tool"}


async def test_pinned_names_are_found_in_a_transaction(catalog: Catalog) -> None:
    """For whoever decides there what may go."""
    await catalog.pins.add([pin(), pin("flask-2.0.tar.gz")], ADA)

    names = await catalog.read(select_pinned, "main", FLASK)

    assert names == {"flask-1.0.tar.gz", "flask-2.0.tar.gz"}
