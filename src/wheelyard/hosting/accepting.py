"""Accepting: an operator believes an upstream where nobody else would.

A file name keeps its bytes for ever, a page does not go back in time, and a loss is doubted: an
upstream that breaks these rules is mistaken or lies, nearly always. If it is right all the same (it
was restored from a backup, or its owner did replace a file), a person has to say so, by name.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from wheelyard.blobs import HeldBlob
from wheelyard.catalog import Catalog, LedgerRow, OddPathRow
from wheelyard.catalog.acceptance import Acceptance
from wheelyard.catalog.audit import Actor, AuditEntry
from wheelyard.clock import Clock
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import File, FileRef, Project
from wheelyard.names import Filename, IndexName, ProjectName
from wheelyard.repository.compose import Chain
from wheelyard.repository.paths import file_path

__all__ = ["AcceptParts", "accept_bytes", "accept_page"]


@dataclass(frozen=True, slots=True)
class AcceptParts:
    """Who accepts what is in ``chain``, which ``index`` shows; ``reason`` is for the audit log."""

    catalog: Catalog
    chain: Chain
    clock: Clock
    actor: Actor
    index: IndexName
    reason: str = ""


async def accept_bytes(parts: AcceptParts, name: ProjectName, filename: Filename) -> LedgerRow:
    """Have ``filename`` stand for the bytes that its owner gives today; return what is bound.

    They are fetched first: what nobody can give is not accepted.

    Raises:
        Absent: the owner does not list the file.
        Unavailable: the owner cannot be asked, or does not give the bytes that it states.
    """
    project = await parts.chain.pages.renew(name)
    if project.known is not None and project.known.how == "stale":
        raise Unavailable(f"`{name}`", "its owner does not answer, and has to be asked for this")
    file = next((each for each in project.files if each.filename == filename), None)
    if file is None:
        raise Absent(f"`{filename}`", f"the page of `{name}`")
    ref = project.ref(file)
    held = await parts.chain.files.fetch_anew(ref)
    row = _evidence(parts, ref, held)
    hashes = (("sha256", str(held.sha256)),)
    proven = File(filename, url=file.url, hashes=hashes)
    path = OddPathRow(row.owner, file_path(name, proven), name, filename)
    wanted = Acceptance(row, path, parts.index, parts.reason)
    return await parts.catalog.curator.accept(wanted, parts.actor)


async def accept_page(parts: AcceptParts, name: ProjectName) -> Project:
    """Have the page of ``name`` be what its owner says today, however old or empty that is.

    Raises:
        Absent: the owner has no such project; that is accepted as well.
        Unavailable: the owner cannot be asked; nothing has changed.
    """
    try:
        project = await parts.chain.pages.believe(name)
    except Absent:
        await _note(parts, name, None)
        raise
    await _note(parts, name, project)
    return project


async def _note(parts: AcceptParts, name: ProjectName, project: Project | None) -> None:
    """Write into the audit log that a page was accepted."""
    detail = {
        "files": len(project.files) if project else None,
        "serial": project.serial if project else None,
        "reason": parts.reason,
    }
    entry = AuditEntry("page.accepted", parts.index, name, detail)
    await parts.catalog.audit.append(parts.actor, entry)


def _evidence(parts: AcceptParts, ref: FileRef, held: HeldBlob) -> LedgerRow:
    """Return the evidence of what was fetched; its generation is decided when it is written."""
    return LedgerRow(
        owner=parts.chain.owner,
        project=ref.project,
        filename=ref.file.filename,
        sha256=held.sha256,
        size=held.size,
        first_seen=parts.clock.now(),
        source=urlsplit(ref.file.url).hostname or "",
        first_use=ref.file.sha256 is None,
    )
