"""From a page to rows."""

import msgspec
import pytest

from publish.snapshot.small_index import (
    FLASK_2,
    MANYLINUX,
    UPLOADED,
    page,
    sdist,
    small_index,
    wheel,
)
from wheelyard.model import File, Knowledge, Project, ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.publish.snapshot.described import describe
from wheelyard.publish.snapshot.rows import (
    ProjectRows,
    make_rows,
    metadata_files,
    page_digest,
    read_page,
)
from wheelyard.publish.snapshot.schema import TABLES, table


def rows_of(project: Project, written: str = "", **described: bytes) -> ProjectRows:
    """Return the rows of a page, whose version `v2_0` is described so."""
    found = {
        version.removeprefix("v").replace("_", "."): describe(f"{version}.whl", content)
        for version, content in described.items()
    }
    return make_rows(read_page(project, written or project.name), found, b"digest")


def test_rows_have_the_columns_of_their_tables() -> None:
    """Each as long as the table is wide."""
    rows = rows_of(small_index().pages[ProjectName("flask")], "Flask", v2_0=FLASK_2)
    made = {
        "projects": [rows.project],
        "releases": rows.releases,
        "files": rows.files,
        "requirements": rows.requirements,
        "classifiers": rows.classifiers,
    }

    for each in TABLES:
        assert {len(row) for row in made.get(each.name, ())} <= {len(each.columns)}, each.name
    assert all(made.values())


@pytest.mark.parametrize(
    ("files", "latest"),
    [
        ([wheel("a-1.0"), wheel("a-2.0")], "2.0"),
        ([wheel("a-1.0"), wheel("a-2.0rc1")], "1.0"),
        ([wheel("a-1.0a1"), wheel("a-1.0.dev2")], "1.0a1"),
        ([wheel("a-1.0"), wheel("a-2.0", yanked=True)], "1.0"),
        ([wheel("a-1.0"), wheel("a-2.0", yanked=True), sdist("a-2.0")], "2.0"),
        ([wheel("a-1.0", yanked=True), wheel("a-2.0a1")], "2.0a1"),
        ([wheel("a-1.0", yanked="")], "1.0"),
        ([wheel("a-1.0", yanked=True)], None),
        ([], None),
        ([wheel("a-1.9"), wheel("a-1.10")], "1.10"),
    ],
)
def test_latest_version_is_final_and_not_yanked(files: list[File], latest: str | None) -> None:
    """Final before pre-release, and only what has a file that may be installed."""
    if files and files[0].yanked == "":
        latest = None  # yanked without a reason is yanked

    assert rows_of(page("a", *files)).project[4] == latest


def test_releases_are_numbered_from_the_oldest() -> None:
    """As versions, not as texts; with what is known of each."""
    files = [wheel("a-1.10"), wheel("a-1.9", yanked=True), wheel("a-2.0b1"), sdist("a-1.10")]
    rows = rows_of(page("a", *files)).releases

    assert [row[1:6] for row in rows] == [
        ("1.9", 0, 0, 1, 1),
        ("1.10", 1, 0, 0, 2),
        ("2.0b1", 2, 1, 0, 1),
    ]


def test_file_has_what_its_page_says() -> None:
    """And its address below the index, whatever its upstream's was."""
    file = wheel(f"a-1.0-{MANYLINUX}", requires_python=">=3.8", yanked="broken")
    (row,) = rows_of(page("a", file)).files
    named = dict(zip((column.name for column in table("files").columns), row, strict=True))
    digest = file.sha256 or ""

    assert named == {
        "project": "a",
        "filename": file.filename,
        "version": "1.0",
        "url": f"packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{file.filename}",
        "size": file.size,
        "sha256": digest,
        "requires_python": ">=3.8",
        "yanked": 1,
        "yanked_reason": "broken",
        "upload_time": UPLOADED,
        "packagetype": "bdist_wheel",
        "tags": MANYLINUX,
        "metadata_sha256": None,
    }


