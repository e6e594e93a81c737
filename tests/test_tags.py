"""Platforms and tags: the spellings of wheels and of uv, and what packaging says of here."""

import pytest
from packaging import tags

from wheelyard.errors import BadInput
from wheelyard.tags import (
    KNOWN_PLATFORMS,
    Platform,
    compatible_tags,
    machine_of,
    marker_values,
    parse_platform,
    parse_python,
    platform_tags,
    this_platform,
    this_python,
)


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux", "manylinux_2_28_x86_64"),
        ("linux_aarch64", "manylinux_2_28_aarch64"),
        ("manylinux1_i686", "manylinux_2_5_i686"),
        ("manylinux2010_x86_64", "manylinux_2_12_x86_64"),
        ("manylinux2014_s390x", "manylinux_2_17_s390x"),
        ("manylinux_2_39_riscv64", "manylinux_2_39_riscv64"),
        ("musllinux_1_1_x86_64", "musllinux_1_1_x86_64"),
        ("windows", "win_amd64"),
        ("win32", "win32"),
        ("aarch64-pc-windows-msvc", "win_arm64"),
        ("macos", "macosx_13_0_arm64"),
        ("macosx_11_3_arm64", "macosx_11_0_arm64"),
        ("macosx_10_9_x86_64", "macosx_10_9_x86_64"),
        ("x86_64-apple-darwin", "macosx_13_0_x86_64"),
        ("x86_64-manylinux_2_31", "manylinux_2_31_x86_64"),
        ("aarch64-manylinux2014", "manylinux_2_17_aarch64"),
        ("x86_64-unknown-linux-musl", "musllinux_1_2_x86_64"),
        ("riscv64-unknown-linux", "manylinux_2_28_riscv64"),
    ],
)
def test_platform_has_one_spelling(text: str, platform: str) -> None:
    """Tags of wheels, their old names and uv's names come to the same platforms."""
    parsed = parse_platform(text)

    assert parsed == platform
    assert parse_platform(parsed) == parsed


@pytest.mark.parametrize(
    "text",
    [
        *("", "amiga", "any", "LINUX", "manylinux_2_28", "manylinux_2_4_x86_64", "linux\n"),
        *("manylinux_2_5_aarch64", "manylinux_3_1_x86_64", "macosx_10_9_arm64", "win_ia64"),
        *("macosx_11_0_universal2", "manylinux_2_999_x86_64", "musllinux_2_0_x86_64"),
    ],
)
def test_unknown_platform_is_refused_with_those_that_are_known(text: str) -> None:
    """Whoever mistypes a platform sees an example of each spelling."""
    with pytest.raises(BadInput) as caught:
        parse_platform(text)

    assert all(f"`{name}`" in str(caught.value) for name in KNOWN_PLATFORMS)


@pytest.mark.parametrize("name", KNOWN_PLATFORMS)
def test_platform_that_is_named_as_known_is_known(name: str) -> None:
    """The message does not send anybody astray."""
    assert platform_tags(parse_platform(name))


@pytest.mark.parametrize(("text", "python"), [("3.11", "3.11"), ("3.9.07", "3.9.7")])
def test_python_has_one_spelling(text: str, python: str) -> None:
    """Versions come out as they are written by everybody."""
    assert parse_python(text) == python


@pytest.mark.parametrize("text", ["", "3", "2.7", "3.x", "3.11.4.1", "cp311", "3.11\n", "³.1"])
def test_what_is_no_python_is_refused(text: str) -> None:
    """The sentence says how to write one."""
    with pytest.raises(BadInput, match=r"write it as `3\.11` or `3\.11\.4`"):
        parse_python(text)


def test_tags_of_this_machine_are_those_that_packaging_states() -> None:
    """What installs here is what installers on this interpreter take, in the same order."""
    own = compatible_tags(this_python(), this_platform())

    assert own == tuple(map(str, tags.sys_tags()))


def test_linux_takes_wheels_of_older_ones() -> None:
    """A platform is named by the newest tag that it takes."""
    found = platform_tags(Platform("manylinux_2_17_x86_64"))

    assert found[:3] == ("linux_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
    assert found[-1] == "manylinux1_x86_64"
    assert "manylinux_2_18_x86_64" not in found


def test_macos_takes_universal_wheels() -> None:
    """Wheels for both kinds of processors install on each."""
    assert "macosx_11_0_universal2" in platform_tags(Platform("macosx_13_0_arm64"))


def test_windows_takes_only_its_own() -> None:
    """Nothing else installs there but what installs everywhere."""
    found = compatible_tags("3.11", Platform("win_amd64"))

    assert found[0] == "cp311-cp311-win_amd64"
    assert "cp38-abi3-win_amd64" in found
    assert found[-1] == "py30-none-any"


def test_old_python_has_its_own_abi() -> None:
    """Until 3.7 the ABI of CPython ended in `m`."""
    assert compatible_tags("3.7", Platform("win32"))[0] == "cp37-cp37m-win32"


@pytest.mark.parametrize(
    ("platform", "system", "machine"),
    [
        ("manylinux_2_28_x86_64", "Linux", "x86_64"),
        ("musllinux_1_2_aarch64", "Linux", "aarch64"),
        ("macosx_10_13_x86_64", "Darwin", "x86_64"),
        ("win_amd64", "Windows", "AMD64"),
        ("win_arm64", "Windows", "ARM64"),
        ("win32", "Windows", "x86"),
    ],
)
def test_markers_say_what_the_platform_says_of_itself(
    platform: str, system: str, machine: str
) -> None:
    """The names are those that Python gives there."""
    values = marker_values("3.11", Platform(platform))

    assert (values["platform_system"], values["platform_machine"]) == (system, machine)
    assert machine_of(Platform(platform)) == machine


def test_python_without_a_patch_counts_as_the_first() -> None:
    """As with uv: what holds for the first patch is sure to hold."""
    assert marker_values("3.11", Platform("win32"))["python_full_version"] == "3.11.0"
    assert marker_values("3.11.4", Platform("win32"))["python_version"] == "3.11"
