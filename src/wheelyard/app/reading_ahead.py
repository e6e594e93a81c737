"""An index for who walks through all of it: what it is asked for next is read ahead, together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wheelyard.app.program import App
from wheelyard.blobs import DiskThreads, LocalBlobs, disk_failure
from wheelyard.catalog.ahead import ReadAhead
from wheelyard.names import ProjectName, Sha256
from wheelyard.repository.compose import Chain, compose_offline
from wheelyard.repository.front import Front, compose_front

__all__ = ["Walking", "open_walking"]


@dataclass(frozen=True, slots=True)
class Walking:
    """An index that asks nobody, and is told which projects it is asked for next."""

    front: Front
    rows: ReadAhead
    owners: tuple[str, ...]
    seen: dict[Sha256, int | None]
    store: LocalBlobs
    disk: DiskThreads

    async def read_ahead(self, names: Sequence[ProjectName]) -> None:
        """Read the rows of these projects, and look which of their files are there.

        Raises:
            Unavailable: the catalog or the disk cannot be read now.
        """
        self.seen.clear()
        found = await self.rows.load(self.owners, names)
        digests = {row.sha256 for rows in found for row in rows.held}
        digests |= {row.metadata_sha256 for rows in found for row in rows.metadata}
        try:
            self.seen.update(await self.disk.run(self.store.sizes_now, digests))
        except OSError as error:
            raise disk_failure("The store of files", error) from error


def open_walking(app: App, front: Front) -> Walking:
    """Return the same index as ``front``, which asks nobody, for a walk through it.

    Its chains are composed once more, so that nobody else gets what was read a moment ago.
    """
    rows = ReadAhead(app.catalog, app.clock)
    seen: dict[Sha256, int | None] = {}

    def walked(chain: Chain) -> Chain:
        if chain.made_of is None:
            return chain
        return compose_offline(chain.owner, replace(chain.made_of, catalog=rows.catalog), seen)

    outside = {name: walked(chain) for name, chain in front.parts.outside.items()}
    owners = tuple(sorted(chain.owner for chain in outside.values()))
    walking = compose_front(replace(front.parts, outside=outside))
    parts = app.fills.parts
    return Walking(walking, rows, owners, seen, parts.store, parts.disk)
