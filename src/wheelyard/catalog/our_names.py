"""Whose a name is: ours as long as we have a project of that name, and after we deleted it.

Who knew the project asks for it still. If its name went back to the upstream, whoever registers it
there would be installed instead; so a deleted project leaves a tombstone of its own, which only an
operator takes away. It is a tombstone without a file's name.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from wheelyard.catalog.dialect import PreparedQuery, upsert
from wheelyard.catalog.hosting_rows import Tombstone
from wheelyard.catalog.hosting_tables import hosted_projects, tombstones
from wheelyard.catalog.rows import values_of
from wheelyard.names import Filename, ProjectName

__all__ = ["WHOLE_PROJECT", "give_name_up", "keep_name", "select_is_ours", "select_our_names"]

WHOLE_PROJECT = Filename("")
"""The file name of the tombstone of a project as a whole."""


def select_is_ours(connection: sa.Connection, project: ProjectName) -> bool:
    """Say whether any index has a project of that name, or had one."""
    return _IS_OURS.first(connection, {"of_project": project}) is not None


def select_our_names(connection: sa.Connection) -> frozenset[ProjectName]:
    """Return every name of which an index has a project, or had one."""
    return frozenset(connection.execute(_OUR_NAMES).scalars())


def keep_name(connection: sa.Connection, tombstone: Tombstone) -> None:
    """Have the name of a deleted project stay ours; ``tombstone`` is without a file's name."""
    connection.execute(_KEEP, values_of(tombstone))


def give_name_up(connection: sa.Connection, owners: Iterable[str], project: ProjectName) -> None:
    """Have the name no longer be ours because ``owners`` once had it."""
    for owner in owners:
        connection.execute(_GIVE_UP, {"of_owner": owner, "of_project": project})


_IS_OURS = PreparedQuery(
    sa.union_all(
        sa.select(hosted_projects.c.owner).where(
            hosted_projects.c.project == sa.bindparam("of_project")
        ),
        sa.select(tombstones.c.owner).where(
            tombstones.c.project == sa.bindparam("of_project"),
            tombstones.c.filename == WHOLE_PROJECT,
        ),
    ).limit(1),
    str,
)
_OUR_NAMES = sa.union(
    sa.select(hosted_projects.c.project),
    sa.select(tombstones.c.project).where(tombstones.c.filename == WHOLE_PROJECT),
)
_KEEP = upsert(tombstones)
_GIVE_UP = tombstones.delete().where(
    tombstones.c.owner == sa.bindparam("of_owner"),
    tombstones.c.project == sa.bindparam("of_project"),
    tombstones.c.filename == WHOLE_PROJECT,
)
