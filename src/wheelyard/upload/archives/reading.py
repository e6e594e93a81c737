"""One question for every kind of distribution file: what is in it?"""

from pathlib import Path

from wheelyard.names import Filename
from wheelyard.upload.archives.contents import Contents
from wheelyard.upload.archives.limits import ArchiveLimits, not_a_distribution
from wheelyard.upload.archives.sources import read_tar_source, read_zip_source
from wheelyard.upload.archives.wheels import read_wheel

__all__ = ["read_contents"]


def read_contents(path: Path, filename: Filename, limits: ArchiveLimits) -> Contents:
    """Return what the file at ``path`` contains, which is to be served as ``filename``.

    Raises:
        BadInput: with every rule that it breaks, as far as it can be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if filename.endswith(".whl"):
            return read_wheel(file, size, filename, limits)
        if filename.endswith(".tar.gz"):
            return read_tar_source(file, size, limits)
        if filename.endswith(".zip"):
            return read_zip_source(file, size, limits)
    raise not_a_distribution("Use a name that ends in .whl or .tar.gz")
