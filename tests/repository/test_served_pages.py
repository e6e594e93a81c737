"""What the page of a served directory says of a file."""

import pytest

from wheelyard.blobs import Stamp
from wheelyard.catalog import ServedRow
from wheelyard.errors import Unavailable
from wheelyard.model import File
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.repository.served_files import Found
from wheelyard.repository.served_pages import changed, listed
from wheelyard.repository.served_walk import Lying

NAME = Filename("demo-1.0-py3-none-any.whl")
STAMP = Stamp(1, 2, 3)
ROW = ServedRow("/srv", NAME, "1-2-3", Sha256("a" * 64), 3, ">=3.9", Sha256("b" * 64))


def lying(modified_at: float = 0.0) -> Lying:
    """Return a file with that date."""
    return Lying(NAME, NAME, ProjectName("demo"), STAMP, modified_at, 0.0)


def test_file_is_listed_with_all_that_is_known() -> None:
    """Its date is that of its last change."""
    assert listed(lying(1_700_000_000.25), Found(STAMP, ROW)) == File(
        NAME,
        url="",
        hashes=(("sha256", "a" * 64),),
        size=3,
        upload_time="2023-11-14T22:13:20.250000Z",
        requires_python=">=3.9",
        core_metadata=(("sha256", "b" * 64),),
    )


@pytest.mark.parametrize("date", [1e300, -1e18, float("nan")])
def test_date_that_is_none_is_left_out(date: float) -> None:
    """Any number can be the date of a file."""
    assert listed(lying(date), Found(STAMP, ROW)).upload_time is None


def test_file_that_is_none_is_not_listed() -> None:
    """What was not whole has no digest to be asked for."""
    with pytest.raises(Unavailable, match="demo"):
        listed(lying(), Found(STAMP, reason="it is not complete"))


def test_change_is_never_said_to_be_absence() -> None:
    """Whoever asks saw it listed, and is to look again soon."""
    assert changed("a.whl").retry_seconds == 1.0
