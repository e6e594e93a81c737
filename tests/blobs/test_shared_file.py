"""One descriptor for a thousand readers."""

import os
from pathlib import Path

from blobs.fakes import open_descriptors
from wheelyard.blobs.shared_file import SharedFile


def test_shared_file_is_open_until_everybody_gave_it_back(tmp_path: Path) -> None:
    """The last one closes it."""
    file = SharedFile(os.open(tmp_path / "a", os.O_RDWR | os.O_CREAT))
    file.take()
    file.give_back()
    while_read = len(open_descriptors(tmp_path))

    file.give_back()

    assert (while_read, len(open_descriptors(tmp_path))) == (1, 0)
