"""Owners of pages for the components that choose between owners."""

from pages.repository import FakeRepository
from support.fakes import BytesBlob
from wheelyard.clock import FrozenClock
from wheelyard.model import Project

__all__ = ["Owner"]


class Owner(FakeRepository):
    """An owner of pages whose files are what their names say."""

    def __init__(self, clock: FrozenClock, *pages: Project) -> None:
        """Own ``pages``."""
        files = [file.filename for page in pages for file in page.files]
        names = [*files, *(f"{name}.metadata" for name in files)]
        blobs = {name: BytesBlob(name.encode()) for name in names}
        super().__init__(clock, {page.name: page for page in pages}, {**blobs})