@pytest.mark.parametrize(
    ("filename", "version", "kind", "tags"),
    [
        ("a-1.0.tar.gz", "1.0", "sdist", None),
        ("a-1.0.zip", "1.0", "sdist", None),
        ("a-1.0-py2.7.egg", "1.0", "bdist_egg", None),
        ("a-1.0.win32-py2.7.exe", "1.0", "bdist_wininst", None),
        ("a-1.0-1-CP311-CP311-WIN_AMD64.whl", "1.0", "bdist_wheel", "cp311-cp311-win_amd64"),
        ("a-1.0.whl", "1.0", "bdist_wheel", None),
        ("other-1.0.tar.gz", None, "sdist", None),
    ],
)
def test_kind_and_tags_are_in_the_name(
    filename: str, version: str | None, kind: str, tags: str | None
) -> None:
    """Old kinds too; a file of another name stays, without a version."""
    file = msgspec.structs.replace(sdist("a-1.0"), filename=filename)
    (row,) = rows_of(page("a", file)).files

    assert (row[2], row[10], row[11]) == (version, kind, tags)


def test_file_that_is_listed_twice_is_one() -> None:
    """The first: the key of the table stands."""
    first, second = wheel("a-1.0", yanked="first"), wheel("a-1.0", yanked="second")
    (row,) = rows_of(page("a", first, second)).files

    assert row[8] == "first"


def test_metadata_of_a_release_are_those_of_the_wheel_for_all() -> None:
    """Else of the first by name; of a release without metadata nothing is told."""
    files = [
        wheel("a-1.0-cp311-cp311-win_amd64", b"x"),
        wheel("a-1.0", b"x"),
        wheel("a-2.0-cp312-cp312-win_amd64", b"x"),
        wheel("a-2.0-cp311-cp311-win_amd64", b"x"),
        wheel("a-2.0-cp310-cp310-win_amd64"),
        sdist("a-3.0"),
    ]
    chosen = metadata_files(read_page(page("a", *files), "a").releases)

    assert {version: file.filename for version, file in chosen} == {
        "1.0": "a-1.0-py3-none-any.whl",
        "2.0": "a-2.0-cp311-cp311-win_amd64.whl",
    }


@pytest.mark.parametrize(
    ("written", "named", "expected"),
    [
        ("Zope.Interface", "zope-interface", "Zope.Interface"),
        ("zope-interface", "zope.interface", "zope.interface"),
        ("zope-interface", "another", "zope-interface"),
    ],
)
def test_name_is_as_its_owner_writes_it(written: str, named: str, expected: str) -> None:
    """On the list, else in the metadata, as long as it is the same name."""
    content = f"Name: {named}\nVersion: 1.0\n\n".encode()
    rows = rows_of(page("zope-interface", wheel("zope.interface-1.0")), written, v1_0=content)

    assert rows.project[1] == expected


def test_project_without_files_has_a_row() -> None:
    """With its status, and why."""
    status = ProjectStatus("archived", "see \x1b[1m elsewhere")

    assert rows_of(page("a", status=status)).project == (
        *("a", "a", "archived", "see  [1m elsewhere", None, None),
    )


def test_digest_is_of_what_the_rows_are_made_of() -> None:
    """Not of when the page was looked at; each change of the page is one of the digest."""
    flask = small_index().pages[ProjectName("flask")]
    before = page_digest(flask, "Flask")
    looked_at = msgspec.structs.replace(flask, known=Knowledge(1.0, 2.0, 3), serial=7)
    changed = [
        msgspec.structs.replace(flask, files=flask.files[1:]),
        msgspec.structs.replace(flask, status=ProjectStatus("deprecated")),
        msgspec.structs.replace(flask, versions=("9",)),
    ]

    assert page_digest(looked_at, "Flask") == before
    assert before not in {page_digest(flask, "flask"), *(page_digest(x, "Flask") for x in changed)}
