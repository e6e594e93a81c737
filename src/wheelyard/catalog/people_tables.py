"""The tables of who may do what, and who did: people, groups, grants, tokens, the audit log.

Names of users and groups share one namespace. An empty ``index_name`` or ``project`` of a grant
means every one. The rules for changes are in ``tables.py``.
"""

import sqlalchemy as sa

from wheelyard.catalog.tables import metadata

__all__ = [
    "audit",
    "grants",
    "groups",
    "members",
    "publishers",
    "seen_assertions",
    "tokens",
    "users",
]

# SQLite counts up by itself only in a column that is exactly INTEGER.
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

users = sa.Table(
    "users",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    # None: this person signs in elsewhere, or with tokens alone.
    sa.Column("password_hash", sa.Text),
    sa.Column("is_admin", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
)

groups = sa.Table(
    "groups",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
)

members = sa.Table(
    "members",
    metadata,
    sa.Column("group_name", sa.Text, primary_key=True),
    sa.Column("user_name", sa.Text, primary_key=True),
    sa.Index("members_by_user", "user_name"),
)

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("index_name", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("granted_at", sa.Double, nullable=False),
    sa.Column("granted_by", sa.Text, nullable=False),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("user_name", sa.Text, nullable=False),
    # A keyed BLAKE2 digest; the token itself is nowhere.
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("index_name", sa.Text, nullable=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("actions_json", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Double),
    sa.Column("last_used_at", sa.Double),
    sa.Column("revoked_at", sa.Double),
    sa.Index("tokens_by_user", "user_name"),
)

publishers = sa.Table(
    "publishers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("index_name", sa.Text, nullable=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("claims_json", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Index("publishers_by_issuer", "issuer"),
)

seen_assertions = sa.Table(
    "seen_assertions",
    metadata,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("assertion", sa.Text, primary_key=True),
    # Kept until nobody could use it again: its end, the leeway, and a margin.
    sa.Column("forget_at", sa.Double, nullable=False),
    sa.Index("seen_assertions_by_end", "forget_at"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", _SERIAL, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("index_name", sa.Text, nullable=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("detail_json", sa.Text, nullable=False),
    sa.Index("audit_by_time", "at"),
    sqlite_autoincrement=True,
)
