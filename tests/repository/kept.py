"""What the tests of keepers keep, and with what."""

from support.fakes import DOOR, make_file, make_project
from wheelyard.catalog import Catalog
from wheelyard.clock import FrozenClock
from wheelyard.model import Project, ProjectEntry, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Loaded, Validators
from wheelyard.repository.keepers import DocumentKeeper, KeeperParts, KeptDocument

__all__ = [
    "DOCUMENT",
    "FLASK",
    "KEY",
    "LIST",
    "PAGE",
    "SHOWN",
    "document",
    "listing",
    "no_parts",
    "page",
]

FLASK = ProjectName("flask")
PAGE = make_project("flask", make_file("flask-1.0.tar.gz"), serial=7)
LIST = ProjectList((ProjectEntry("Flask", 7), ProjectEntry("jinja2")), serial=9)
DOCUMENT = KeptDocument(b'{"info": {}}', "application/json", serial=7)
SHOWN = Validators(DOOR, '"etag"', "Thu, 01 Jan 2026 00:00:00 GMT")
KEY = DocumentKeeper.key(DocumentWanted("json", "flask"))


def page(project: Project = PAGE) -> Loaded[Project]:
    """Return a page as a door gives it."""
    return Loaded(project, SHOWN, 60.0)


def listing(listed: ProjectList = LIST) -> Loaded[ProjectList]:
    """Return a project list as a door gives it."""
    return Loaded(listed, SHOWN, 60.0)


def document(kept: KeptDocument = DOCUMENT) -> Loaded[KeptDocument]:
    """Return a document as it goes into the catalog."""
    return Loaded(kept, SHOWN, 60.0)


def no_parts() -> KeeperParts:
    """Return parts for a keeper that is only asked to ask: it must not touch the catalog."""
    nothing: Catalog = object()  # type: ignore[assignment]  # any use of it fails
    return KeeperParts("main", nothing, FrozenClock())
