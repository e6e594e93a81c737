"""A made-up index as files for a web server: a list with serials, pages, JSON API, small files.

Everything follows from a number, so that a program may make it again instead of keeping it: names,
digests and contents. Shaped like PyPI's: pages state size, digest, upload time, Python and metadata
of each file. `revision` counts how often a project was released anew; each release adds two files.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from zlib import crc32

__all__ = ["FILES", "RELEASES", "SIZE", "SyntheticIndex", "SyntheticProject", "name_of"]

FILES = 4
SIZE = 2048
RELEASES = 2
_UPLOADED = "2026-0{}-01T12:00:00.000000Z"


def name_of(number: int) -> str:
    """Return the name of a project, in its normal form."""
    return f"bench-project-{number:06d}"


@dataclass(frozen=True, slots=True)
class SyntheticFile:
    """One file of a project. A wheel has its metadata in it, stored; the rest is its own name."""

    filename: str
    version: str

    @property
    def content(self) -> bytes:
        """Return its bytes."""
        line = f"{self.filename}\n".encode()
        padding = (line * (SIZE // len(line) + 1))[:SIZE]
        if not self.filename.endswith(".whl"):
            return padding
        folder = "-".join(self.filename.split("-")[:2])
        name = f"{folder}.dist-info/METADATA".encode()
        return _pack_one(name, self.metadata, padding, SIZE)

    @property
    def metadata(self) -> bytes:
        """Return the bytes of its metadata file."""
        return f"Metadata-Version: 2.1\nName: bench\nVersion: {self.version}\n".encode()

    @property
    def uploaded_at(self) -> str:
        """Return when it was uploaded, as pages have it."""
        return _UPLOADED.format(int(self.version.partition(".")[2]) % 9 + 1)


def _pack_one(name: bytes, content: bytes, padding: bytes, size: int) -> bytes:
    """Return a zip archive of one stored member that has `size` bytes, `padding` before it."""
    sizes = struct.pack("<LLLHH", crc32(content), len(content), len(content), len(name), 0)
    common = struct.pack("<HHHHH", 20, 0, 0, 0, 0x21) + sizes
    local = b"PK\x03\x04" + common + name + content
    entry_size, end_size = 46 + len(name), 22
    at = size - len(local) - entry_size - end_size
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHLL", 0, 0, 0, 0, at)
    end = struct.pack("<HHHHLLH", 0, 0, 1, 1, entry_size, at + len(local), 0)
    return padding[:at] + local + entry + name + b"PK\x05\x06" + end


@dataclass(frozen=True, slots=True)
class SyntheticProject:
    """One project after so many more releases than it had at first."""

    number: int
    revision: int = 0
    releases: int = RELEASES

    @property
    def name(self) -> str:
        """Return its name."""
        return name_of(self.number)

    @property
    def serial(self) -> int:
        """Return its serial: it grows with every release."""
        return self.number + 1 + 10_000_000 * self.revision

    def files(self) -> Iterator[SyntheticFile]:
        """Yield its files, a wheel and an sdist of each release."""
        stem = self.name.replace("-", "_")
        for release in range(self.releases + self.revision):
            version = f"1.{release}"
            yield SyntheticFile(f"{stem}-{version}-py3-none-any.whl", version)
            yield SyntheticFile(f"{stem}-{version}.tar.gz", version)

    def page(self, base_url: str) -> bytes:
        """Return the page of the Simple API, version 1.1. Source: PEP 691, PEP 700."""
        versions = ",".join(f'"1.{release}"' for release in range(self.releases + self.revision))
        files = ",".join(self._file(file, base_url) for file in self.files())
        return (
            f'{{"meta":{{"_last-serial":{self.serial},"api-version":"1.1"}},'
            f'"name":"{self.name}","versions":[{versions}],"files":[{files}]}}'
        ).encode()

    def document(self, base_url: str) -> bytes:
        """Return the document of the JSON API, with what mirror programs read of it."""
        releases: dict[str, list[str]] = {}
        for file in self.files():
            releases.setdefault(file.version, []).append(_release_file(file, base_url))
        last = list(releases)[-1]
        body = ",".join(f'"{name}":[{",".join(each)}]' for name, each in releases.items())
        return (
            f'{{"info":{{"name":"{self.name}","version":"{last}","author":"","summary":"made up",'
            f'"description":"","requires_dist":null,"yanked":false,"classifiers":[]}},'
            f'"last_serial":{self.serial},"releases":{{{body}}},"urls":[{",".join(releases[last])}]'
            f',"vulnerabilities":[]}}'
        ).encode()

    def _file(self, file: SyntheticFile, base_url: str) -> str:
        digest = sha256(file.content).hexdigest()
        metadata = ""
        if file.filename.endswith(".whl"):
            stated = f'{{"sha256":"{sha256(file.metadata).hexdigest()}"}}'
            metadata = f'"core-metadata":{stated},"data-dist-info-metadata":{stated},'
        return (
            f'{{"filename":"{file.filename}","hashes":{{"sha256":"{digest}"}},{metadata}'
            f'"provenance":null,"requires-python":">=3.8","size":{SIZE},'
            f'"upload-time":"{file.uploaded_at}",'
            f'"url":"{base_url}/{path_of(file.filename)}","yanked":false}}'
        )


def _release_file(file: SyntheticFile, base_url: str) -> str:
    """Return one file of a release in the JSON API."""
    is_wheel = file.filename.endswith(".whl")
    return (
        f'{{"filename":"{file.filename}","digests":{{"md5":"","sha256":'
        f'"{sha256(file.content).hexdigest()}"}},"size":{SIZE},"has_sig":false,'
        f'"packagetype":"{"bdist_wheel" if is_wheel else "sdist"}","python_version":"py3",'
        f'"requires_python":">=3.8","upload_time":"2026-01-01T12:00:00",'
        f'"upload_time_iso_8601":"{file.uploaded_at}","yanked":false,'
        f'"yanked_reason":null,"url":"{base_url}/{path_of(file.filename)}"}}'
    )


def path_of(filename: str) -> str:
    """Return the path of a file, shaped like PyPI's."""
    digest = sha256(filename.encode()).hexdigest()
    return f"packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{filename}"


