"""What an index is filled with: projects, their files, and what that depends on."""

from dataclasses import replace
from random import Random

import pytest

from support.many_projects import make_projects
from wheelyard.clock import Instant
from wheelyard.decide.selection import Selection
from wheelyard.errors import BadInput
from wheelyard.mirror.wanted import Wanted, wanted_of
from wheelyard.model import File, Project, ProjectStatus, StatusMarker
from wheelyard.names import Filename, ProjectName
from wheelyard.settings import NamePattern, ProjectRule, Since, SyncSettings, parse_pattern
from wheelyard.tags import Platform

NOW = Instant(1_790_000_000.0)
DEMO, OTHER = ProjectName("demo"), ProjectName("other")
NEW, OLD = Filename("demo-2.0.zip"), Filename("demo-1.0.zip")


def rules(*texts: str) -> tuple[ProjectRule, ...]:
    """Return rules without versions."""
    return tuple(ProjectRule(parse_pattern(text)) for text in texts)


def page(name: ProjectName = DEMO, status: StatusMarker = "active") -> Project:
    """Return a page of two releases, the newer one first."""
    files = (File(file, f"http://files.example/{file}") for file in (NEW, OLD))
    return Project(name, tuple(files), status=ProjectStatus(status))


def names(wanted: Wanted, project: Project) -> list[str]:
    """Return the names of the files that are wanted."""
    return [file.filename for file in wanted.files_of(project)]


@pytest.mark.parametrize("text", ["demo", "DEMO", "d*", "*", "De.mo"])
def test_project_is_wanted_in_whatever_spelling(text: str) -> None:
    """Its normalised name is what counts."""
    name = ProjectName("de-mo" if "." in text else "demo")
    wanted = Wanted(projects=rules(text))

    assert wanted.covers(name)
    assert len(wanted.files_of(page(name))) == 2


def test_nothing_is_wanted_without_saying_so() -> None:
    """No project, no page, no file."""
    wanted = Wanted()

    assert not wanted.covers(DEMO)
    assert not wanted.wants_page(page())
    assert wanted.files_of(page()) == ()
    assert wanted.key_of(DEMO) == ""


def test_what_is_left_out_is_not_wanted() -> None:
    """Neither of everything nor for requirements, which are told."""
    without = (NamePattern("de*"),)
    needed = {DEMO: frozenset({NEW}), OTHER: frozenset({NEW})}
    wanted = Wanted(everything=True, without=without, files=needed)

    assert not wanted.covers(DEMO)
    assert wanted.files_of(page()) == ()
    assert wanted.covers(OTHER)
    assert wanted.left_out == (DEMO,)


def test_files_that_are_needed_are_wanted_whatever_the_selection_says() -> None:
    """In the order of the page, each once."""
    newest = Selection(keep_versions=1)
    needed = {DEMO: frozenset({OLD})}

    assert names(Wanted(files=needed, selection=newest), page()) == [OLD]
    assert names(Wanted(everything=True, selection=newest), page()) == [NEW]
    assert names(Wanted(everything=True, files=needed, selection=newest), page()) == [NEW, OLD]


def test_page_without_files_is_wanted() -> None:
    """With `metadata_only`."""
    wanted = Wanted(everything=True, files={DEMO: frozenset({OLD})}, metadata_only=True)

    assert wanted.wants_page(page())
    assert wanted.files_of(page()) == ()


@pytest.mark.parametrize(
    ("status", "for_itself", "needed"),
    [("active", True, True), ("archived", False, True), ("quarantined", False, False)],
)
def test_status_leaves_out_what_nobody_needs(
    status: StatusMarker, *, for_itself: bool, needed: bool
) -> None:
    """A project in quarantine is not wanted even if it is needed."""
    active = Selection(statuses=frozenset({"active"}))
    project = page(status=status)
    meant = Wanted(everything=True, selection=active)
    required = Wanted(files={DEMO: frozenset({OLD})}, selection=active)

    assert meant.wants_page(project) is for_itself
    assert bool(meant.files_of(project)) is for_itself
    assert required.wants_page(project) is needed
    assert bool(required.files_of(project)) is needed


def test_versions_are_those_of_any_rule_that_means_the_project() -> None:
    """A rule without versions wants them all."""
    first = ProjectRule(NamePattern("demo"), "<2")
    second = ProjectRule(NamePattern("d*"), ">=2")

    assert names(Wanted(projects=(first,)), page()) == [OLD]
    assert names(Wanted(projects=(second,)), page()) == [NEW]
    assert names(Wanted(projects=(first, second)), page()) == [NEW, OLD]
    assert names(Wanted(projects=(first, *rules("*"))), page()) == [NEW, OLD]


