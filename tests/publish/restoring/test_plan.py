"""What a tree has, as its manifest says; and no manifest leads anywhere else."""

from collections.abc import Sequence

import pytest

from wheelyard.errors import BadInput
from wheelyard.names import Sha256
from wheelyard.publish.restoring.plan import ROOT, Totals, plan_pages, total, tree_path
from wheelyard.wire.manifest import Entry, Kind

DIGEST = Sha256("ab" * 32)
FILE = f"packages/ab/ab/{'ab' * 30}/demo-1.0.whl"


def entry(kind: Kind, path: str, size: int | None = 3) -> Entry:
    """Return a line of a manifest."""
    return Entry(kind, path, DIGEST, size)


def page(path: str) -> list[Entry]:
    """Return the lines of a page."""
    return [entry("html", path), entry("json", path)]


WHOLE = [
    *page("simple/"),
    *page("simple/demo/"),
    entry("file", FILE),
    entry("metadata", f"{FILE}.metadata", None),
    *page("simple/other/"),
]


def test_pages_come_one_by_one_with_their_files() -> None:
    """The page of all projects is the first."""
    pages = list(plan_pages(WHOLE))

    assert [each.name for each in pages] == [ROOT, "demo", "other"]
    assert [*pages[1].files] == [FILE]
    assert [*pages[1].metadata] == [f"{FILE}.metadata"]
    assert pages[2].files == {}


def test_totals_count_projects_and_files() -> None:
    """Of metadata no length is stated, so they do not count."""
    assert total(plan_pages(WHOLE)) == Totals(projects=2, files=1, bytes=3)


WRONG: dict[str, tuple[Sequence[Entry], str]] = {
    "no list": (page("simple/demo/"), "does not begin with the page of all projects"),
    "no JSON": ([*page("simple/"), entry("html", "simple/demo/")], "not listed as pages are"),
    "another JSON": (
        [*page("simple/"), entry("html", "simple/a/"), entry("json", "simple/b/")],
        "not listed as pages are",
    ),
    "no page": ([entry("file", FILE)], "not listed as pages are"),
    "twice": ([*page("simple/"), *page("simple/a/"), *page("simple/a/")], "out of order"),
    "out of order": ([*page("simple/"), *page("simple/b/"), *page("simple/a/")], "out of order"),
    "JSON twice": ([*page("simple/"), entry("json", "simple/")], "listed twice"),
    "upwards": ([*page("simple/"), *page("simple/../")], "is not a project name"),
    "not normalised": ([*page("simple/"), *page("simple/A_b/")], "not where the page"),
    "elsewhere": ([*page("simple/"), *page("other/a/")], "is not a project name"),
    "no slash": ([*page("simple/"), *page("simple/a")], "not where the page"),
    "address": ([*page("simple/"), *page("https://other.example/simple/a/")], "not a project name"),
}


@pytest.mark.parametrize("what", [*WRONG])
def test_manifest_that_is_put_together_otherwise_is_refused(what: str) -> None:
    """It is bounded line by line, so its order is all that there is to hold on to."""
    entries, told = WRONG[what]

    with pytest.raises(BadInput, match=told):
        list(plan_pages(entries))


def test_page_with_files_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in memory at the same time, and whoever wrote the manifest chose how many."""
    monkeypatch.setattr("wheelyard.publish.restoring.plan._MOST_ENTRIES", 10)
    files = [entry("file", f"{FILE}.{number}") for number in range(9)]

    with pytest.raises(BadInput, match="more files than any project"):
        list(plan_pages([*page("simple/"), *page("simple/demo/"), *files]))


def test_path_of_a_file_is_decoded() -> None:
    """As it is on a disk and in a bucket."""
    assert tree_path("packages/ab/demo-1.0%2Blocal.whl") == "packages/ab/demo-1.0+local.whl"


@pytest.mark.parametrize(
    "link",
    [
        "packages/../../etc/passwd",
        "packages/%2e%2e/%2e%2e/etc/passwd",
        "packages//etc/passwd",
        "packages/./x",
        "/etc/passwd",
        "../packages/x",
        "simple/demo/index.json",
        "packages/a%5Cb",
        "packages/a%00b",
        "packages/a%0Ab",
        "packages/",
        "",
    ],
)
def test_path_that_leads_elsewhere_is_refused(link: str) -> None:
    """Only what is below the folder of files is a file."""
    with pytest.raises(BadInput, match="no place of a file"):
        tree_path(link)
