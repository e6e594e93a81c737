"""Two hundred projects as they are: every shape of file name that a real index has.

Each file knows what it is, because it was made so; whoever tests a reader of file names compares
with that.
"""

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from wheelyard.model import File, Project, ProjectStatus, StatusMarker
from wheelyard.names import Filename, ProjectName, normalise

__all__ = ["MadeFile", "MadeProject", "make_projects"]

Kind = Literal["wheel", "sdist", "other"]

NAMES: Final = (
    *("Django", "zope.interface", "ruamel.yaml", "A", "torch", "typing_extensions", "3to2"),
    *("backports.zoneinfo", "foo-bar", "foo-bar-baz", "Foo_Qux", "py2neo", "win32", "x1.y2"),
)
VERSIONS: Final = (
    *("0.1", "0.9.1", "1.0", "1.0.0", "1.0.1", "1.2", "1.10", "2.0", "2.0.1", "3.0", "10.0"),
    *("1.0a1", "1.2b2", "2.0rc1", "3.0rc2", "4.0a1", "4.0.dev3", "2.0rc1.dev2", "2.0.post1"),
    *("1.0+cpu", "1.0+cu118", "2.0+local.7", "1!0.5", "2024.1.31", "20110101", "0"),
)
ODD_SPELLINGS: Final = {
    "1.0a1": "1.0.alpha1",
    "2.0.post1": "2.0-1",
    "1.10": "v1.10",
    "3.0": "3.0.0",
}
UNREADABLE: Final = ("2004d", "1.0-final-beta", "0.1.x", "1.0.dev-r2345", "1_0")
TAGS: Final = (
    *("py3-none-any", "py2.py3-none-any", "py2-none-any", "py38-none-any", "py3-none-win_amd64"),
    *("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp311-cp311-win_amd64"),
    *("cp311-cp311-manylinux_2_28_x86_64", "cp311-cp311-manylinux_2_34_x86_64"),
    *("cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64", "cp312-cp312-win32"),
    *("cp38-abi3-manylinux_2_5_x86_64.manylinux1_x86_64", "cp39-abi3-macosx_11_0_arm64"),
    *("cp311-cp311-macosx_10_9_universal2", "cp310-cp310-macosx_10_9_x86_64"),
    *("cp313-cp313t-musllinux_1_2_x86_64", "cp312-cp312-musllinux_1_1_x86_64"),
    *("pp310-pypy310_pp73-win_amd64", "cp27-cp27mu-manylinux1_x86_64", "cp311-cp311-linux_x86_64"),
    *("cp311.cp312-none-any", "py3-none-manylinux_2_17_x86_64.musllinux_1_1_x86_64"),
    *("CP311-CP311-WIN_AMD64", "cp313-none-win_arm64", "cp37-cp37m-win_amd64"),
)
SOURCES: Final = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z")
OTHERS: Final = (
    *("-py2.7.egg", "-py3.6-linux-x86_64.egg", ".win32-py2.7.exe", ".win-amd64-py3.4.exe"),
    *(".win32-py2.7.msi", "-1.noarch.rpm", ".linux-x86_64.tar.gz", ".macosx-10.9-x86_64.zip"),
)
PYTHONS: Final = (
    *(None, None, ">=3.8", ">=3.12", "<3.12", ">=3.11.4", "==3.11.*", ">=2.7,!=3.0.*"),
    *("!=3.11.0,>=3.11", ">=3.6.*", "not one"),
)
STATUSES: Final[tuple[StatusMarker, ...]] = ("archived", "deprecated", "quarantined")


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file and what it is. ``version`` is None if nobody can read it, as are ``tags``."""

    file: File
    kind: Kind
    version: str | None
    tags: str | None = None


@dataclass(frozen=True, slots=True)
class MadeProject:
    """A project and what its files are, in the order of its page."""

    project: Project
    files: tuple[MadeFile, ...]


def make_projects(random: Random, number: int = 200) -> tuple[MadeProject, ...]:
    """Return so many projects, the same for the same ``random``."""
    made = []
    for each in range(number):
        shown = NAMES[each] if each < len(NAMES) else f"{random.choice(NAMES)}-{each:03}"
        made.append(_project(random, shown))
    return tuple(made)


def _project(random: Random, shown: str) -> MadeProject:
    """Return one project; one in ten has a status, and some have no files at all."""
    name = ProjectName(normalise(shown))
    status: StatusMarker = random.choice(STATUSES) if random.random() < 0.1 else "active"
    files: dict[str, MadeFile] = {}
    for version in random.sample(VERSIONS, random.randrange(len(VERSIONS))):
        is_yanked = random.random() < 0.15
        for made in _release(random, shown, version):
            files.setdefault(made.file.filename, _described(random, made, is_yanked=is_yanked))
    for odd in random.sample(UNREADABLE, random.randrange(3)):
        made = MadeFile(_file(f"{shown}-{odd}{random.choice(SOURCES[:3])}"), "sdist", None)
        files.setdefault(made.file.filename, _described(random, made, is_yanked=False))
    if random.random() < 0.1:
        wheel = f"{shown.replace('-', '_')}-2004d-py3-none-any.whl"
        made = MadeFile(_file(wheel), "wheel", None, "py3-none-any")
        files.setdefault(wheel, _described(random, made, is_yanked=False))
    if random.random() < 0.1:
        made = MadeFile(_file(f"{shown.replace('-', '_')}.whl"), "wheel", None, None)
        files.setdefault(made.file.filename, _described(random, made, is_yanked=False))
    listed = [*files.values()]
    random.shuffle(listed)
    page = Project(name, tuple(made.file for made in listed), status=ProjectStatus(status))
    return MadeProject(page, tuple(listed))


def _release(random: Random, shown: str, version: str) -> list[MadeFile]:
    """Return the files of one release: archives as of now or of old, wheels, and other formats."""
    spelled = ODD_SPELLINGS.get(version, version) if random.random() < 0.3 else version
    found = []
    if random.random() < 0.8:
        now = random.random() < 0.5 and "!" not in version
        stem = f"{normalise(shown).replace('-', '_')}-{version}" if now else f"{shown}-{spelled}"
        found.append(MadeFile(_file(stem + random.choice(SOURCES)), "sdist", version))
    for tags in random.sample(TAGS, random.randrange(6)):
        build = random.choice(["", "", "", "-1", "-2_local"])
        stem = f"{shown.replace('-', '_')}-{version}{build}-{tags}"
        found.append(MadeFile(_file(f"{stem}.whl"), "wheel", version, tags))
    if random.random() < 0.2 and "+" not in version:
        found.append(MadeFile(_file(f"{shown}-{version}{random.choice(OTHERS)}"), "other", version))
    return found


def _file(filename: str) -> File:
    return File(Filename(filename), f"http://files.example/{filename}")


def _described(random: Random, made: MadeFile, *, is_yanked: bool) -> MadeFile:
    """Return a file with what its page says of it, which may be nothing."""
    day, hour = random.randrange(1, 29), random.randrange(24)
    since = f"20{random.randrange(10, 27)}-0{random.randrange(1, 10)}-{day:02}T{hour:02}:00:00"
    reasons: tuple[bool | str, ...] = (True, "broken")
    yanked = random.choice(reasons) if is_yanked or random.random() < 0.03 else False
    file = File(
        made.file.filename,
        made.file.url,
        size=random.choice([None, 0, 10, 1_000, 5_000_000, 5_000_001, 900_000_000]),
        upload_time=random.choice([None, f"{since}Z", f"{since}.123456Z"]),
        requires_python=random.choice(PYTHONS),
        yanked=yanked,
    )
    return MadeFile(file, made.kind, made.version, made.tags)
