"""Who may do what: people, groups, roles and tokens, signing in, and one pure decision.

Start with ``base.py`` (the records) and ``rights.py`` (the decision), then ``signing_in.py``
(from a request's header to an identity). Rows are in ``catalog/people.py`` and ``tokens.py``.
People and pipelines that others vouch for come in through ``elsewhere.py``.
May import: the words, ``decide``, ``wire``, ``transport``, ``catalog``; and argon2, PyJWT and
cryptography, which nobody else does.
"""

from wheelyard.access.base import (
    ANONYMOUS,
    Action,
    Grant,
    Identity,
    IndexRules,
    Role,
    Scope,
)
from wheelyard.access.rights import may, may_somewhere, readable_projects, shows_anything

__all__ = [
    "ANONYMOUS",
    "Action",
    "Grant",
    "Identity",
    "IndexRules",
    "Role",
    "Scope",
    "may",
    "may_somewhere",
    "readable_projects",
    "shows_anything",
]
