"""The tables of what is our own: indexes, their projects and files, and what was deleted.

``owner`` is ``hosted:NAME`` for the hosted part of the index ``NAME``. The rules for changes are
in ``tables.py``.
"""

import sqlalchemy as sa

from wheelyard.catalog.tables import metadata

__all__ = ["hosted_files", "hosted_owners", "hosted_projects", "indexes", "tombstones"]

indexes = sa.Table(
    "indexes",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("settings_json", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
)

hosted_owners = sa.Table(
    "hosted_owners",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    # The journal's serial of the last change of any of its projects.
    sa.Column("revision", sa.BigInteger, nullable=False),
)

hosted_projects = sa.Table(
    "hosted_projects",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("status_reason", sa.Text),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Index("hosted_projects_by_name", "project"),
)

hosted_files = sa.Table(
    "hosted_files",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("filename", sa.Text, primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("uploaded_at", sa.Double, nullable=False),
    sa.Column("uploaded_by", sa.Text, nullable=False),
    sa.Column("hashes_json", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("requires_python", sa.Text),
    sa.Column("metadata_sha256", sa.Text),
    sa.Column("provenance_sha256", sa.Text),
    sa.Column("yanked", sa.Text),
    sa.Column("promoted_from", sa.Text),
    sa.Index("hosted_files_by_sha256", "sha256"),
    sa.Index("hosted_files_by_metadata", "metadata_sha256"),
    sa.Index("hosted_files_by_provenance", "provenance_sha256"),
)

tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("filename", sa.Text, primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("deleted_at", sa.Double, nullable=False),
    sa.Column("deleted_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("tombstones_by_project", "project", "filename"),
)
