"""Curating: deleting and promoting, with the rules of the indexes that they happen in."""

from wheelyard.catalog import Catalog
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.curation import Curated, Removal
from wheelyard.catalog.hosting_rows import Published
from wheelyard.catalog.promotion import Promotion
from wheelyard.errors import BadInput
from wheelyard.hosting.places import Place
from wheelyard.names import ProjectName

__all__ = ["delete", "promote"]


async def delete(catalog: Catalog, place: Place, removal: Removal, actor: Actor) -> Curated:
    """Delete a release or project of ``place``; return the files that are gone.

    Raises:
        Absent: there is no such release or project.
        BadInput: the index is immutable, and no reason is given.
    """
    if not place.rules.volatile and not removal.reason.strip():
        raise BadInput(
            f"{place.shown[0].upper()}{place.shown[1:]} is immutable: who installs from it relies "
            "on what is there. If a file has to go all the same, say why with `--reason`; if it "
            "only should not be chosen any more, use `wheelyard project yank`."
        )
    return await catalog.curator.delete(removal, actor)


async def promote(
    catalog: Catalog, way: tuple[Place, Place], release: tuple[ProjectName, str], actor: Actor
) -> tuple[Published, ...]:
    """Promote a release along ``way``, from one index to another; see ``catalog/promotion.py``.

    Raises:
        Absent: the source has no such release.
        BadInput: both are one index.
        Conflict: the target has other bytes under one of the names, or had.
        Refused: the source's project is in quarantine, or the target's takes no files.
    """
    source, target = way
    project, version = release
    if source.name == target.name:
        raise BadInput(
            f"`--from` and `--to` are both {source.shown}: name the index that the release is "
            "promoted to."
        )
    wanted = Promotion(source.owner, target.owner, project, version, volatile=target.rules.volatile)
    return await catalog.curator.promote(wanted, actor)
