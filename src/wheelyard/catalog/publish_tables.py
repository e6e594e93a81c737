"""What was published where: targets, their views, pages and objects, and purges that are owed.

See ``tables.py`` for the rules of changing them.
"""

import sqlalchemy as sa

from wheelyard.catalog.tables import metadata

__all__ = [
    "publish_objects",
    "publish_pages",
    "publish_purges",
    "publish_targets",
    "publish_views",
]

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# A target that was emptied or replaced has another ``tree`` than we wrote: nothing of what stands
# here counts then. One that was taken back ``is_held``: what the server publishes there does not
# count by itself. ``pending_json`` are the projects that could not be looked at last time.
# ``making`` is when the tree may say that it was made, since a publish that did not end.
publish_targets = sa.Table(
    "publish_targets",
    metadata,
    sa.Column("id", _SERIAL, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("index_name", sa.Text, nullable=False),
    sa.Column("tree", sa.Text, nullable=False),
    sa.Column("has_views", sa.Boolean, nullable=False),
    sa.Column("is_held", sa.Boolean, nullable=False),
    sa.Column("published_at", sa.Double),
    sa.Column("reconciled_at", sa.Double),
    sa.Column("snapshot_at", sa.Double),
    sa.Column("pending_json", sa.Text, nullable=False),
    sa.Column("making", sa.Text, nullable=False),
    sa.UniqueConstraint("url"),
)

# ``serial`` is the journal's, and ``looked_at`` the time, when what a view shows was looked up;
# ``basis`` is of all that every page depends on. A view that is not ``is_whole`` is being made, or
# was left in the middle. A target without views has only ``a``.
publish_views = sa.Table(
    "publish_views",
    metadata,
    sa.Column("target", sa.BigInteger, primary_key=True),
    sa.Column("view", sa.Text, primary_key=True),
    sa.Column("serial", sa.BigInteger, nullable=False),
    sa.Column("looked_at", sa.Double, nullable=False),
    sa.Column("made_at", sa.Double, nullable=False),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("is_whole", sa.Boolean, nullable=False),
    sqlite_with_rowid=False,
)

# ``digest`` is of the page in all its forms; it is empty of a project that is gone, and `?` while
# the page is being written. The row comes after the page itself, so that what is not here may still
# be there, never the reverse. ``serial`` is that of the publish that wrote it. ``sizes_json`` are
# those of its objects. The project list is the page of no name.
publish_pages = sa.Table(
    "publish_pages",
    metadata,
    sa.Column("target", sa.BigInteger, primary_key=True),
    sa.Column("view", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("serial", sa.BigInteger, nullable=False),
    sa.Column("hosted", sa.Boolean, nullable=False),
    sa.Column("html_sha256", sa.Text, nullable=False),
    sa.Column("html_size", sa.BigInteger, nullable=False),
    sa.Column("json_sha256", sa.Text, nullable=False),
    sa.Column("json_size", sa.BigInteger, nullable=False),
    sa.Column("sizes_json", sa.Text, nullable=False),
    sa.Index("publish_pages_by_serial", "target", "view", "serial"),
    sqlite_with_rowid=False,
)

# Files, metadata and provenance objects. ``kind`` is that of a manifest's entry, or `provenance`.
# ``sha256`` is empty while the object is being written or removed. ``unlisted_at`` is 0 of what is
# to go at once; pages written at ``unlisted_serial`` or later do not list it.
publish_objects = sa.Table(
    "publish_objects",
    metadata,
    sa.Column("target", sa.BigInteger, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("unlisted_at", sa.Double),
    sa.Column("unlisted_serial", sa.BigInteger),
    sa.Index("publish_objects_by_unlisted", "target", "unlisted_at"),
    sa.Index("publish_objects_by_path", "target", "path"),
    sqlite_with_rowid=False,
)

publish_purges = sa.Table(
    "publish_purges",
    metadata,
    sa.Column("target", sa.BigInteger, primary_key=True),
    sa.Column("purger", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("since", sa.Double, nullable=False),
    sqlite_with_rowid=False,
)
