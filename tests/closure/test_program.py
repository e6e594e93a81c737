"""uv, the program: where it is, and how it calls a platform."""

import os

import pytest

from wheelyard.closure.program import find_uv, uv_platform
from wheelyard.errors import BadInput
from wheelyard.tags import parse_platform


def test_uv_is_found_beside_us() -> None:
    """It is one of our dependencies, not whatever PATH has."""
    assert os.access(find_uv(), os.X_OK)


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("manylinux_2_28_x86_64", "x86_64-manylinux_2_28"),
        ("manylinux_2_36_aarch64", "aarch64-manylinux_2_36"),
        ("manylinux_2_30_x86_64", "x86_64-manylinux_2_28"),
        ("manylinux_2_99_x86_64", "x86_64-manylinux_2_40"),
        ("manylinux2014_x86_64", "x86_64-manylinux_2_17"),
        ("musllinux_1_2_x86_64", "x86_64-unknown-linux-musl"),
        ("musllinux_1_2_aarch64", "aarch64-unknown-linux-musl"),
        ("win_amd64", "x86_64-pc-windows-msvc"),
        ("win32", "i686-pc-windows-msvc"),
        ("macosx_11_0_arm64", "aarch64-apple-darwin"),
        ("macosx_10_13_x86_64", "x86_64-apple-darwin"),
    ],
)
def test_platform_is_called_as_uv_calls_it(platform: str, name: str) -> None:
    """Or the next older one of its kind, of which every wheel installs there too."""
    assert uv_platform(parse_platform(platform)) == name


@pytest.mark.parametrize("platform", ["manylinux_2_12_x86_64", "manylinux_2_28_s390x"])
def test_platform_that_uv_does_not_know_is_bad_input(platform: str) -> None:
    """The sentence says what to do."""
    with pytest.raises(BadInput, match="run this on such a machine"):
        uv_platform(parse_platform(platform))
