"""The words of rights: what can be done, who somebody is, and what was given to whom.

An empty ``index`` or ``project`` of a grant or a scope means every one.  An empty ``project`` of a
question means the index as a whole, for which a right in one project does not count.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

__all__ = ["ANONYMOUS", "Action", "Grant", "Identity", "IndexRules", "Role", "Scope"]


class Action(StrEnum):
    """What somebody may want to do in an index."""

    READ = "read"
    """See pages and files that are held."""
    FILL = "fill"
    """Have something fetched from an upstream that is not held yet."""
    UPLOAD = "upload"
    YANK = "yank"
    """Yank and un-yank, and change the status of a project."""
    DELETE = "delete"
    MANAGE = "manage"
    """Give roles to others; take a name of which the public has one too."""


class Role(StrEnum):
    """What is given to people, each with everything that the one before it may."""

    READER = "reader"
    FILLER = "filler"
    UPLOADER = "uploader"
    MAINTAINER = "maintainer"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in one place: an index, a project of an index, or everywhere."""

    role: Role
    index: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token may be used for, at most. Without an action it is good for nothing."""

    index: str = ""
    project: str = ""
    actions: frozenset[Action] = frozenset()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking, with every role of theirs as it is at this moment.

    ``grants`` holds those of the person and those of the ``groups``. ``scope`` is there if a token
    was shown: it narrows, and never widens. ``token`` is the public id of that token.
    """

    name: str = ""
    is_admin: bool = False
    groups: frozenset[str] = frozenset()
    grants: frozenset[Grant] = frozenset()
    scope: Scope | None = None
    token: str = ""

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody said who they are."""
        return not self.name


ANONYMOUS = Identity()
"""Somebody who did not say who they are."""


@dataclass(frozen=True, slots=True)
class IndexRules:
    """What an index allows without any role: the settings ``read`` and ``fill`` of it."""

    read: Literal["anyone", "members"] = "anyone"
    fill: Literal["readers", "granted"] = "readers"
