"""Backups from a data directory to a file and back, as the commands do it."""

from pathlib import Path

import anyio
import pytest

from support.app import NO_PIP, settings
from support.own_files import publish
from support.packages import make_wheel
from wheelyard.app import MAIN, running
from wheelyard.app.backups import back_up, check_file, restore_file
from wheelyard.clock import SystemClock
from wheelyard.errors import BadInput, ConfigError
from wheelyard.names import ProjectName
from wheelyard.settings import DoorSettings, UpstreamSettings

NOBODY = UpstreamSettings(name="default", doors=(DoorSettings(url="http://127.0.0.1:9/simple/"),))
OURS = make_wheel("ours", "1.0")


async def _fill(data: Path) -> None:
    """Publish one file of our own."""
    async with running(settings(data, NOBODY), NO_PIP) as app:
        await publish(app, OURS)


async def _content(data: Path) -> bytes:
    """Return the file of our own."""
    async with running(settings(data, NOBODY), NO_PIP) as app:
        repository = app.indexes[MAIN].chain.repository
        page = await repository.project(ProjectName("ours"))
        blob = await repository.file(page.ref(page.files[0]))
        return b"".join([chunk async for chunk in blob.read()])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory with a file of our own."""
    path = tmp_path_factory.mktemp("backups") / "data"
    anyio.run(_fill, path)
    return path


@pytest.mark.parametrize("name", ["backup.tar", "backup.tar.gz", "backup.tar.zst"])
def test_program_goes_on_where_the_backup_was_taken(data: Path, tmp_path: Path, name: str) -> None:
    """However it is compressed."""
    file = str(tmp_path / name)

    taken = back_up(data, file, SystemClock(), lambda _: None)
    checked = check_file(file, lambda _: None)
    restored = restore_file(tmp_path / "again", file, lambda _: None)

    assert taken.is_whole
    assert checked.is_whole
    assert restored is not None
    assert anyio.run(_content, tmp_path / "again") == OURS.content


def test_backup_into_the_data_directory_is_no_part_of_itself(data: Path) -> None:
    """Nor is the one before it."""
    place = data / "backup.tar"

    first = back_up(data, str(place), SystemClock(), lambda _: None)
    second = back_up(data, str(place), SystemClock(), lambda _: None)

    assert first.left_out == second.left_out == []
    assert abs(second.bytes - first.bytes) < 10_000
    place.unlink()


def test_restore_into_a_used_directory_is_refused(data: Path, tmp_path: Path) -> None:
    """Nothing of it is touched."""
    file = str(tmp_path / "backup.tar")
    back_up(data, file, SystemClock(), lambda _: None)

    with pytest.raises(ConfigError, match="not empty"):
        restore_file(data, file, lambda _: None)

    assert anyio.run(_content, data) == OURS.content


def test_what_is_no_backup_makes_no_directory(tmp_path: Path) -> None:
    """It is looked at first."""
    (tmp_path / "text").write_bytes(b"text " * 1_000)

    with pytest.raises(BadInput):
        restore_file(tmp_path / "again", str(tmp_path / "text"), lambda _: None)

    assert not (tmp_path / "again").exists()
