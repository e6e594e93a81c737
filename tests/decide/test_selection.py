"""Which files of a page are wanted: one rule at a time."""

import time
from dataclasses import fields, replace

import pytest

from wheelyard.clock import Instant
from wheelyard.decide.selection import Selection, is_wanted_project, select
from wheelyard.expressions import Expression
from wheelyard.model import File, Project, ProjectStatus, StatusMarker
from wheelyard.names import Filename, ProjectName
from wheelyard.settings import TagPattern
from wheelyard.tags import parse_platform

LINUX, WINDOWS = parse_platform("manylinux_2_28_x86_64"), parse_platform("win_amd64")


def file(name: str, **facts: object) -> File:
    """Return a file of the project ``demo``."""
    return replace_fields(File(Filename(name), f"http://files.example/{name}"), facts)


def replace_fields(made: File, facts: dict[str, object]) -> File:
    """Return ``made`` with other facts."""
    values = {name: getattr(made, name) for name in made.__struct_fields__}
    return File(**(values | facts))


def page(*files: str | File) -> Project:
    """Return the page of ``demo`` with these files."""
    made = (file(each) if isinstance(each, str) else each for each in files)
    return Project(ProjectName("demo"), tuple(made))


def chosen(project: Project, selection: Selection) -> list[str]:
    """Return the names of the files that are wanted."""
    return [each.filename for each in select(project, selection)]


@pytest.mark.parametrize("status", ["active", "archived", "deprecated", "quarantined"])
def test_project_in_quarantine_is_never_wanted(status: StatusMarker) -> None:
    """The others are, unless the selection says otherwise."""
    project = Project(ProjectName("demo"), page("demo-1.0.zip").files, status=ProjectStatus(status))
    careless = Selection(statuses=frozenset({"active", "quarantined"}))

    assert is_wanted_project(project, Selection()) == (status != "quarantined")
    assert is_wanted_project(project, careless) == (status == "active")
    assert bool(select(project, careless)) == (status == "active")


def test_what_a_page_does_not_say_leaves_nothing_out() -> None:
    """An index of HTML pages states neither size nor time; a mirror of it is not empty."""
    limits = Selection(max_file_bytes=1, uploaded_after=Instant(2e9))

    assert chosen(page("demo-1.0.zip"), limits) == ["demo-1.0.zip"]
    assert chosen(page(file("demo-1.0.zip", upload_time="long ago")), limits) == ["demo-1.0.zip"]


def test_limits_include_what_is_exactly_there() -> None:
    """A file of the largest size, and one that was uploaded at that very moment."""
    made = file("demo-1.0.zip", size=100, upload_time="2026-01-31T00:00:00Z")
    moment = 1_769_817_600.0

    assert select(page(made), Selection(max_file_bytes=100, uploaded_after=Instant(moment)))
    assert not select(page(made), Selection(max_file_bytes=99))
    assert not select(page(made), Selection(uploaded_after=Instant(moment + 1)))


def test_upload_time_without_an_offset_is_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the time zone of this machine is."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    made = file("demo-1.0.zip", upload_time="2026-01-31T00:00:00")

    is_wanted = bool(select(page(made), Selection(uploaded_after=Instant(1_769_817_600.0))))
    monkeypatch.undo()
    time.tzset()

    assert is_wanted


def test_newest_releases_are_counted_by_version() -> None:
    """1.10 is newer than 1.9; the order of the page says nothing, and stays."""
    releases = page("demo-1.10.zip", "demo-1.2.zip", "demo-1.9.zip", "demo-1.9-py3-none-any.whl")

    assert chosen(releases, Selection(keep_versions=2)) == [
        *("demo-1.10.zip", "demo-1.9.zip", "demo-1.9-py3-none-any.whl")
    ]


def test_prereleases_are_counted_by_themselves() -> None:
    """Five candidates of the next release do not push out the last one that installers take."""
    releases = page("demo-1.0.zip", "demo-0.9.zip", *(f"demo-2.0rc{each}.zip" for each in range(5)))

    assert chosen(releases, Selection(keep_versions=1)) == ["demo-1.0.zip", "demo-2.0rc4.zip"]
    assert chosen(releases, Selection(keep_versions=1, prereleases=False)) == ["demo-1.0.zip"]


