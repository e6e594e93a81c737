"""Which wheels fit, by their tags."""

import pytest

from wheelyard.decide.tag_filter import Served, fits, has_wanted_tag, tags_of
from wheelyard.settings import TagPattern
from wheelyard.tags import Platform, parse_platform

LINUX = parse_platform("manylinux_2_28_x86_64")


@pytest.mark.parametrize(
    ("filename", "number"),
    [
        ("demo-1.0-py3-none-any.whl", 1),
        ("demo-1.0-1-py2.py3-none-any.whl", 2),
        ("demo-1.0-cp311.cp312-abi3.none-linux_x86_64.win32.whl", 8),
        ("Demo-1.0-CP311-cp311-WIN_AMD64.whl", 1),
        ("demo.whl", 0),
        ("demo-1.0.whl", 0),
        ("demo-py3-none-any.whl", 0),
        (f"demo-1.0-{'.'.join(['py3'] * 50)}-{'.'.join(['abi'] * 50)}-any.whl", 0),
    ],
)
def test_tags_are_every_combination(filename: str, number: int) -> None:
    """None, if nobody can read the name or it states more than an honest one."""
    assert len(tags_of(filename)) == number
    assert all("".join(tag).islower() for tag in tags_of(filename))


@pytest.mark.parametrize(
    ("tags", "python", "platform", "is_fit"),
    [
        ("cp311-cp311-manylinux_2_28_x86_64", "3.11", LINUX, True),
        ("cp311-cp311-manylinux_2_29_x86_64", "3.11", LINUX, False),
        ("cp311-cp311-manylinux_2_28_x86_64", "3.12", LINUX, False),
        ("cp39-abi3-manylinux2014_x86_64", "3.12", LINUX, True),
        ("cp311-cp311-any", "3.11", LINUX, False),
        ("py3-none-any", "3.11", LINUX, True),
        ("py2-none-any", "3.11", LINUX, False),
        ("cp311-cp311-win32", "3.11", None, True),
        ("cp311-cp311-plan9_mips", "3.11", None, True),
        ("cp311-cp311-any", "3.11", None, False),
        ("cp312-cp312-win32", "3.11", None, False),
        ("py38-none-any", "3.11", None, True),
        ("pp39-pypy39_pp73-manylinux_2_5_x86_64", None, LINUX, True),
        ("py2-none-any", None, LINUX, True),
        ("py3-none-win_amd64", None, LINUX, False),
        ("py3-none-plan9_mips", None, None, True),
    ],
)
def test_wheel_fits_who_is_served(
    tags: str, python: str | None, platform: Platform | None, *, is_fit: bool
) -> None:
    """Half open, a Python on any platform or a platform with any Python."""
    assert fits(tags_of(f"demo-1.0-{tags}.whl"), Served(python, platform)) is is_fit


@pytest.mark.parametrize(
    ("wanted", "unwanted", "is_wanted"),
    [
        ([], [], True),
        (["py2-*"], [], True),
        (["cp*"], [], False),
        ([], ["py2-*"], True),
        ([], ["py2-*", "*-any"], False),
        (["py3-none-any"], ["py3-*"], False),
    ],
)
def test_wheel_has_a_tag_that_is_wanted(
    wanted: list[str], unwanted: list[str], *, is_wanted: bool
) -> None:
    """One of several is enough; one that is unwanted does not count."""
    found = has_wanted_tag(
        tags_of("demo-1.0-py2.py3-none-any.whl"),
        [TagPattern(each) for each in wanted],
        [TagPattern(each) for each in unwanted],
    )

    assert found is is_wanted
