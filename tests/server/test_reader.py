"""What a reader may see, as a value."""

import pytest

from wheelyard.errors import Absent
from wheelyard.names import ProjectName
from wheelyard.server.reader import EVERYBODY, Reader

ONE, OTHER = ProjectName("one"), ProjectName("other")


def test_everybody_may_read_everything() -> None:
    """And nothing has to be asked about a name."""
    EVERYBODY.admit(ONE)

    assert EVERYBODY.may_read is None


def test_reader_of_one_project_reads_no_other() -> None:
    """The other one is not there, as if it never was."""
    reader = Reader(names=frozenset({ONE}))
    reader.admit(ONE)

    with pytest.raises(Absent):
        reader.admit(OTHER)