def test_names_are_known_if_no_pattern_is_needed() -> None:
    """Else only the project list of the upstream can tell."""
    needed = {OTHER: frozenset({NEW})}

    assert Wanted(projects=rules("demo"), files=needed).names == frozenset({DEMO, OTHER})
    assert Wanted(projects=rules("demo"), without=(NamePattern("d*"),)).names == frozenset()
    assert Wanted(projects=rules("d*")).names is None
    assert Wanted(everything=True).names is None


BASE = Wanted(projects=rules("demo"), selection=Selection(keep_versions=2))


@pytest.mark.parametrize(
    "changed",
    [
        replace(BASE, selection=Selection(keep_versions=3)),
        replace(BASE, projects=(ProjectRule(NamePattern("demo"), ">1"),)),
        replace(BASE, files={DEMO: frozenset({OLD})}),
        replace(BASE, metadata_only=True),
        replace(BASE, without=(NamePattern("demo"),)),
        replace(BASE, projects=rules("other"), files={DEMO: frozenset({OLD})}),
    ],
)
def test_key_changes_with_what_is_wanted(changed: Wanted) -> None:
    """So that the project is looked at again."""
    assert changed.key_of(DEMO) != BASE.key_of(DEMO)


@pytest.mark.parametrize(
    "same",
    [
        replace(BASE, projects=rules("demo", "other", "d*")),
        replace(BASE, projects=(), everything=True),
        replace(BASE, without=(NamePattern("other"),)),
        replace(BASE, files={OTHER: frozenset({NEW})}),
        replace(BASE, projects=(*BASE.projects, ProjectRule(NamePattern("demo"), ">1"))),
    ],
)
def test_key_does_not_change_with_what_is_wanted_of_others(same: Wanted) -> None:
    """So that nothing is asked for again; nor does it say for which reason it is wanted."""
    assert same.key_of(DEMO) == BASE.key_of(DEMO)


def test_filters_of_files_say_nothing_where_no_file_is_wanted() -> None:
    """But the status that is wanted does."""
    pages = Wanted(everything=True, metadata_only=True)

    assert pages.key_of(DEMO) == replace(pages, files={OTHER: frozenset()}).key_of(DEMO)
    assert pages.key_of(DEMO) != replace(
        pages, selection=Selection(statuses=frozenset({"active"}))
    ).key_of(DEMO)


def test_same_key_is_the_same_files() -> None:
    """A-34: of two hundred projects, those whose key stays give neither more nor less."""
    projects = make_projects(Random(7))
    before = Wanted(projects=rules("d*", "zope-*"), selection=Selection(keep_versions=2))
    for after in (
        replace(before, projects=rules("d*", "a*")),
        replace(before, selection=Selection(keep_versions=3)),
        replace(before, without=(NamePattern("*-1*"),)),
        Wanted(everything=True, selection=before.selection),
    ):
        differences = 0
        for made in projects:
            name, project = made.project.name, made.project
            if before.key_of(name) == after.key_of(name):
                assert before.files_of(project) == after.files_of(project)
            else:
                differences += before.files_of(project) != after.files_of(project)
        assert differences


def test_settings_are_what_is_wanted() -> None:
    """Each filter in its place; a period starts with a day."""
    sync = SyncSettings(
        name="main",
        projects=rules("demo"),
        pythons=("3.11",),
        platforms=("win_amd64",),
        keep_versions=2,
        uploaded_after=Since("P1D", None, 86_400.0),
        statuses=("active",),
    )

    wanted = wanted_of(sync, NOW, {OTHER: frozenset({NEW})})

    assert wanted.names == frozenset({DEMO, OTHER})
    assert wanted.selection == Selection(
        pythons=("3.11",),
        platforms=(Platform("win_amd64"),),
        keep_versions=2,
        uploaded_after=Instant(1_789_862_400.0),
        statuses=frozenset({"active"}),
    )


def test_contradiction_is_bad_input() -> None:
    """Every sentence, before anything is asked for."""
    with pytest.raises(BadInput) as caught:
        wanted_of(SyncSettings(name="main", max_file_bytes=0), NOW)

    assert len(caught.value.problems) == 2


def test_names_are_looked_up_and_not_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name of an index is asked about, and an allow list may have thousands."""
    looked: list[str] = []
    matches = NamePattern.matches

    def count(self: NamePattern, name: ProjectName) -> bool:
        looked.append(self.text)
        return matches(self, name)

    monkeypatch.setattr(NamePattern, "matches", count)
    many = rules("zope-*", *(f"project-{number}" for number in range(50)))
    without = tuple(NamePattern(f"other-{number}") for number in range(50))
    wanted = Wanted(projects=many, without=without)

    covered = [
        name for name in ("project-7", "zope-event", "demo") if wanted.covers(ProjectName(name))
    ]

    assert covered == ["project-7", "zope-event"]
    assert {*looked} == {"zope-*"}
