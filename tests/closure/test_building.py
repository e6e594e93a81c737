"""Building: what every sdist needs to be built, resolved for itself, and so on."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from support.closures import LINUX, WINDOWS, PackageIndex, chosen, written
from support.packages import Package, make_sdist, make_wheel
from wheelyard.closure import Closing, close, resolving
from wheelyard.closure.resolver import Outcome, Question, resolve

pytestmark = pytest.mark.anyio

TAG = "cp311-cp311-win_amd64"


def sdist_of(
    name: str, requires: Sequence[str] | None, *, backend: str = "own", version: str = "1.0"
) -> Package:
    """Return an sdist that needs something to be built; None: it does not say what."""
    folder = f"{name.replace('-', '_')}-{version}"
    head = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n\n"
    members = {f"{folder}/PKG-INFO": head}
    if requires is not None:
        system = (
            f'[build-system]\nrequires = {json.dumps([*requires])}\nbuild-backend = "{backend}"\n'
        )
        members[f"{folder}/pyproject.toml"] = system
    content = packed(members)
    return Package(f"{folder}.tar.gz", name, version, content, sha256(content).hexdigest(), None)


def packed(members: Mapping[str, str]) -> bytes:
    """Return a tar archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, text in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(stream.getvalue(), mtime=0)


async def test_sdist_needs_what_its_build_needs_where_it_is_built(tmp_path: Path) -> None:
    """A target with a wheel builds nothing."""
    index = PackageIndex(
        sdist_of("native", ["backend>=1"]),
        make_wheel("native", "1.0", tag=TAG),
        make_wheel("backend", "1.0", requires=["deeper; sys_platform == 'linux'"]),
        make_wheel("deeper", "1.0"),
    )

    found = await close([written(tmp_path, "native\n")], [LINUX, WINDOWS], index)

    assert found.problems == ()
    assert chosen(found, LINUX) == chosen(found, WINDOWS) == {"native": "1.0"}
    assert chosen(found, LINUX, is_build=True) == {"backend": "1.0", "deeper": "1.0"}
    assert chosen(found, WINDOWS, is_build=True) == {}
    assert {one.why for one in found.needed if one.is_build} == {"needed to build native 1.0"}


async def test_what_builds_may_have_to_be_built(tmp_path: Path) -> None:
    """It is followed until nothing new is found, also in a circle."""
    index = PackageIndex(
        sdist_of("native", ["backend"]),
        sdist_of("backend", ["bootstrap"]),
        sdist_of("bootstrap", ["backend"]),
    )

    found = await close([written(tmp_path, "native\n")], [LINUX], index)

    assert chosen(found, LINUX, is_build=True) == {"backend": "1.0", "bootstrap": "1.0"}
    assert found.problems == ()


async def test_each_build_is_resolved_for_itself(tmp_path: Path) -> None:
    """Two builds may need two versions of one project."""
    index = PackageIndex(
        sdist_of("one", ["backend<2"]),
        sdist_of("two", ["backend>=2"]),
        make_wheel("backend", "1.0"),
        make_wheel("backend", "2.0"),
    )

    found = await close([written(tmp_path, "one\ntwo\nbackend==1.0\n")], [LINUX], index)

    assert [(one.name, one.version, one.is_build) for one in found.needed] == [
        ("backend", "1.0", False),
        ("backend", "1.0", True),
        ("backend", "2.0", True),
        ("one", "1.0", False),
        ("two", "1.0", False),
    ]


@pytest.mark.parametrize(
    ("setuptools", "needed"),
    [
        ("68.0", {"setuptools": "68.0", "wheel": "0.4"}),
        ("70.1", {"setuptools": "70.1"}),
    ],
)
async def test_old_setuptools_needs_wheel(
    tmp_path: Path, setuptools: str, needed: dict[str, str]
) -> None:
    """It asks for it while it runs, so no file says so."""
    index = PackageIndex(
        sdist_of("plain", None), make_wheel("setuptools", setuptools), make_wheel("wheel", "0.4")
    )

    found = await close([written(tmp_path, "plain\n")], [LINUX], index)

    assert chosen(found, LINUX, is_build=True) == needed


async def test_build_requirement_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    """The sentence names what cannot be built, and why."""
    index = PackageIndex(sdist_of("native", ["no-such-backend"]))

    found = await close([written(tmp_path, "native\n")], [LINUX], index)

    assert len(found.problems) == 1
    assert found.problems[0].startswith("`native` 1.0 cannot be built: Nothing satisfies")
    assert "no-such-backend" in found.problems[0]


async def test_build_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """Then nobody knows what building takes."""
    index = PackageIndex(sdist_of("native", ["not a requirement"]))

    found = await close([written(tmp_path, "native\n")], [LINUX], index)

    assert len(found.problems) == 1
    assert found.problems[0].startswith(
        f"What `native-1.0.tar.gz` needs to be built on {LINUX} cannot be known: "
    )


async def test_builds_may_be_left_out(tmp_path: Path) -> None:
    """For those who have their build tools elsewhere."""
    index = PackageIndex(sdist_of("native", ["backend"]))

    found = await close([written(tmp_path, "native\n")], [LINUX], index, Closing(with_build=False))

    assert [one.name for one in found.needed] == ["native"]
    assert found.problems == ()


async def test_locked_sdist_needs_its_build_too(tmp_path: Path) -> None:
    """Locks do not lock what building takes."""
    package = sdist_of("native", ["backend"])
    text = f"""lock-version = "1.0"
created-by = "a-locker"

[[packages]]
name = "native"
version = "1.0"
sdist = {{ name = "{package.filename}", hashes = {{ sha256 = "{package.sha256}" }} }}
"""
    index = PackageIndex(package, make_wheel("backend", "1.0"))

    found = await close([written(tmp_path, text, "pylock.toml")], [LINUX], index)

    assert chosen(found, LINUX, is_build=True) == {"backend": "1.0"}


async def test_page_that_is_not_there_is_left_to_who_wants_its_files(tmp_path: Path) -> None:
    """A lock may name what the index has lost; the closure still says that it is needed."""
    package = make_sdist("gone", "1.0")
    text = f"""lock-version = "1.0"
created-by = "a-locker"

[[packages]]
name = "gone"
version = "1.0"
sdist = {{ name = "{package.filename}", hashes = {{ sha256 = "{package.sha256}" }} }}
"""

    found = await close([written(tmp_path, text, "pylock.toml")], [LINUX], PackageIndex())

    assert chosen(found, LINUX) == {"gone": "1.0"}
    assert found.problems == ()


@pytest.mark.parametrize(
    "text",
    [
        "tool @ http://127.0.0.1:9/tool-1.0-py3-none-any.whl",
        "tool @ git+http://127.0.0.1:9/tool",
        "tool @ x:y\n--extra-index-url=http://127.0.0.1:9/",
        "tool; sys_platform != 'x\n--find-links=http://127.0.0.1:9/'",
    ],
)
async def test_build_requirement_leads_the_resolver_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """A stranger wrote it: no address, and no line that the resolver would take for an option."""
    asked: list[str] = []

    async def note(question: Question, work: Path, seconds: float) -> Outcome:
        asked.extend(question.requirements)
        return await resolve(question, work, seconds)

    monkeypatch.setattr(resolving, "resolve", note)
    index = PackageIndex(sdist_of("native", [text]), make_wheel("tool", "1.0"))

    found = await close([written(tmp_path, "native\n")], [LINUX], index)

    assert asked == ["native"]
    assert len(found.problems) == 1
    assert "cannot be known" in found.problems[0]
