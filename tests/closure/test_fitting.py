"""Fitting: of a page exactly the files that installers on the targets could take."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.closures import LINUX, MACOS, WINDOWS, file_of, page_of
from support.packages import Package, make_sdist, make_wheel
from wheelyard.closure import Fit, LockedFile, Needed, Target, fitting
from wheelyard.closure.base import Digest
from wheelyard.model import Project
from wheelyard.names import ProjectName, parse_filename

ALL = frozenset({LINUX, WINDOWS, MACOS})
DEMO = ProjectName("demo")
PURE = make_wheel("demo", "1.0")
ON_LINUX = make_wheel("demo", "1.0", tag="cp311-cp311-manylinux_2_17_x86_64")
ON_OLD_LINUX = make_wheel("demo", "1.0", tag="cp38-abi3-manylinux1_x86_64")
ON_NEW_LINUX = make_wheel("demo", "1.0", tag="cp311-cp311-manylinux_2_99_x86_64")
ON_WINDOWS = make_wheel("demo", "1.0", tag="cp311-cp311-win_amd64")
SDIST = make_sdist("demo", "1.0")
NEED = Needed(DEMO, "1.0", ALL, "`requirements.txt`, line 1")


def names(fit: Fit, target: Target | None = None) -> list[str]:
    """Return the names of the files of a fit, for a target in the order of preference."""
    if target is None:
        return [file.filename for file in fit.files]
    return [file.filename for one in fit.choices if one.target == target for file in one.files]


def locked(*packages: Package, **digests: str) -> tuple[LockedFile, ...]:
    """Return the files of a lock; a digest may be given by the kind of file."""
    found = []
    for one in packages:
        digest = digests.get("sdist" if not one.is_wheel else "wheel", one.sha256)
        found.append(LockedFile(parse_filename(one.filename), (("sha256", digest),)))
    return tuple(found)


def test_all_wheels_that_fit_are_taken_best_first() -> None:
    """Every wheel that some installer of the target could take is wanted."""
    page = page_of(PURE, SDIST, ON_OLD_LINUX, ON_NEW_LINUX, ON_LINUX, ON_WINDOWS)

    fit = fitting(page, NEED)

    assert names(fit, LINUX) == [ON_LINUX.filename, ON_OLD_LINUX.filename, PURE.filename]
    assert names(fit, WINDOWS) == [ON_WINDOWS.filename, PURE.filename]
    assert names(fit, MACOS) == [PURE.filename]
    assert SDIST.filename not in names(fit)
    assert fit.is_whole


def test_sdist_is_taken_for_targets_without_a_wheel() -> None:
    """The sdist joins the wheels of other targets."""
    fit = fitting(page_of(SDIST, ON_LINUX), NEED)

    assert names(fit, LINUX) == [ON_LINUX.filename]
    assert names(fit, WINDOWS) == [SDIST.filename]
    assert set(names(fit)) == {SDIST.filename, ON_LINUX.filename}


def test_other_releases_are_left_out() -> None:
    """Versions are compared as versions, not as texts."""
    short = make_wheel("demo", "1")
    other = make_wheel("demo", "1.0.1")

    assert names(fitting(page_of(short, other), NEED)) == [short.filename]


def test_target_without_a_file_says_why() -> None:
    """The sentence names release and target, and the reason."""
    fit = fitting(page_of(ON_LINUX), NEED)

    assert [one.target for one in fit.missing] == [WINDOWS, MACOS]
    assert fit.missing[0].why == (
        f"`demo` 1.0 for {WINDOWS}: no wheel fits, and there is no sdist."
    )
    assert not fit.is_whole


@pytest.mark.parametrize(
    ("page", "need", "reason"),
    [
        (Project(DEMO), NEED, "the index has no file"),
        (page_of(PURE, yanked=[PURE.filename]), NEED, "every file was yanked"),
        (page_of(make_wheel("demo", "1.0", requires_python=">=3.13")), NEED, "requires Python"),
        (page_of(PURE), replace(NEED, digests=frozenset({("sha256", "0" * 64)})), "locked"),
        (page_of(SDIST), replace(NEED, only_binary=True), "`--only-binary` forbids"),
        (page_of(PURE), replace(NEED, no_binary=True), "`--no-binary` forbids"),
    ],
)
def test_reason_is_the_one_that_matters(page: Project, need: Needed, reason: str) -> None:
    """Whoever reads it knows what to change."""
    fit = fitting(page, need)

    assert len(fit.missing) == 3
    assert reason in fit.missing[0].why


def test_yanked_file_is_taken_if_the_release_is_pinned_or_the_file_is_named() -> None:
    """Source: PEP 592."""
    page = page_of(PURE, yanked=[PURE.filename])
    by_hash = replace(NEED, digests=frozenset({("sha256", PURE.sha256)}))
    by_lock = replace(NEED, files=locked(PURE))

    for need in (replace(NEED, is_pinned=True), by_hash, by_lock):
        assert names(fitting(page, need)) == [PURE.filename]


def test_file_for_other_pythons_is_left_out() -> None:
    """`Requires-Python` of the file counts, for wheels and sdists."""
    new = make_wheel("demo", "1.0", requires_python=">=3.12")

    fit = fitting(page_of(new, SDIST), NEED)

    assert names(fit, MACOS) == [new.filename]
    assert names(fit, LINUX) == [SDIST.filename]


def test_file_for_older_pythons_is_taken_after_the_others() -> None:
    """It is wanted because uv takes it; pip takes only the others, so they come first."""
    old = make_wheel("demo", "1.0", tag="cp311-cp311-win_amd64", requires_python="<3.11")

    fit = fitting(page_of(old, PURE), NEED)

    assert names(fit, WINDOWS) == [PURE.filename, old.filename]
    assert names(fitting(page_of(old), NEED), WINDOWS) == [old.filename]


def test_digests_choose_the_files() -> None:
    """`--hash` leaves only the files that have one of them."""
    need = replace(NEED, digests=frozenset({("sha256", SDIST.sha256)}))

    assert names(fitting(page_of(PURE, SDIST), need)) == [SDIST.filename]


def test_digest_that_the_page_cannot_confirm_leaves_the_file() -> None:
    """The installer will check it; the page has no digest of that kind."""
    digests: frozenset[Digest] = frozenset({("sha512", "0" * 128)})

    assert names(fitting(page_of(PURE), replace(NEED, digests=digests))) == [PURE.filename]


def test_lock_leaves_only_its_files() -> None:
    """What was uploaded after locking is not wanted."""
    need = replace(NEED, files=locked(PURE, SDIST))

    fit = fitting(page_of(PURE, ON_LINUX, ON_WINDOWS, SDIST), need)

    assert names(fit) == [PURE.filename]
    assert fit.is_whole


def test_file_that_differs_from_the_lock_is_a_problem_with_both_digests() -> None:
    """It is never taken, and never passed over in silence."""
    need = replace(NEED, files=locked(PURE, wheel="0" * 64), why="`uv.lock`, line 7")

    fit = fitting(page_of(PURE), need)

    assert fit.files == ()
    said = f"the lock says sha256 `{'0' * 64}`, the index says `{PURE.sha256}`"
    assert len(fit.problems) == 1
    assert (
        f"`{PURE.filename}` is not the file that was locked (`uv.lock`, line 7): {said}"
        in (fit.problems[0])
    )


def test_locked_file_that_is_gone_is_a_problem_if_it_would_be_taken() -> None:
    """A wheel that fits is missed; those for other machines and unneeded sdists are not."""
    need = replace(NEED, files=locked(ON_LINUX, ON_NEW_LINUX, SDIST, PURE))

    fit = fitting(page_of(PURE), need)

    assert names(fit) == [PURE.filename]
    assert len(fit.problems) == 1
    assert fit.problems[0].startswith(f"`{ON_LINUX.filename}` is locked")


def test_locked_sdist_that_is_gone_is_a_problem_if_no_wheel_fits() -> None:
    """Then it is what an installer would take."""
    fit = fitting(Project(DEMO), replace(NEED, files=locked(ON_LINUX, SDIST)))

    assert [problem.partition("`")[2].partition("`")[0] for problem in fit.problems] == sorted(
        [ON_LINUX.filename, SDIST.filename]
    )


def test_wheels_may_be_forbidden() -> None:
    """`--no-binary` has every target build."""
    fit = fitting(page_of(PURE, SDIST), replace(NEED, no_binary=True))

    assert names(fit) == [SDIST.filename]


def test_usual_sdist_comes_before_unusual_ones() -> None:
    """Old releases have several."""
    page = page_of(SDIST)
    zipped = page.files[0].__class__(parse_filename("demo-1.0.zip"), "https://files.example/x")
    egg = page.files[0].__class__(parse_filename("demo-1.0-py3.11.egg"), "https://files.example/y")

    fit = fitting(Project(DEMO, (zipped, egg, *page.files)), NEED)

    assert names(fit, LINUX) == [SDIST.filename, "demo-1.0.zip"]


def test_wheel_whose_name_cannot_be_read_fits_nowhere() -> None:
    """Nobody knows what it is for."""
    odd = file_of(PURE).__class__(parse_filename("demo-1.0-x.whl"), "https://files.example/x")

    assert fitting(Project(DEMO, (odd,)), NEED).files == ()


@given(
    packages=st.lists(
        st.sampled_from([PURE, ON_LINUX, ON_OLD_LINUX, ON_NEW_LINUX, ON_WINDOWS, SDIST]),
        unique_by=lambda one: one.filename,
    ),
    targets=st.sets(st.sampled_from([LINUX, WINDOWS, MACOS]), min_size=1),
)
def test_fit_of_targets_is_the_fits_of_each(packages: list[Package], targets: set[Target]) -> None:
    """Targets do not influence each other, the order of the page changes nothing."""
    page = page_of(*packages) if packages else Project(DEMO)
    shuffled = Project(DEMO, tuple(reversed(page.files)))
    need = replace(NEED, targets=frozenset(targets))

    together = fitting(page, need)

    alone = [fitting(page, replace(need, targets=frozenset({one}))) for one in sorted(targets)]
    assert together.choices == tuple(choice for fit in alone for choice in fit.choices)
    assert fitting(shuffled, need) == together
    assert len(together.choices) == len(targets)