def test_release_of_which_no_file_is_left_takes_no_place() -> None:
    """The newest release for Windows is wanted, not the newest for anybody."""
    releases = page("demo-2.0-cp311-cp311-macosx_11_0_arm64.whl", "demo-1.0-py3-none-any.whl")
    selection = Selection(keep_versions=1, platforms=(WINDOWS,))

    assert chosen(releases, selection) == ["demo-1.0-py3-none-any.whl"]


def test_release_that_is_yanked_as_a_whole_takes_no_place() -> None:
    """Nobody gets it who has not pinned it; it is kept as long as an older one is."""
    releases = page(
        file("demo-3.0.zip", yanked="broken"),
        file("demo-2.0.zip", yanked=True),
        file("demo-2.0-py3-none-any.whl"),
        file("demo-1.0.zip", yanked=True),
    )

    assert chosen(releases, Selection(keep_versions=1)) == [
        *("demo-3.0.zip", "demo-2.0.zip", "demo-2.0-py3-none-any.whl")
    ]
    assert chosen(releases, Selection(yanked=False)) == ["demo-2.0-py3-none-any.whl"]


def test_builds_of_one_release_are_one_release() -> None:
    """`1.0+cpu` and `1.0+cu118` take one place, as do `1.0` and `1.0.0`."""
    wheels = ["demo-1.0+cpu-py3-none-any.whl", "demo-1.0+cu118-py3-none-any.whl", "demo-1.0.0.zip"]

    assert chosen(page(*wheels, "demo-0.9.zip"), Selection(keep_versions=1)) == wheels


def test_file_whose_version_nobody_can_read_is_older_than_every_release() -> None:
    """It stays unless releases are counted or named."""
    project = page("demo-2004d.zip", "demo-1.0.zip", "something-else.zip")

    assert chosen(project, Selection(prereleases=False)) == [
        each.filename for each in project.files
    ]
    assert chosen(project, Selection(keep_versions=5)) == ["demo-1.0.zip"]
    assert chosen(project, Selection(versions=(">=0",))) == ["demo-1.0.zip"]


@pytest.mark.parametrize(
    "old", ["manylinux2014_x86_64", "manylinux1_x86_64", "manylinux_2_24_x86_64"]
)
def test_platform_takes_wheels_for_every_older_one(old: str) -> None:
    """P-14: also those whose tag is of the form `manylinux_2_*`."""
    wheels = page(
        f"demo-1.0-cp311-cp311-{old}.whl", "demo-1.0-cp311-cp311-manylinux_2_31_x86_64.whl"
    )

    assert chosen(wheels, Selection(platforms=(LINUX,))) == [f"demo-1.0-cp311-cp311-{old}.whl"]


def test_formats_older_than_wheels_have_no_tags() -> None:
    """Whoever asks for a platform does not ask for them; else they stay."""
    old = page("demo-1.0-py2.7.egg", "demo-1.0.win32-py2.7.exe", "demo-1.0.linux-x86_64.tar.gz")

    assert chosen(old, Selection(sdists="never")) == [each.filename for each in old.files]
    for asks in (
        Selection(platforms=(LINUX,)),
        Selection(pythons=("3.11",)),
        Selection(tags=(TagPattern("*"),)),
        Selection(without_tags=(TagPattern("pp*"),)),
    ):
        assert chosen(old, asks) == []


def test_source_stays_if_somebody_has_no_wheel() -> None:
    """With two platforms, one wheel for one of them is not enough."""
    project = page("demo-1.0.tar.gz", "demo-1.0-cp311-cp311-win_amd64.whl")
    one = Selection(sdists="if-no-wheel", platforms=(WINDOWS,))
    two = replace(one, platforms=(WINDOWS, LINUX))

    assert chosen(project, one) == ["demo-1.0-cp311-cp311-win_amd64.whl"]
    assert chosen(project, two) == [each.filename for each in project.files]
    assert chosen(project, Selection(sdists="if-no-wheel")) == [
        "demo-1.0-cp311-cp311-win_amd64.whl"
    ]
    assert chosen(page("demo-1.0.tar.gz"), one) == ["demo-1.0.tar.gz"]


