"""Version specifiers: what they allow, and which of them allow nothing."""

import pytest

from wheelyard.specifiers import (
    allows_python,
    allows_version,
    names_a_prerelease,
    nothing_satisfies,
    reaches_python,
)


@pytest.mark.parametrize(
    ("specifiers", "version", "is_allowed"),
    [
        ("", "1.0", True),
        (">=1.0", "1.1rc1", True),
        ("==1.0", "1.0+cpu", True),
        ("==1.0+cpu", "1.0", False),
        ("<2", "2", False),
        (">=1.0", "2004d", False),
        (">=1.0", "", False),
        ("no range", "1.0", False),
    ],
)
def test_version_is_in_a_range(specifiers: str, version: str, *, is_allowed: bool) -> None:
    """Pre-releases are, what is no version is not."""
    assert allows_version(specifiers, version) is is_allowed


@pytest.mark.parametrize(
    ("asked", "python", "is_allowed"),
    [
        (">=3.11.4", "3.11", True),
        (">=3.11.4", "3.11.3", False),
        ("!=3.11.0", "3.11", True),
        ("<3.11", "3.11", False),
        ("==3.11.*", "3.11.7", True),
        (">=3.12.0rc1", "3.12", True),
        (">=3.6.*", "3.4", True),
        ("nonsense", "3.11", True),
    ],
)
def test_python_is_allowed_in_any_of_its_patch_releases(
    asked: str, python: str, *, is_allowed: bool
) -> None:
    """As with installers, what cannot be read forbids nothing."""
    assert allows_python(asked, python) is is_allowed


@pytest.mark.parametrize(
    ("specifiers", "is_one"),
    [
        ("==1.0rc1", True),
        ("===1.0.dev3", True),
        (">=1,==2.0a1", True),
        (">=1.0rc1", False),
        ("==1.*", False),
        ("==1.0", False),
        ("nonsense", False),
    ],
)
def test_range_that_is_a_prerelease_is_known(specifiers: str, *, is_one: bool) -> None:
    """One that also has final releases is none."""
    assert names_a_prerelease(specifiers) is is_one


@pytest.mark.parametrize(
    ("specifiers", "is_empty"),
    [
        (">=2,<1", True),
        (">1,<=1", True),
        (">=1,<1", True),
        ("==1,==2", True),
        ("==1.0,>1.0", True),
        ("===unreadable", True),
        (">=1,<=1", False),
        ("==1.0,==1.0+cpu", False),
        ("==1.*,>=1.2", False),
        ("!=1.0", False),
        ("~=1.4,<2", False),
        ("", False),
    ],
)
def test_range_in_which_nothing_can_be_is_known(specifiers: str, *, is_empty: bool) -> None:
    """Only what is plainly empty is said to be: a wrong accusation would stop a good mirror."""
    assert nothing_satisfies(specifiers) is is_empty


@pytest.mark.parametrize(
    ("specifiers", "allows"),
    [
        (None, True),
        ("", True),
        (">=3.8", True),
        (">=3.12", False),
        (">=3.11.1", False),
        ("!=3.11.*", False),
        ("nonsense", True),
        (">=3.12 " * 2_000, True),
        (f">={'9' * 5_000}", True),
        (f">={'9' * 4_000}", False),
    ],
)
def test_full_version_of_python_is_allowed_unless_it_is_excluded(
    *, specifiers: str | None, allows: bool
) -> None:
    """What cannot be read forbids nothing, as with installers."""
    assert allows_python(specifiers, "3.11.0") is allows


@pytest.mark.parametrize(
    ("specifiers", "reaches"),
    [
        (None, True),
        (">=3.8,<3.11", True),
        ("<3", True),
        ("!=3.11.*", True),
        ("==3.10.*", True),
        ("==3.12.*", False),
        ("~=3.12", False),
        (">3.11.0", False),
        (">=3.12", False),
        ("nonsense", True),
    ],
)
def test_python_that_is_too_new_for_somebody_reaches_all_the_same(
    *, specifiers: str | None, reaches: bool
) -> None:
    """Only lower limits count, as with uv."""
    assert reaches_python(specifiers, "3.11.0") is reaches
