"""Build small, real wheels and sdists in memory, the same bytes every time.

Everything here is written with `zipfile` and `tarfile` alone, so that the archives owe nothing to
the code under test. A wheel has a correct `RECORD`; an sdist carries its own build backend, so pip
and uv build it with no network and no build requirements::

    wheel = make_wheel("demo", "1.0", requires=["other>=2"], payload_bytes=50_000)
    sdist = make_sdist("demo", "1.0")
"""

import base64
import gzip
import hashlib
import io
import re
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict, Unpack

__all__ = [
    "Closure",
    "Package",
    "Recipe",
    "RecipeWords",
    "closure",
    "make_sdist",
    "make_stub",
    "make_wheel",
    "normalize",
]

_LONG_AGO = datetime(2024, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
_ARCHIVE_TIME = (2024, 1, 1, 12, 0, 0)

# The backend zips `src/` and turns `PKG-INFO` into `METADATA`: a whole PEP 517 backend in one file.
_BACKEND = '''\
"""Build a wheel from this tree with nothing but the standard library."""

import base64
import hashlib
import pathlib
import zipfile

HERE = pathlib.Path(__file__).parent.parent
DISTRIBUTION = "@DISTRIBUTION@"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    files = {
        path.relative_to(HERE / "src").as_posix(): path.read_bytes()
        for path in sorted((HERE / "src").rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    info = DISTRIBUTION + ".dist-info/"
    files[info + "METADATA"] = (HERE / "PKG-INFO").read_bytes()
    files[info + "WHEEL"] = (
        b"Wheel-Version: 1.0\\nGenerator: in-tree\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    )
    lines = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(content)}\\n")
    files[info + "RECORD"] = ("".join(lines) + info + "RECORD,,\\n").encode()
    name = DISTRIBUTION + "-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return name


def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError("this tree came out of an sdist already")
'''

_PYPROJECT = """\
[build-system]
requires = []
build-backend = "tiny_backend"
backend-path = ["backend"]
"""


@dataclass(frozen=True, slots=True)
class Package:
    """One archive and what an index says about it; `sha256` is 64 lower-case hex digits."""

    filename: str
    name: str
    version: str
    content: bytes = field(repr=False)
    sha256: str = field(repr=False)
    metadata: bytes | None = field(repr=False, default=None)
    requires_python: str | None = None
    upload_time: datetime = _LONG_AGO

    @property
    def size(self) -> int:
        """Return the number of bytes of the archive."""
        return len(self.content)

    @property
    def is_wheel(self) -> bool:
        """Say whether this is a wheel rather than an sdist."""
        return self.filename.endswith(".whl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What may be said about an archive besides its name and version."""

    requires: Sequence[str] = ()
    requires_python: str | None = None
    extras: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tag: str = "py3-none-any"
    payload_bytes: int = 0
    modules: Mapping[str, str] | None = None
    upload_time: datetime = _LONG_AGO
    legacy_filename: bool = False
    metadata_version: str = "2.2"
    fields: Sequence[tuple[str, str]] = ()


class RecipeWords(TypedDict, total=False):
    """The keywords of `make_wheel` and `make_sdist`: the fields of `Recipe`, all optional.

    `extras` maps an extra to its requirements and `modules` a path to its source. `payload_bytes`
    adds a file that does not compress. `legacy_filename` keeps dots, dashes and capitals of the
    name in the file name, as archives made before PEP 625 do. `fields` are further lines of the
    metadata, such as `("License-File", "LICENSE")`; that file is then in the archive.
    """

    requires: Sequence[str]
    requires_python: str | None
    extras: Mapping[str, Sequence[str]]
    tag: str
    payload_bytes: int
    modules: Mapping[str, str] | None
    upload_time: datetime
    legacy_filename: bool
    metadata_version: str
    fields: Sequence[tuple[str, str]]


def normalize(name: str) -> str:
    """Return the name as it stands in the address of a project page (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def make_wheel(name: str, version: str, **words: Unpack[RecipeWords]) -> Package:
    """Return an installable wheel."""
    recipe = Recipe(**words)
    escaped = name.replace("-", "_") if recipe.legacy_filename else _importable(name)
    metadata = _render_metadata(name, version, recipe)
    info = f"{escaped}-{version}.dist-info/"
    files = _render_modules(name, version, recipe)
    files |= {f"{info}licenses/{path}": b"As you like it.\n" for path in _license_files(recipe)}
    files[f"{info}METADATA"] = metadata
    files[f"{info}WHEEL"] = _render_wheel_file(recipe.tag)
    files[f"{info}RECORD"] = _render_record(files, f"{info}RECORD")
    content = _zip(files)
    return Package(
        filename=f"{escaped}-{version}-{recipe.tag}.whl",
        name=name,
        version=version,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        metadata=metadata,
        requires_python=recipe.requires_python,
        upload_time=recipe.upload_time,
    )


def make_sdist(name: str, version: str, **words: Unpack[RecipeWords]) -> Package:
    """Return an sdist that any PEP 517 front end builds offline."""
    recipe = Recipe(**words)
    escaped = name if recipe.legacy_filename else _importable(name)
    folder = f"{escaped}-{version}"
    backend = _BACKEND.replace("@DISTRIBUTION@", f"{_importable(name)}-{version}")
    files = {
        f"{folder}/PKG-INFO": _render_metadata(name, version, recipe),
        f"{folder}/pyproject.toml": _PYPROJECT.encode(),
        f"{folder}/backend/tiny_backend.py": backend.encode(),
    }
    files |= {f"{folder}/{path}": b"As you like it.\n" for path in _license_files(recipe)}
    for path, source in _render_modules(name, version, recipe).items():
        files[f"{folder}/src/{path}"] = source
    content = _tar(files)
    return Package(
        filename=f"{folder}.tar.gz",
        name=name,
        version=version,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        requires_python=recipe.requires_python,
        upload_time=recipe.upload_time,
    )


def make_stub(name: str, version: str) -> Package:
    """Return a file that is a wheel by name only, for pages of which nobody installs anything."""
    content = f"{name} {version}\n".encode()
    metadata = _render_metadata(name, version, Recipe())
    return Package(
        filename=f"{_importable(name)}-{version}-py3-none-any.whl",
        name=name,
        version=version,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        metadata=metadata,
        requires_python=">=3.8",
    )


def _importable(name: str) -> str:
    return normalize(name).replace("-", "_")


def _render_metadata(name: str, version: str, recipe: Recipe) -> bytes:
    lines = [f"Metadata-Version: {recipe.metadata_version}", f"Name: {name}"]
    lines += [f"Version: {version}", f"Summary: {name} for tests"]
    lines += [f"{field}: {value}" for field, value in recipe.fields]
    if recipe.requires_python is not None:
        lines.append(f"Requires-Python: {recipe.requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in recipe.requires]
    for extra, requirements in recipe.extras.items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {each}; extra == "{extra}"' for each in requirements]
    return ("\n".join(lines) + f"\n\n{name}, built in memory.\n").encode()


def _license_files(recipe: Recipe) -> Iterable[str]:
    return (value for field, value in recipe.fields if field == "License-File")


def _render_modules(name: str, version: str, recipe: Recipe) -> dict[str, bytes]:
    package = _importable(name)
    modules = recipe.modules
    if modules is None:
        modules = {f"{package}/__init__.py": f'version = "{version}"\n'}
    files = {path: source.encode() for path, source in modules.items()}
    if recipe.payload_bytes:
        seed = f"{name} {version}".encode()
        files[f"{package}/payload.bin"] = hashlib.shake_256(seed).digest(recipe.payload_bytes)
    return files


def _render_wheel_file(tag: str) -> bytes:
    pythons, abis, platforms = (part.split(".") for part in tag.split("-"))
    lines = ["Wheel-Version: 1.0", "Generator: support", "Root-Is-Purelib: true"]
    lines += [f"Tag: {p}-{abi}-{where}" for p in pythons for abi in abis for where in platforms]
    return ("\n".join(lines) + "\n").encode()


def _render_record(files: Mapping[str, bytes], itself: str) -> bytes:
    lines = [f"{path},{_digest(content)},{len(content)}" for path, content in files.items()]
    return ("\n".join([*lines, f"{itself},,"]) + "\n").encode()


def _digest(content: bytes) -> str:
    raw = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return "sha256=" + raw.rstrip(b"=").decode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _ARCHIVE_TIME)
            entry.external_attr = 0o100644 << 16
            compresses = not path.endswith(".bin")
            entry.compress_type = zipfile.ZIP_DEFLATED if compresses else zipfile.ZIP_STORED
            archive.writestr(entry, content)
    return stream.getvalue()


def _tar(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            entry.mtime = int(_LONG_AGO.timestamp())
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class Closure:
    """A root project and everything it needs; `expected` is what a resolver must choose."""

    root: str
    packages: tuple[Package, ...]
    expected: Mapping[str, str]


def closure(count: int = 40) -> Closure:
    """Return `count` projects of which the first needs all others, directly or through others.

    Every third has three versions, every fourth an sdist beside its wheel, every tenth only an
    sdist, and the names come with dots, underscores, dashes and capitals. The newest version of
    each is the expected one, except that the third of every six is held below 2 by whoever
    requires it.
    """
    expected: dict[str, str] = {}
    packages: list[Package] = []
    for number in range(count):
        versions = ["1.0", "1.5", "2.0"] if number % 3 == 2 else ["1.0"]
        name = _closure_name(number)
        expected[normalize(name)] = "1.5" if _is_held_back(number) else versions[-1]
        requires = list(_closure_needs(number, count))
        for version in versions:
            packages += _closure_archives(number, name, version, requires)
    return Closure(_closure_name(0), tuple(packages), expected)


def _closure_name(number: int) -> str:
    patterns = ("acme-tool-{}", "Acme.Core.{}", "acme_lib_{}", "ACME{}", "acme.Plug_in-{}")
    return patterns[number % len(patterns)].format(number)


def _is_held_back(number: int) -> bool:
    return number % 6 == 2


def _closure_needs(number: int, count: int) -> Iterable[str]:
    for child in (2 * number + 1, 2 * number + 2):
        if child < count:
            limit = "<2" if _is_held_back(child) else ""
            yield f"{_closure_name(child)}>=1.0{',' if limit else ''}{limit}"


def _closure_archives(
    number: int, name: str, version: str, requires: Sequence[str]
) -> Iterable[Package]:
    only_sdist = number % 10 == 9
    if not only_sdist:
        yield make_wheel(name, version, requires=requires, requires_python=">=3.8")
    if only_sdist or number % 4 == 3:
        yield make_sdist(name, version, requires=requires, requires_python=">=3.8")