def test_yanked_wheel_is_no_wheel_for_who_finds_the_source() -> None:
    """Installers pass it over, and would find nothing."""
    wheel = file("demo-1.0-py3-none-any.whl", yanked=True)
    selection = Selection(sdists="if-no-wheel")

    assert len(chosen(page("demo-1.0.zip", wheel), selection)) == 2
    assert len(chosen(page(file("demo-1.0.zip", yanked=True), wheel), selection)) == 1


def test_python_leaves_out_what_asks_for_another() -> None:
    """A wheel and a source alike; in whichever patch release it would be allowed."""
    project = page(
        file("demo-3.0-py3-none-any.whl", requires_python=">=3.12"),
        file("demo-3.0.tar.gz", requires_python=">=3.12"),
        file("demo-2.0.tar.gz", requires_python=">=3.11.4"),
    )

    assert chosen(project, Selection(pythons=("3.11",))) == ["demo-2.0.tar.gz"]
    assert chosen(project, Selection(pythons=("3.11.2",))) == []
    assert len(chosen(project, Selection(pythons=("3.11", "3.12")))) == 3


def test_expressions_choose_by_name() -> None:
    """In upper and lower case; what is left out stays out."""
    project = page("demo-1.0.ZIP", "demo-1.0.tar.gz", "demo-1.1.zip")
    selection = Selection(
        filenames=(Expression(r"\.zip$"), Expression("gz")),
        without_filenames=(Expression(r"-1\.1"),),
    )

    assert chosen(project, selection) == ["demo-1.0.ZIP", "demo-1.0.tar.gz"]


def test_versions_are_ranges_of_which_one_is_enough() -> None:
    """Pre-releases are in a range if they are wanted at all."""
    project = page(*(f"demo-{each}.zip" for each in ("1.0", "2.0rc1", "2.0", "3.0")))

    assert chosen(project, Selection(versions=("<2", ">=3"))) == ["demo-1.0.zip", "demo-3.0.zip"]
    assert chosen(project, Selection(versions=(">=2.0rc1,<3",))) == [
        *("demo-2.0rc1.zip", "demo-2.0.zip")
    ]
    assert chosen(project, Selection(versions=(">=2.0rc1,<3",), prereleases=False)) == [
        "demo-2.0.zip"
    ]


OTHER = {
    "versions": ("==1",),
    "pythons": ("3.11",),
    "platforms": (LINUX,),
    "tags": (TagPattern("py3-*"),),
    "without_tags": (TagPattern("py3-*"),),
    "sdists": "never",
    "keep_versions": 1,
    "prereleases": False,
    "yanked": False,
    "uploaded_after": Instant(1.0),
    "max_file_bytes": 1,
    "filenames": (Expression("a"),),
    "without_filenames": (Expression("a"),),
    "statuses": frozenset({"active"}),
}
"""Of each filter a value that is not its default."""


def test_key_changes_with_every_filter() -> None:
    """And with nothing else: neither the order of a list nor a value that is there twice."""
    changed = [Selection(**{name: value}).key for name, value in OTHER.items()]  # type: ignore[arg-type]  # each its own
    there = Selection(pythons=("3.11", "3.12"), statuses=frozenset({"active", "archived"}))
    back = Selection(pythons=("3.12", "3.11", "3.12"), statuses=frozenset({"archived", "active"}))

    assert {field.name for field in fields(Selection)} == OTHER.keys()
    assert len({*changed, Selection().key}) == len(OTHER) + 1
    assert there.key == back.key


def test_key_of_the_default_does_not_depend_on_which_filters_there_are() -> None:
    """A later version with one more filter does not look at every project again."""
    assert Selection().key == "44136fa355b3678a1146ad16f7e8649e"
