"""Files of random bytes that only this program's user may read."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wheelyard.access.secret_file import make_secret


def test_secret_is_random_and_for_its_owner_alone(tmp_path: Path) -> None:
    """Whatever the machine's umask says."""
    for name in ("a", "b"):
        make_secret(tmp_path / name, 32)

    first, second = (tmp_path / name for name in ("a", "b"))
    assert first.stat().st_mode & 0o777 == 0o600
    assert len(first.read_bytes()) == 32
    assert first.read_bytes() != second.read_bytes()


def test_secret_that_is_there_stays(tmp_path: Path) -> None:
    """Unless it is to be replaced; no draft is left behind."""
    path = tmp_path / "key"
    make_secret(path, 32)
    before = path.read_bytes()

    make_secret(path, 32)
    assert path.read_bytes() == before
    make_secret(path, 32, replaces=True)
    assert path.read_bytes() != before
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_many_at_once_have_the_same_secret(tmp_path: Path) -> None:
    """The first one counts, and nobody reads half of it."""
    path = tmp_path / "key"

    def make(_: int) -> bytes:
        make_secret(path, 32)
        return path.read_bytes()

    with ThreadPoolExecutor(8) as threads:
        assert len({*threads.map(make, range(32))}) == 1
