"""Requirement and lock files: every kind is recognised, read whole, or refused with sentences."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.closures import LINUX, MACOS, WINDOWS, written
from support.house import ROOT
from wheelyard.closure import Needed, read_files
from wheelyard.closure.asked import Reading
from wheelyard.closure.locks import LockReader
from wheelyard.closure.reading import lock_reader
from wheelyard.errors import BadInput

DATA = ROOT / "tests" / "data"
TARGETS = (LINUX, WINDOWS, MACOS)
ENVIRON = {"EXTRA_PROJECT": "from-environment"}
NAMES = {LINUX: "linux", WINDOWS: "windows", MACOS: "macos"}
LOCK_NAMES = ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml"]


def samples(folder: str) -> list[Path]:
    """Return the files in a folder of samples, without what is expected of them."""
    paths = (DATA / folder / "closure").iterdir()
    return sorted(path for path in paths if path.is_file() and path.suffix != ".expected")


def described(reading: Reading) -> str:
    """Return what was read, as text."""
    lines = [
        *(described_line("requires", one.text, one.digests) for one in reading.asked.requirements),
        *(described_line("limited", one.text, one.digests) for one in reading.asked.constraints),
        *(f"only wheels: {name}" for name in sorted(reading.asked.formats.only_binary)),
        *(f"only sdists: {name}" for name in sorted(reading.asked.formats.no_binary)),
        *(["prereleases"] if reading.asked.prereleases else []),
        *(line for needed in reading.locked for line in described_release(needed)),
        *(f"problem: {text}" for text in reading.problems),
        *(f"remark: {text}" for text in reading.remarks),
    ]
    return "\n".join(lines) + "\n"


def described_line(kind: str, text: str, digests: frozenset[tuple[str, str]]) -> str:
    """Return a requirement as text, its digests cut short."""
    short = sorted(f"{name}:{value[:4]}" for name, value in digests)
    return " ".join([f"{kind}: {text}", *short])


def described_release(needed: Needed) -> Iterator[str]:
    """Yield a locked release as text, with its files below it."""
    where = ", ".join(NAMES[target] for target in sorted(needed.targets))
    yield f"{needed.name} {needed.version} on {where}: {needed.why}"
    yield from (f"  {name}:{value[:4]}" for name, value in sorted(needed.digests))
    for file in needed.files or ():
        hashes = "".join(f" {name}:{value[:4]}" for name, value in file.hashes)
        yield f"  {file.filename}{hashes}"


def problems_of(reader: LockReader, name: str, content: bytes) -> tuple[str, ...]:
    """Return what a reader says is wrong; any other error is one of ours."""
    try:
        reader(Path(name), content, TARGETS)
    except BadInput as error:
        return error.problems
    return ()


@pytest.mark.parametrize("path", samples("accept"), ids=lambda path: path.name)
def test_sample_to_accept_is_read_as_expected(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of file says exactly this."""
    monkeypatch.chdir(path.parent)

    reading = read_files([Path(path.name)], TARGETS, ENVIRON)

    assert described(reading) == path.with_name(f"{path.name}.expected").read_text("utf-8")


@pytest.mark.parametrize("path", samples("reject"), ids=lambda path: path.name)
def test_sample_to_reject_is_refused_with_all_its_problems(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence for each problem, with file, line and what to do, and all of them at once."""
    monkeypatch.chdir(path.parent)

    with pytest.raises(BadInput) as caught:
        read_files([Path(path.name)], TARGETS, ENVIRON)

    expected = path.with_name(f"{path.name}.expected").read_text("utf-8").splitlines()
    said = caught.value.problems
    assert len(said) == len(expected)
    for sentence, start in zip(said, expected, strict=True):
        assert sentence.startswith(start)
    assert "secret" not in str(caught.value)


def test_problems_of_several_files_are_told_together(tmp_path: Path) -> None:
    """Nobody has to run it once for each mistake."""
    first = written(tmp_path, "-e .\n", "first.txt")
    second = written(tmp_path, "version = 9\n", "uv.lock")

    with pytest.raises(BadInput) as caught:
        read_files([first, second, tmp_path / "missing.txt"], TARGETS, {})

    assert [text.count("first.txt") for text in caught.value.problems].count(1) == 1
    assert len(caught.value.problems) == 3


def test_requirement_files_count_as_one(tmp_path: Path) -> None:
    """As with `pip install -r ... -r ...`."""
    first = written(tmp_path, "one\n", "first.txt")
    second = written(tmp_path, "two\n", "second.txt")

    reading = read_files([first, second], TARGETS, {})

    assert [one.name for one in reading.asked.requirements] == ["one", "two"]


def test_folder_is_refused(tmp_path: Path) -> None:
    """What is no file is never opened."""
    with pytest.raises(BadInput, match="it is not a file; name a requirements or lock file"):
        read_files([tmp_path], TARGETS, {})


def test_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """There is a limit to what is read."""
    path = tmp_path / "requirements.txt"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)

    with pytest.raises(BadInput, match="larger than 64 MiB"):
        read_files([path], TARGETS, {})


@pytest.mark.parametrize("name", LOCK_NAMES)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_lock_of_any_bytes_is_read_or_refused(name: str, content: bytes) -> None:
    """A reader of locks never raises anything but what is wrong with the input."""
    reader = lock_reader(name, content)

    assert reader is not None
    assert all(problems_of(reader, name, content))


@pytest.mark.parametrize("name", LOCK_NAMES)
@given(data=st.data())
def test_lock_that_was_damaged_is_read_or_refused(name: str, data: st.DataObject) -> None:
    """A sound lock with a part cut out or put in somewhere else is read, or refused in words."""
    samples_of = {"poetry.lock": "poetry-2.lock"}
    content = (DATA / "accept" / "closure" / samples_of.get(name, name)).read_bytes()
    places = st.integers(0, len(content))
    start, stop, target = sorted([data.draw(places), data.draw(places), data.draw(places)])
    damaged = content[:start] + content[stop:target] + content[start:stop] + content[target:]
    reader = lock_reader(name, damaged)

    assert reader is not None
    assert all(problems_of(reader, name, damaged))
