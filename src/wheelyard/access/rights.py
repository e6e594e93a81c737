"""The decision: may this identity do this, here? Pure, and the only place that decides it.

Rules for changing it:

- What is not allowed by a line below is denied.
- What anybody may do without saying who they are, everybody may do who did. So a token that is
  good for nothing still reads what is open to all, and nobody has to leave a credential out.
- A token narrows what its user may do at this moment. It never adds anything, whoever the user is.
- Nothing is remembered: identities are made of today's rows for every request.
"""

from collections.abc import Mapping
from typing import Literal

from wheelyard.access.base import Action, Grant, Identity, IndexRules, Role, Scope

__all__ = ["may", "may_somewhere", "readable_projects", "shows_anything"]

_READER = frozenset({Action.READ})
_FILLER = _READER | {Action.FILL}
_UPLOADER = _FILLER | {Action.UPLOAD}
_MAINTAINER = _UPLOADER | {Action.YANK, Action.DELETE}
_MANAGER = _MAINTAINER | {Action.MANAGE}

_ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.READER: _READER,
    Role.FILLER: _FILLER,
    Role.UPLOADER: _UPLOADER,
    Role.MAINTAINER: _MAINTAINER,
    Role.MANAGER: _MANAGER,
}


def may(identity: Identity, action: Action, index: str, project: str, rules: IndexRules) -> bool:
    """Say whether ``identity`` may do ``action`` to ``project`` of ``index``.

    An empty ``project`` asks about the index as a whole. ``rules`` are those of that index.
    """
    if action in _open_to_all(rules):
        return True
    if not _covers(identity.scope, action, index, project):
        return False
    if identity.is_admin:
        return True
    return any(
        _reaches(grant, index, project) and action in _allowed(grant.role, rules)
        for grant in identity.grants
    )


def readable_projects(
    identity: Identity, index: str, rules: IndexRules
) -> Literal["all"] | frozenset[str]:
    """Return the projects of ``index`` that ``identity`` may read, for lists: all, or these names.

    The names are normalised, and may be of projects that the index does not have.
    """
    if may(identity, Action.READ, index, "", rules):
        return "all"
    return frozenset(
        project
        for project in _named(identity, index)
        if may(identity, Action.READ, index, project, rules)
    )


def may_somewhere(identity: Identity, action: Action, index: str, rules: IndexRules) -> bool:
    """Say whether ``identity`` may do ``action`` to any project of ``index``.

    For who is asked before it is known which project is meant.
    """
    places = {"", *_named(identity, index)}
    return any(may(identity, action, index, place, rules) for place in places)


def shows_anything(identity: Identity, index: str, rules: IndexRules) -> bool:
    """Say whether ``index`` has anything to show to ``identity``; if not, it does not exist."""
    return bool(readable_projects(identity, index, rules))


def _named(identity: Identity, index: str) -> frozenset[str]:
    """Return the projects that roles in ``index`` name, or a token."""
    named = {grant.project for grant in identity.grants if grant.index in {"", index}}
    if identity.scope is not None:
        named.add(identity.scope.project)
    return frozenset(named - {""})


def _open_to_all(rules: IndexRules) -> frozenset[Action]:
    """Return what anybody may do in an index, known or not."""
    if rules.read != "anyone":
        return frozenset()
    return _FILLER if rules.fill == "readers" else _READER


def _allowed(role: Role, rules: IndexRules) -> frozenset[Action]:
    """Return what ``role`` allows in an index with these rules."""
    return _FILLER if role is Role.READER and rules.fill == "readers" else _ALLOWED[role]


def _covers(scope: Scope | None, action: Action, index: str, project: str) -> bool:
    """Say whether a token of this scope may be used for it; whoever shows no token is not bound.

    Who may read with a token may have it fetched too: whether they may at all, the role decides.
    """
    if scope is None:
        return True
    needed = Action.READ if action is Action.FILL else action
    return (
        needed in scope.actions
        and scope.index in {"", index}
        and scope.project in {"", project or None}
    )


def _reaches(grant: Grant, index: str, project: str) -> bool:
    """Say whether a grant counts there: one in a project does not, for an index as a whole."""
    return grant.index in {"", index} and grant.project in {"", project or None}