@dataclass(slots=True)
class SyntheticIndex:
    """An index in a folder; `base_url` is where a web server has the folder."""

    folder: Path
    base_url: str
    projects: int
    has_files: bool = True
    has_documents: bool = True
    releases: int = RELEASES
    _revisions: dict[int, int] = field(default_factory=dict)

    def write(self) -> None:
        """Write everything."""
        for number in range(self.projects):
            self._write_project(SyntheticProject(number, 0, self.releases))
        self._write_list()

    def change(self, numbers: Iterable[int]) -> None:
        """Release some projects anew."""
        for number in numbers:
            self._revisions[number] = self._revisions.get(number, 0) + 1
            self._write_project(SyntheticProject(number, self._revisions[number], self.releases))
        self._write_list()

    def _write_list(self) -> None:
        """Write the list of projects with the serial of each, as PyPI has it."""
        every = (SyntheticProject(at, self._revisions.get(at, 0)) for at in range(self.projects))
        lines = [f'{{"_last-serial":{each.serial},"name":"{each.name}"}}' for each in every]
        last = max(
            (SyntheticProject(at, count).serial for at, count in self._revisions.items()),
            default=self.projects,
        )
        head = f'{{"meta":{{"_last-serial":{last},"api-version":"1.1"}},"projects":['
        _write(self.folder / "simple" / "index.json", (head + ",".join(lines) + "]}").encode())

    def _write_project(self, project: SyntheticProject) -> None:
        """Write the page of a project, its document, and the files that were not there."""
        page = project.page(self.base_url)
        _write(self.folder / "simple" / project.name / "index.json", page)
        if self.has_documents:
            document = project.document(self.base_url)
            _write(self.folder / "pypi" / project.name / "json", document)
        for file in project.files() if self.has_files else ():
            path = self.folder / path_of(file.filename)
            if not path.exists():
                _write(path, file.content)


def _write(path: Path, content: bytes) -> None:
    """Write a file into a folder that may not be there yet, never half of it under its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_bytes(content)
    temporary.replace(path)
