"""Likeness: whether two doors lead to the same index, and which one is behind."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.fakes import make_file, make_project
from wheelyard.decide.likeness import Comparison, Likeness, compare, is_behind, judge
from wheelyard.model import Project
from wheelyard.names import ProjectName

DEMO = ProjectName("demo")
VERSIONS = st.sets(st.sampled_from(["1.0", "1.1", "2.0", "3.0"]))


def page(
    *versions: str, serial: int | None = None, yanked: str = "", content: str = "x"
) -> Project:
    """Return a page with one file per version; ``yanked`` is the one that is."""
    files = [
        make_file(f"demo-{version}.tar.gz", content.encode(), yanked=version == yanked)
        for version in versions
    ]
    return make_project("demo", *files, serial=serial)


def likeness(known: Project, said: Project | None, *, handed_serials_on: bool = False) -> Likeness:
    """Return what one comparison comes to."""
    return judge([compare(known, said)], handed_serials_on=handed_serials_on)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        pytest.param(page("1.0"), page("1.0"), id="the same"),
        pytest.param(page("1.0"), page("1.0", "2.0"), id="a release"),
        pytest.param(page("1.0", "1.1"), page("1.1", "2.0"), id="a release and a removal"),
        pytest.param(page("1.0"), page("1.0", yanked="1.0"), id="a yank"),
        pytest.param(page(), page(), id="no files at all"),
        pytest.param(page(), page("1.0"), id="the first release"),
    ],
)
def test_same_index_is_recognised(known: Project, said: Project) -> None:
    """What its owner does to a project makes no other index of it."""
    assert likeness(known, said) == Likeness()


def test_other_bytes_under_one_name_are_another_index() -> None:
    """T07: one file name stands for one digest, or the doors are not equal."""
    found = likeness(page("1.0"), page("1.0", content="y"))

    assert found.difference == "`demo-1.0.tar.gz` has another digest there"


@pytest.mark.parametrize("said", [None, page("9.0")], ids=["absent", "nothing in common"])
def test_index_that_knows_nothing_of_ours_is_another(said: Project | None) -> None:
    """A name is no proof: a private index may have a project of the same name."""
    found = likeness(page("1.0"), said)

    assert found.difference == "it knows nothing of `demo`"


def test_one_project_in_common_is_enough() -> None:
    """A mirror that lacks a new project is behind, and not another index."""
    found = judge(
        [compare(page("1.0"), None), compare(page("1.0"), page("1.0"))], handed_serials_on=False
    )

    assert found == Likeness(is_behind=True)


def test_nothing_to_compare_says_nothing() -> None:
    """The first start has nothing that it could compare with."""
    assert judge([], handed_serials_on=False) == Likeness()


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(page("1.0"), id="lacks a release"),
        pytest.param(page("1.0", "2.0"), id="lacks a yank"),
    ],
)
def test_older_copy_is_behind(said: Project) -> None:
    """A-21: less of the same, and nothing new."""
    assert likeness(page("1.0", "2.0", yanked="2.0"), said) == Likeness(is_behind=True)


def test_minority_of_old_pages_is_not_behind() -> None:
    """One page that a cache on the way held back says nothing about the index."""
    same, old = compare(page("1.0"), page("1.0")), compare(page("1.0", "2.0"), page("1.0"))

    assert not judge([same, same, old], handed_serials_on=False).is_behind
    assert judge([same, old], handed_serials_on=False).is_behind


def test_serials_count_once_they_were_the_same() -> None:
    """A mirror hands the index's serials on; then a lower one is behind."""
    found = likeness(page("1.0", serial=7), page("1.0", serial=7))
    later = likeness(
        page("1.0", serial=9), page("1.0", serial=7), handed_serials_on=found.hands_serials_on
    )

    assert found == Likeness(hands_serials_on=True)
    assert later == Likeness(is_behind=True, hands_serials_on=True)


@pytest.mark.parametrize("said", [page("1.0", serial=3), page("1.0")])
def test_serials_of_a_count_of_its_own_say_nothing(said: Project) -> None:
    """An index of another kind begins at one."""
    assert likeness(page("1.0", serial=7), said) == Likeness()


def test_comparison_speaks_of_one_project() -> None:
    """What the sentence in the log is made of."""
    assert compare(page("1.0"), None) == Comparison(DEMO, is_there=False)


def test_files_without_a_digest_are_no_proof() -> None:
    """Where nothing is stated, nothing contradicts."""
    bare = msgspec.structs.replace(page("1.0").files[0], hashes=())

    assert likeness(page("1.0"), make_project("demo", bare)).difference == ""


@given(known=VERSIONS, said=VERSIONS)
def test_two_pages_are_never_behind_each_other(known: set[str], said: set[str]) -> None:
    """Whichever came last, one of them is kept."""
    first, second = page(*known), page(*said)

    assert not (is_behind(first, second) and is_behind(second, first))
