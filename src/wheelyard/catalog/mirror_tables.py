"""What is filled ahead of need: the state of each mirrored project, runs, pins, readiness.

See ``tables.py`` for the rules of changing them.
"""

import sqlalchemy as sa

from wheelyard.catalog.tables import metadata

__all__ = ["mirrored", "pins", "readiness", "sync_runs"]

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# One row per project that was ever wanted, and nothing that covers several: one that is stuck
# holds up nobody. ``done_serial`` and ``done_revision`` are of the page for which everything wanted
# is held; ``done_for`` names what was wanted then, so that another filter makes work only for
# what it changes, and is empty if something of it is not held (any more).
mirrored = sa.Table(
    "mirrored",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("listed_serial", sa.BigInteger),
    sa.Column("done_serial", sa.BigInteger),
    sa.Column("done_revision", sa.BigInteger),
    sa.Column("done_for", sa.Text, nullable=False, server_default=""),
    sa.Column("done_at", sa.Double),
    sa.Column("gone_at", sa.Double),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try_at", sa.Double),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)

sync_runs = sa.Table(
    "sync_runs",
    metadata,
    sa.Column("id", _SERIAL, primary_key=True),
    sa.Column("index_name", sa.Text, nullable=False),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("ended_at", sa.Double),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("report_json", sa.Text, nullable=False),
    sa.Index("sync_runs_by_index", "index_name", "started_at"),
)

# What the page said of a pinned file goes with the pin: the page may lose it, the pin does not.
# ``taken_down_at`` is when its page said that the project is quarantined, and null while it is not:
# a takedown that ends in a deletion is still a takedown.
pins = sa.Table(
    "pins",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("filename", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("pinned_at", sa.Double, nullable=False),
    sa.Column("pinned_by", sa.Text, nullable=False),
    sa.Column("file_json", sa.Text, nullable=False),
    sa.Column("taken_down_at", sa.Double),
    sa.Index("pins_by_sha256", "sha256"),
)

readiness = sa.Table(
    "readiness",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("checked_at", sa.Double, nullable=False),
    sa.Column("wanted", sa.Integer, nullable=False),
    sa.Column("missing", sa.Integer, nullable=False),
    sa.Column("report_json", sa.Text, nullable=False),
)
