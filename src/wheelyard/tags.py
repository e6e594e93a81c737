"""Platforms, the tags of wheels that install there, and what markers mean there.

A *platform* is named by the newest tag that it takes: `manylinux_2_28_x86_64` is a Linux with
glibc 2.28, and takes wheels for older ones too. uv's names (`linux`, `x86_64-apple-darwin`) are
read as well. A Python is CPython.
Source: PEP 425 (tags), PEP 600 (manylinux), PEP 656 (musllinux), PEP 508 (markers).
"""

import re
from collections.abc import Iterator, Mapping
from platform import python_version
from typing import Final, NewType

from packaging import tags

from wheelyard.errors import BadInput

__all__ = [
    "KNOWN_PLATFORMS",
    "Platform",
    "compatible_tags",
    "machine_of",
    "marker_values",
    "parse_platform",
    "parse_python",
    "platform_tags",
    "this_platform",
    "this_python",
]

Platform = NewType("Platform", str)
"""A platform in its one spelling, such as `manylinux_2_28_x86_64`."""

KNOWN_PLATFORMS: Final = (
    *("linux", "windows", "macos", "manylinux_2_28_x86_64", "manylinux2014_aarch64"),
    *("musllinux_1_2_x86_64", "linux_x86_64", "win_amd64", "win_arm64", "win32"),
    *("macosx_11_0_arm64", "macosx_10_13_x86_64", "x86_64-unknown-linux-gnu"),
    *("aarch64-unknown-linux-musl", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"),
)
"""One example of each spelling, for messages."""

_GLIBC: Final = "manylinux_2_28"
_MUSL: Final = "musllinux_1_2"
_MACOS: Final = "macosx_13_0"
"""What uv takes for a platform that states no version; the same here, so that both agree."""

_MACHINES: Final = "x86_64|aarch64|i686|armv7l|ppc64le|s390x|riscv64|loongarch64"
_OLD_GLIBC: Final = {"manylinux2014": 17, "manylinux2010": 12, "manylinux1": 5}
_FIRST_GLIBC: Final = {"x86_64": 5, "i686": 5}
_FIRST_GLIBC_ELSEWHERE: Final = 17
_MAX_MINOR: Final = 99
_MAX_MACOS: Final = 99
_LAST_WITH_MINORS: Final = 10
_LAST_WITH_PYMALLOC: Final = 7

_MANYLINUX = re.compile(rf"manylinux_2_(\d{{1,3}})_({_MACHINES})")
_OLD_MANYLINUX = re.compile(rf"(manylinux(?:2014|2010|1))_({_MACHINES})")
_PLAIN_LINUX = re.compile(rf"linux_({_MACHINES})")
_MUSLLINUX = re.compile(rf"musllinux_1_(\d{{1,3}})_({_MACHINES})")
_MACOSX = re.compile(r"macosx_(\d{1,3})_(\d{1,3})_(arm64|x86_64)")
_UV_LINUX = re.compile(rf"({_MACHINES})-(?:unknown-linux(?:-(gnu|musl))?|(manylinux\w+))")
_PYTHON = re.compile(r"3\.(\d{1,2})(?:\.(\d{1,3}))?", re.ASCII)

_WINDOWS: Final = {"win_amd64": "AMD64", "win32": "x86", "win_arm64": "ARM64"}
_UV_NAMES: Final = {
    "linux": f"{_GLIBC}_x86_64",
    "windows": "win_amd64",
    "macos": f"{_MACOS}_arm64",
    "x86_64-pc-windows-msvc": "win_amd64",
    "aarch64-pc-windows-msvc": "win_arm64",
    "i686-pc-windows-msvc": "win32",
    "aarch64-apple-darwin": f"{_MACOS}_arm64",
    "x86_64-apple-darwin": f"{_MACOS}_x86_64",
}


def parse_platform(text: str) -> Platform:
    """Return the platform that ``text`` names: a wheel's tag, or one of uv's names.

    Raises:
        BadInput: it is unknown; the sentence lists examples of each spelling.
    """
    spelled = _spell(_UV_NAMES.get(text, text))
    if spelled is None:
        known = ", ".join(f"`{name}`" for name in KNOWN_PLATFORMS)
        message = (
            f"`{text[:80]!a}` is not a platform that is known: use a platform tag of wheels or a "
            f"name of uv, such as {known}."
        )
        raise BadInput(message)
    return Platform(spelled)


def _spell(text: str) -> str | None:
    """Return the one spelling of a platform, or None if it is unknown."""
    text = _as_a_tag(text)
    if text in _WINDOWS:
        return text
    if found := _MANYLINUX.fullmatch(text):
        minor, machine = int(found[1]), found[2]
        first = _FIRST_GLIBC.get(machine, _FIRST_GLIBC_ELSEWHERE)
        return f"manylinux_2_{minor}_{machine}" if first <= minor <= _MAX_MINOR else None
    if found := _MUSLLINUX.fullmatch(text):
        minor = int(found[1])
        return f"musllinux_1_{minor}_{found[2]}" if minor <= _MAX_MINOR else None
    if found := _MACOSX.fullmatch(text):
        return _spell_macos(int(found[1]), int(found[2]), found[3])
    return None


def _as_a_tag(text: str) -> str:
    """Return the tag for uv's name of a Linux, and the modern tag for an old one."""
    if found := _UV_LINUX.fullmatch(text):
        libc = found[3] or {"musl": _MUSL}.get(found[2], _GLIBC)
        text = f"{libc}_{found[1]}"
    if found := _PLAIN_LINUX.fullmatch(text):
        return f"{_GLIBC}_{found[1]}"
    if found := _OLD_MANYLINUX.fullmatch(text):
        return f"manylinux_2_{_OLD_GLIBC[found[1]]}_{found[2]}"
    return text


def _spell_macos(major: int, minor: int, machine: str) -> str | None:
    """Return the one spelling of a macOS, or None if there was none of that kind."""
    first = (11, 0) if machine == "arm64" else (10, 4)
    if not first <= (major, minor) or major > _MAX_MACOS or minor > _MAX_MINOR:
        return None
    # Since 11, wheels are tagged with the major version alone.
    return f"macosx_{major}_{minor if major == _LAST_WITH_MINORS else 0}_{machine}"


def parse_python(text: str) -> str:
    """Return a Python version, `3.11` or `3.11.4`, in its one spelling.

    Raises:
        BadInput: it is not one.
    """
    found = _PYTHON.fullmatch(text)
    if found is None:
        message = f"`{text[:80]!a}` is not a Python version: write it as `3.11` or `3.11.4`."
        raise BadInput(message)
    return ".".join(["3", *(str(int(part)) for part in found.groups() if part is not None)])


def this_python() -> str:
    """Return the version of the interpreter that runs this, with its patch."""
    return python_version().partition("+")[0]


def this_platform() -> Platform:
    """Return the platform of this machine.

    Raises:
        BadInput: it is none that is known; name one instead.
    """
    # Only as far as needed: to find out about musl the interpreter's own file is read.
    found = tags.platform_tags()
    first = next(found)
    rest = (tag for tag in found if not tag.startswith("linux_"))
    return parse_platform(next(rest, first) if first.startswith("linux_") else first)


def machine_of(platform: Platform) -> str:
    """Return what kind of processor a platform has, as its operating system calls it."""
    if platform in _WINDOWS:
        return _WINDOWS[platform]
    return platform.split("_", 3)[3]


def platform_tags(platform: Platform) -> tuple[str, ...]:
    """Return the platform tags of wheels that install there, the preferred one first.

    Without `any`, which installs everywhere.
    """
    if platform in _WINDOWS:
        return (platform,)
    kind, major, minor, machine = platform.split("_", 3)
    if kind == "macosx":
        return tuple(tags.mac_platforms((int(major), int(minor)), machine))
    if kind == "musllinux":
        found = [f"musllinux_1_{number}_{machine}" for number in range(int(minor), -1, -1)]
        return (f"linux_{machine}", *found)
    return (f"linux_{machine}", *_glibc_tags(int(minor), machine))


def _glibc_tags(newest: int, machine: str) -> Iterator[str]:
    """Yield the tags of all glibc versions down from ``newest``, with their old names."""
    old = {minor: name for name, minor in _OLD_GLIBC.items()}
    first = _FIRST_GLIBC.get(machine, _FIRST_GLIBC_ELSEWHERE)
    for minor in range(newest, first - 1, -1):
        yield f"manylinux_2_{minor}_{machine}"
        if minor in old:
            yield f"{old[minor]}_{machine}"


def compatible_tags(python: str, platform: Platform) -> tuple[str, ...]:
    """Return the tags of wheels (`py3-none-any`) that CPython ``python`` takes there, best first.

    Source: PEP 425, "Use"; the order is that of pip.
    """
    major, minor = (int(part) for part in python.split(".")[:2])
    where = platform_tags(platform)
    interpreter = f"cp{major}{minor}"
    abi = f"{interpreter}m" if minor <= _LAST_WITH_PYMALLOC else interpreter
    found = [
        *tags.cpython_tags((major, minor), abis=[abi], platforms=where),
        *tags.compatible_tags((major, minor), interpreter=interpreter, platforms=where),
    ]
    return tuple(dict.fromkeys(map(str, found)))


def marker_values(python: str, platform: Platform) -> Mapping[str, str]:
    """Return what markers are compared with there; a missing patch version counts as `.0`.

    What only a running system could say (its release and build) is empty, as with uv.
    Source: PEP 508, "Environment Markers".
    """
    parts = python.split(".")
    full = python if len(parts) > 2 else f"{python}.0"  # noqa: PLR2004  # major, minor, patch
    kind = platform.partition("_")[0]
    system = {"win": "Windows", "win32": "Windows", "macosx": "Darwin"}.get(kind, "Linux")
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "nt" if system == "Windows" else "posix",
        "platform_machine": machine_of(platform),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": system,
        "platform_version": "",
        "python_full_version": full,
        "python_version": ".".join(parts[:2]),
        "sys_platform": {"Windows": "win32", "Darwin": "darwin"}.get(system, "linux"),
    }
