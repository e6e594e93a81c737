"""Hostile archives are refused with the rule they break, odd ones are read, nothing crashes."""

import contextlib
import os
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.hostile_sdists import ACCEPTED_SDISTS, REJECTED_SDISTS, SDIST_NAME
from support.hostile_wheels import ACCEPTED_WHEELS, REJECTED_WHEELS, WHEEL_NAME
from wheelyard.errors import BadInput
from wheelyard.names import Filename
from wheelyard.upload.archives.limits import ArchiveLimits
from wheelyard.upload.archives.reading import read_contents

EXPECTED = Path(__file__).parents[2] / "data" / "reject" / "uploads"
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "upload-checks.md"
SHORTEST = 9
METADATA_ENDS = ("dist-info/METADATA", "-1.0/PKG-INFO")
LIMITS = ArchiveLimits()
SMALL = ArchiveLimits(max_unpacked_bytes=1 << 20, max_text_bytes=1 << 16, max_members=100)
EXAMPLES = int(100 * float(os.environ.get("WHEELYARD_CAMPAIGN", "1")))

Recipe = Callable[[], bytes]


def recipes(table: str) -> list[object]:
    """Return the recipes that are to be refused or accepted, each with the name of its file."""
    tables = {
        "rejected": [(WHEEL_NAME, REJECTED_WHEELS), (SDIST_NAME, REJECTED_SDISTS)],
        "accepted": [(WHEEL_NAME, ACCEPTED_WHEELS), (SDIST_NAME, ACCEPTED_SDISTS)],
    }
    return [
        pytest.param(filename, name, recipe, id=f"{filename[9:]}-{name}")
        for filename, known in tables[table]
        for name, recipe in known.items()
    ]


@pytest.mark.parametrize(("filename", "name", "recipe"), recipes("rejected"))
def test_hostile_archive_is_refused_with_the_expected_words(
    filename: str, name: str, recipe: Recipe, tmp_path: Path
) -> None:
    """Whoever uploads it is told which rule it breaks (T14, T21, T22, A-56)."""
    path = tmp_path / "upload"
    path.write_bytes(recipe())

    with pytest.raises(BadInput) as caught:
        read_contents(path, Filename(filename), LIMITS)

    expected = EXPECTED.joinpath(f"{name}.expected").read_text("utf-8")
    assert "\n".join(caught.value.problems) + "\n" == expected


@pytest.mark.parametrize(("filename", "name", "recipe"), recipes("accepted"))
def test_odd_archive_is_read(filename: str, name: str, recipe: Recipe, tmp_path: Path) -> None:
    """What some tools write and all readers agree about is no reason to refuse a release."""
    path = tmp_path / "upload"
    path.write_bytes(recipe())

    contents = read_contents(path, Filename(filename), LIMITS)

    assert contents.metadata.startswith(b"Metadata-Version: 2.1\nName: acme\n")


def test_every_expectation_has_a_recipe() -> None:
    """No rule is thought to be tested that is not."""
    expected = {path.stem for path in EXPECTED.glob("*.expected")}

    assert expected == {*REJECTED_WHEELS, *REJECTED_SDISTS}


def documented() -> list[str]:
    """Return what the reference page says that messages say, up to where they differ."""
    cells = [line.split(" | ")[1] for line in PAGE.read_text("utf-8").splitlines() if " | " in line]
    phrases = (part for cell in cells for part in re.split(r"; |`?…", cell))
    return [phrase.strip(" |.'") for phrase in phrases if len(phrase) > SHORTEST]


@pytest.mark.parametrize("name", sorted([*REJECTED_WHEELS, *REJECTED_SDISTS]))
def test_refusal_is_in_the_reference(name: str) -> None:
    """Whoever is refused finds the sentence, and what to do about it."""
    said = EXPECTED.joinpath(f"{name}.expected").read_text("utf-8")

    assert [phrase for phrase in documented() if phrase in said]


def test_nothing_is_written(tmp_path: Path) -> None:
    """An archive is never unpacked to disk, whatever its members are called (T22)."""
    path = tmp_path / "upload"
    for recipe in (*REJECTED_SDISTS.values(), *ACCEPTED_SDISTS.values()):
        path.write_bytes(recipe())
        try:
            read_contents(path, Filename(SDIST_NAME), LIMITS)
        except BadInput:
            continue

    assert [found.name for found in tmp_path.rglob("*")] == ["upload"]


def test_unknown_suffix_is_refused(tmp_path: Path) -> None:
    """Only wheels and source archives are distributions."""
    path = tmp_path / "upload"
    path.write_bytes(b"x")

    with pytest.raises(BadInput, match=r"Use a name that ends in \.whl"):
        read_contents(path, Filename("acme-1.0.exe"), LIMITS)


def as_python_reads(path: Path, filename: str) -> bytes:
    """Return the metadata that installers would find, having read everything else too."""
    if not filename.endswith(".tar.gz"):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            (info,) = (name for name in archive.namelist() if name.endswith(METADATA_ENDS))
            return archive.read(info)
    with tarfile.open(path) as archive:
        (found,) = (m for m in archive.getmembers() if re.fullmatch("[^/]+/PKG-INFO", plain(m)))
        reader = archive.extractfile(found)
        assert reader is not None
        return reader.read()


def plain(member: tarfile.TarInfo) -> str:
    """Return the path of a member of a tar archive without the dot that some begin with."""
    return member.name.removeprefix("./")


def read_or_refuse(path: Path, filename: str, content: bytes) -> None:
    """Read an archive that may be anything; any error but a refusal is a failure.

    What is accepted must be the same for other readers.
    """
    path.write_bytes(content)
    with contextlib.suppress(BadInput):
        contents = read_contents(path, Filename(filename), SMALL)
        assert contents.metadata == as_python_reads(path, filename)


@pytest.mark.slow
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_damaged_archive_is_read_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A cut or flipped bits anywhere never become another error.

    `WHEELYARD_CAMPAIGN=150` looks at 15,000 of them.
    """
    filename, tables = data.draw(
        st.sampled_from(
            [
                (WHEEL_NAME, {**ACCEPTED_WHEELS, **REJECTED_WHEELS}),
                (SDIST_NAME, {**ACCEPTED_SDISTS, **REJECTED_SDISTS}),
            ]
        )
    )
    names = sorted(name for name in tables if "bomb" not in name and "million" not in name)
    content = bytearray(tables[data.draw(st.sampled_from(names))]())
    for _ in range(data.draw(st.integers(0, 3))):
        if content:
            at = data.draw(st.integers(0, len(content) - 1))
            content[at] = data.draw(st.integers(0, 255))
    content = (
        content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content
    )

    read_or_refuse(tmp_path_factory.getbasetemp() / "damaged", filename, bytes(content))


@given(
    content=st.binary(max_size=2_000),
    filename=st.sampled_from([WHEEL_NAME, SDIST_NAME, "acme-1.0.zip"]),
)
def test_arbitrary_bytes_are_refused(
    content: bytes, filename: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No bytes at all make a reader fail in another way."""
    read_or_refuse(tmp_path_factory.getbasetemp() / "arbitrary", filename, content)
