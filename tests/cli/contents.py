"""Contents for the commands about projects: files of our own in the data directory of a console."""

import anyio

from cli.people import Console
from support.hosted_files import publish as publish_in
from wheelyard.catalog import Catalog, HostedFile, hosted_owner, open_catalog, open_directory
from wheelyard.catalog.audit import AuditRow
from wheelyard.clock import SystemClock
from wheelyard.names import ProjectName

__all__ = ["audit_of", "files_of", "publish"]


def publish(console: Console, *filenames: str, index: str = "main", **changes: object) -> None:
    """Publish files; ``changes`` are fields that are otherwise than ``hosted_file`` has them."""

    async def work(catalog: Catalog) -> None:
        for filename in filenames:
            await publish_in(catalog, filename, hosted_owner(index), **changes)

    clock = SystemClock()
    with open_directory(console.data, clock), open_catalog(console.data, clock) as catalog:
        anyio.run(work, catalog)


def files_of(console: Console, project: str = "demo", index: str = "main") -> dict[str, HostedFile]:
    """Return the files of a project by name."""
    owner = hosted_owner(index)
    with open_catalog(console.data, SystemClock()) as catalog:
        loaded = anyio.run(catalog.hosting.load, owner, ProjectName(project))
    return {file.filename: file for file in loaded[1]} if loaded else {}


def audit_of(console: Console) -> list[AuditRow]:
    """Return the audit log."""
    with open_catalog(console.data, SystemClock()) as catalog:
        return list(anyio.run(catalog.audit.since))
