"""uv, the program: where it is, and how it calls a platform."""

import re
from pathlib import Path
from typing import Final

from uv import find_uv_bin

from wheelyard.errors import BadInput, Unavailable
from wheelyard.tags import Platform

__all__ = ["find_uv", "uv_platform"]

_MANYLINUX = re.compile(r"manylinux_2_(\d+)_(x86_64|aarch64)")
_KNOWN_GLIBC: Final = (17, 28, *range(31, 41))
_NAMES: Final = {
    "win_amd64": "x86_64-pc-windows-msvc",
    "win_arm64": "aarch64-pc-windows-msvc",
    "win32": "i686-pc-windows-msvc",
}


def find_uv() -> Path:
    """Return where uv is that was installed with us.

    Raises:
        Unavailable: it is not there.
    """
    try:
        return Path(find_uv_bin())
    except FileNotFoundError as error:
        raise Unavailable("uv", f"it is not installed beside us: {error}") from error


def uv_platform(platform: Platform) -> str:
    """Return the name under which uv installs for ``platform``, or for an older one of its kind.

    Raises:
        BadInput: uv knows none.
    """
    if platform in _NAMES:
        return _NAMES[platform]
    if found := _MANYLINUX.fullmatch(platform):
        known = [minor for minor in _KNOWN_GLIBC if minor <= int(found[1])]
        if known:
            return f"{found[2]}-manylinux_2_{known[-1]}"
    kind, _, machine = platform.partition("_")
    if kind == "musllinux" and machine.endswith(("x86_64", "aarch64")):
        return f"{'x86_64' if machine.endswith('x86_64') else 'aarch64'}-unknown-linux-musl"
    if kind == "macosx":
        return f"{'aarch64' if machine.endswith('arm64') else 'x86_64'}-apple-darwin"
    raise BadInput(
        f"uv does not install for `{platform}` from elsewhere: run this on such a machine."
    )
