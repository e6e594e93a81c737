"""One file from its bytes to what it is, or to everything that is wrong with it."""

import hashlib
from pathlib import Path

import pytest

from support.hostile_wheels import METADATA, WHEEL_NAME, described
from support.packages import make_sdist, make_wheel
from wheelyard.errors import BadInput
from wheelyard.names import Filename
from wheelyard.upload.claims import Claims
from wheelyard.upload.inspection import Inspected, InspectionRules, inspect_file

WHEEL = make_wheel("acme", "1.0", requires=["other>=2"], requires_python=">=3.10")
SDIST = make_sdist("acme", "1.0", requires_python=">=3.10")

CANARY = """\
import pathlib
pathlib.Path(__file__).with_name("canary").write_text("alive")
pathlib.Path("canary").write_text("alive")
"""


def inspect(
    path: Path, content: bytes, filename: str, claims: Claims | None = None, *, strict: bool = False
) -> Inspected:
    """Return what a file with this content is."""
    path.joinpath("blob").write_bytes(content)
    rules = InspectionRules(strict=strict)
    return inspect_file(path / "blob", Filename(filename), claims or Claims(), rules)


def test_wheel_is_described_by_its_own_metadata(tmp_path: Path) -> None:
    """Byte for byte what is in it, with its digest."""
    found = inspect(tmp_path, WHEEL.content, WHEEL.filename)

    assert WHEEL.metadata is not None
    assert found == Inspected(
        metadata=WHEEL.metadata,
        metadata_sha256=hashlib.sha256(WHEEL.metadata).hexdigest(),
        name="acme",
        version="1.0",
        requires_python=">=3.10",
        members=4,
        unpacked_bytes=found.unpacked_bytes,
    )
    assert found.unpacked_bytes > len(WHEEL.metadata)


def test_source_archive_is_described_by_its_pkg_info(tmp_path: Path) -> None:
    """The same record for both kinds."""
    found = inspect(tmp_path, SDIST.content, SDIST.filename)

    assert (found.name, found.version, found.requires_python) == ("acme", "1.0", ">=3.10")
    assert found.metadata.startswith(b"Metadata-Version: 2.2\n")


def test_code_of_a_package_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `setup.py` that would leave a canary leaves none (A-57)."""
    monkeypatch.chdir(tmp_path)
    bird = make_sdist("acme", "1.0", modules={"setup.py": CANARY, "../setup.py": CANARY[:0]})
    flying = make_sdist("acme", "1.0", modules={"acme/__init__.py": CANARY, "setup.py": CANARY})

    inspect(tmp_path, flying.content, flying.filename)
    with pytest.raises(BadInput, match=r"`\.`"):
        inspect(tmp_path, bird.content, bird.filename)

    assert [path.name for path in tmp_path.iterdir()] == ["blob"]


def test_hidden_requirement_is_refused(tmp_path: Path) -> None:
    """What is installed must be what was said (T15)."""
    with pytest.raises(BadInput) as caught:
        inspect(tmp_path, WHEEL.content, WHEEL.filename, Claims(requires_dist=("nice",)))

    assert "requires_dist: the metadata in the file has `other>=2`" in caught.value.problems[0]


def test_all_problems_come_together(tmp_path: Path) -> None:
    """Of the form, of the name and of the metadata."""
    content = described(METADATA=METADATA.replace(b"2.1", b"2.1\nRequires-Python: x"))

    with pytest.raises(BadInput) as caught:
        inspect(tmp_path, content, WHEEL_NAME, Claims(name="other", version="3"))

    fields = [problem.partition(":")[0] for problem in caught.value.problems]
    assert fields == ["name", "version", "Requires-Python"]


def test_other_tags_inside_than_outside_are_a_warning(tmp_path: Path) -> None:
    """Some tools rename a wheel and forget what is in it; strict rules refuse that."""
    name = "acme-1.0-cp312-cp312-linux_x86_64.whl"
    content = make_wheel("acme", "1.0").content

    found = inspect(tmp_path, content, name)
    with pytest.raises(BadInput) as caught:
        inspect(tmp_path, content, name, strict=True)

    assert found.warnings == caught.value.problems
    assert "WHEEL: its tags are other ones than those of the file name" in found.warnings[0]
