"""Names as upstreams tell them: in any spelling, and some that are none."""

from wheelyard.errors import BadInput
from wheelyard.names import ProjectName, parse_project_name

__all__ = ["name_of"]


def name_of(text: object) -> ProjectName | None:
    """Return the name that ``text`` spells; None if it is none, and so cannot be asked for."""
    try:
        return parse_project_name(text) if isinstance(text, str) else None
    except BadInput:
        return None
