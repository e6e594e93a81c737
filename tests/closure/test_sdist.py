"""Sdists, read in passing: what is wanted comes out, what is hostile is refused."""

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.packages import make_sdist
from wheelyard.closure import sdist as sdist_module
from wheelyard.closure.sdist import SdistFacts, read_sdist
from wheelyard.errors import BadInput

MEMBERS = {
    "demo-1.0/PKG-INFO": b"Metadata-Version: 2.1\n",
    "demo-1.0/setup.py": b"raise SystemExit\n",
    "demo-1.0/src/demo.egg-info/requires.txt": b"other\n",
    "demo-1.0/src/demo.egg-info/PKG-INFO": b"Name: demo\n",
    "demo-1.0/pyproject.toml": b"[build-system]\n",
    "demo-1.0/deep/er/PKG-INFO": b"not this one",
    "PKG-INFO": b"nor this one",
}
FACTS = SdistFacts(
    b"Metadata-Version: 2.1\n",
    b"[build-system]\n",
    b"other\n",
    has_egg_info=True,
    has_setup=True,
)


def tar_of(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def zip_of(members: dict[str, bytes]) -> bytes:
    """Return a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def read(folder: Path, filename: str, content: bytes) -> SdistFacts:
    """Read an archive of that name and content."""
    path = folder / "sdist"
    path.write_bytes(content)
    return read_sdist(path, filename)


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("demo-1.0.tar.gz", gzip.compress(tar_of(MEMBERS))),
        ("demo-1.0.tgz", gzip.compress(tar_of(MEMBERS, tarfile.GNU_FORMAT))),
        ("demo-1.0.tar.bz2", bz2.compress(tar_of(MEMBERS))),
        ("demo-1.0.tar.xz", lzma.compress(tar_of(MEMBERS))),
        ("demo-1.0.tar", tar_of(MEMBERS)),
        ("demo-1.0.zip", zip_of(MEMBERS)),
    ],
)
def test_facts_of_every_kind_of_sdist_are_found(
    tmp_path: Path, filename: str, content: bytes
) -> None:
    """The kind of archive makes no difference."""
    assert read(tmp_path, filename, content) == FACTS


def test_sdist_as_it_is_built_today_is_read(tmp_path: Path) -> None:
    """The one of the tests has a `PKG-INFO` and a `pyproject.toml`."""
    package = make_sdist("demo", "1.0", requires=["other"])

    facts = read(tmp_path, package.filename, package.content)

    assert b"Requires-Dist: other" in (facts.pkg_info or b"")
    assert b"tiny_backend" in (facts.pyproject or b"")
    assert not facts.has_egg_info


def test_long_names_are_read_through(tmp_path: Path) -> None:
    """Names beyond the header are usual in both formats."""
    members = {f"demo-1.0/{'long/' * 60}name": b"x" * 700, **MEMBERS}

    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        assert read(tmp_path, "demo-1.0.tar", tar_of(members, form)) == FACTS


def test_link_in_the_place_of_a_member_is_not_followed(tmp_path: Path) -> None:
    """Nothing outside of the archive is read."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo("demo-1.0/PKG-INFO")
        entry.type, entry.linkname = tarfile.SYMTYPE, "../../etc/passwd"
        archive.addfile(entry)

    assert read(tmp_path, "demo-1.0.tar", stream.getvalue()) == SdistFacts()


def test_header_that_claims_a_giant_name_is_refused(tmp_path: Path) -> None:
    """A name of gigabytes is never held in memory."""
    entry = tarfile.TarInfo("././@LongLink")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 2**33 - 1

    with pytest.raises(BadInput, match="a header of more than"):
        read(tmp_path, "demo-1.0.tar", entry.tobuf(tarfile.GNU_FORMAT) + b"\0" * 10_000)


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_member_that_is_too_large_is_refused(
    tmp_path: Path, make: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a limit for each member that is taken."""
    monkeypatch.setattr(sdist_module, "MAX_MEMBER_BYTES", 1_000)
    members = {"demo-1.0/PKG-INFO": b"x" * 1_001}
    filename = "demo-1.0.tar" if make is tar_of else "demo-1.0.zip"
    content = tar_of(members) if make is tar_of else zip_of(members)

    with pytest.raises(BadInput, match="is larger than 1000 bytes"):
        read(tmp_path, filename, content)


def test_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a limit for the whole."""
    monkeypatch.setattr(sdist_module, "MAX_UNPACKED_BYTES", 100_000)
    content = gzip.compress(tar_of({"demo-1.0/zeros": b"\0" * 200_000, **MEMBERS}))

    with pytest.raises(BadInput, match="unpacks to more than 100000 bytes"):
        read(tmp_path, "demo-1.0.tar.gz", content)


def test_archive_with_too_many_members_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a limit for their number."""
    monkeypatch.setattr(sdist_module, "MAX_MEMBERS", 3)

    with pytest.raises(BadInput, match="more than 3 members"):
        read(tmp_path, "demo-1.0.tar", tar_of(MEMBERS))


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("demo-1.0.tar.gz", b""),
        ("demo-1.0.tar.gz", b"no archive"),
        ("demo-1.0.tar.gz", gzip.compress(tar_of(MEMBERS))[:-200]),
        ("demo-1.0.tar.bz2", b"BZh9"),
        ("demo-1.0.tar.xz", lzma.compress(b"x")[:-3]),
        ("demo-1.0.zip", b"PK"),
        ("demo-1.0.zip", zip_of(MEMBERS)[:-10]),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, filename: str, content: bytes) -> None:
    """The sentence names the file."""
    with pytest.raises(BadInput, match=f"`{filename}` is not an archive"):
        read(tmp_path, filename, content)


@given(content=st.binary(max_size=2_000), suffix=st.sampled_from([".tar", ".tar.gz", ".zip"]))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    """Whatever comes from a stranger, nothing else is raised."""
    packed = gzip.compress(content) if suffix == ".tar.gz" else content
    try:
        read(tmp_path_factory.getbasetemp(), f"demo-1.0{suffix}", packed)
    except BadInput as error:
        said = str(error)
    else:
        said = "`demo"
    assert "`demo" in said


@given(place=st.integers(0, len(tar_of(MEMBERS)) - 1), byte=st.integers(0, 255))
def test_damaged_tar_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    """One wrong byte anywhere is no way to another error."""
    content = bytearray(tar_of(MEMBERS))
    content[place] = byte
    try:
        facts = read(tmp_path_factory.getbasetemp(), "demo-1.0.tar", bytes(content))
    except BadInput:
        facts = None
    assert facts is None or isinstance(facts, SdistFacts)


def test_headers_of_members_are_not_kept(tmp_path: Path) -> None:
    """Each may be of megabytes, and compresses to nothing."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for number in range(12):
            entry = tarfile.TarInfo(f"demo-1.0/{number}")
            entry.pax_headers = {"comment": "x" * 1_000_000}
            archive.addfile(entry)
    path = tmp_path / "demo-1.0.tar.gz"
    path.write_bytes(gzip.compress(stream.getvalue(), 1))
    tracemalloc.start()

    try:
        read_sdist(path, path.name)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert most < 9_000_000
