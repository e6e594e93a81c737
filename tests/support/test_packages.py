"""The archives that tests install are what archives should be."""

import base64
import csv
import hashlib
import io
import tarfile
import zipfile
import zlib
from email.message import Message
from email.parser import BytesParser

import pytest
from packaging.requirements import Requirement
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from support.packages import Package, closure, make_sdist, make_stub, make_wheel, normalize


def _wheel(package: Package) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(package.content))


def _metadata(package: Package) -> Message:
    if package.metadata is not None:
        return BytesParser().parsebytes(package.metadata)
    with tarfile.open(fileobj=io.BytesIO(package.content)) as archive:
        member = archive.extractfile(package.filename.removesuffix(".tar.gz") + "/PKG-INFO")
        return BytesParser().parsebytes(member.read() if member is not None else b"")


def _record(package: Package) -> dict[str, tuple[str, str]]:
    with _wheel(package) as archive:
        path = next(each for each in archive.namelist() if each.endswith(".dist-info/RECORD"))
        rows = csv.reader(io.StringIO(archive.read(path).decode()))
        return {name: (digest, size) for name, digest, size in rows}


def test_wheel_built_twice_has_the_same_bytes() -> None:
    """A digest may be written into a test."""
    first = make_wheel("demo", "1.0", requires=["other"], payload_bytes=1000)

    assert make_wheel("demo", "1.0", requires=["other"], payload_bytes=1000) == first


def test_sdist_built_twice_has_the_same_bytes() -> None:
    """The clock leaves no trace in an archive."""
    assert make_sdist("demo", "1.0").content == make_sdist("demo", "1.0").content


def test_wheel_record_names_every_file_with_its_digest_and_size() -> None:
    """An installer that checks `RECORD` finds nothing to complain about."""
    package = make_wheel("demo", "1.0", payload_bytes=100)

    record = _record(package)

    with _wheel(package) as archive:
        assert set(record) == set(archive.namelist())
        for name, (digest, size) in record.items():
            if name.endswith("/RECORD"):
                continue
            content = archive.read(name)
            encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
            assert digest == "sha256=" + encoded.rstrip(b"=").decode()
            assert size == str(len(content))


def test_wheel_metadata_is_that_of_the_archive() -> None:
    """What an index serves beside a wheel is byte for byte what is inside."""
    package = make_wheel("demo", "1.0", requires=["other>=2"], extras={"fast": ["speedups"]})

    with _wheel(package) as archive:
        inside = archive.read("demo-1.0.dist-info/METADATA")

    assert package.metadata == inside
    fields = BytesParser().parsebytes(inside)
    assert fields.get_all("Requires-Dist") == ["other>=2", 'speedups; extra == "fast"']
    assert fields.get_all("Provides-Extra") == ["fast"]


def test_wheel_tag_is_in_the_file_name_and_in_the_wheel_file() -> None:
    """Compressed tags are written out one by one, as the specification asks."""
    package = make_wheel("demo", "1.0", tag="py2.py3-none-any")

    with _wheel(package) as archive:
        described = archive.read("demo-1.0.dist-info/WHEEL").decode()

    assert package.filename == "demo-1.0-py2.py3-none-any.whl"
    assert "Tag: py2-none-any\nTag: py3-none-any\n" in described


def test_payload_does_not_compress() -> None:
    """A wheel of a given size stays that large on its way."""
    package = make_wheel("demo", "1.0", payload_bytes=50_000)

    assert package.size > 50_000
    assert len(zlib.compress(package.content)) > 50_000


@pytest.mark.parametrize("name", ["Acme.Core_1", "acme-tool", "ACME"])
def test_file_names_are_those_of_the_specifications(name: str) -> None:
    """Whoever parses a file name finds the project in it."""
    wheel_name, *_ = parse_wheel_filename(make_wheel(name, "1.0").filename)
    sdist_name, _ = parse_sdist_filename(make_sdist(name, "1.0").filename)

    assert wheel_name == sdist_name == normalize(name)


def test_legacy_file_name_keeps_the_name_as_it_is_written() -> None:
    """Archives from before PEP 625 are among the fixtures."""
    assert make_sdist("Acme.Core", "1.0", legacy_filename=True).filename == "Acme.Core-1.0.tar.gz"
    wheel = make_wheel("Acme.Core", "1.0", legacy_filename=True)
    assert wheel.filename == "Acme.Core-1.0-py3-none-any.whl"


def test_sdist_has_one_folder_with_pkg_info_and_pyproject() -> None:
    """An sdist is laid out as front ends expect it."""
    package = make_sdist("Acme.Core", "1.0", modules={"acme.py": "x = 1\n"})

    with tarfile.open(fileobj=io.BytesIO(package.content)) as archive:
        names = archive.getnames()

    folder = package.filename.removesuffix(".tar.gz")
    assert {f"{folder}/PKG-INFO", f"{folder}/pyproject.toml", f"{folder}/src/acme.py"} < set(names)
    assert {name.split("/")[0] for name in names} == {folder}


def test_stub_has_a_true_digest() -> None:
    """Even a file that nobody installs can be verified."""
    stub = make_stub("demo", "1.0")

    assert stub.sha256 == hashlib.sha256(stub.content).hexdigest()


def test_closure_root_needs_every_other_project() -> None:
    """Installing the root installs all of it."""
    tree = closure(40)

    needed: dict[str, set[str]] = {}
    for package in tree.packages:
        for line in _metadata(package).get_all("Requires-Dist", []):
            needed.setdefault(normalize(package.name), set()).add(normalize(Requirement(line).name))
    reached, waiting = set[str](), [normalize(tree.root)]
    while waiting:
        reached.add(name := waiting.pop())
        waiting += needed.get(name, set()) - reached
    assert reached == set(tree.expected)
    assert len(tree.expected) == 40


def test_closure_mixes_kinds_versions_and_spellings() -> None:
    """The closure meets the cases that differ between clients."""
    packages = closure(40).packages

    assert any(not each.is_wheel for each in packages)
    assert any(each.version == "1.5" for each in packages)
    assert {mark for each in packages for mark in each.name if mark in "._-"} == {".", "_", "-"}
    assert any(each.name != each.name.lower() for each in packages)
