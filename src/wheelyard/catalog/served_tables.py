"""The table of what lies in directories that are served where they are.

Nothing here is a truth of its own: each row says what a file was found to be when it was read, and
is good for as long as the file looks the same. The rules for changes are in ``tables.py``.
"""

import sqlalchemy as sa

from wheelyard.catalog.tables import metadata

__all__ = ["served_files"]

served_files = sa.Table(
    "served_files",
    metadata,
    sa.Column("directory", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    # Changes with the content: what a file looks like without being read.
    sa.Column("stamp", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("requires_python", sa.Text),
    sa.Column("metadata_sha256", sa.Text),
)
