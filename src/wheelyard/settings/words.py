"""What people read about a setting."""

from dataclasses import dataclass

__all__ = ["Words"]


@dataclass(frozen=True, slots=True)
class Words:
    """What people read about a setting. ``shown_default`` replaces a default that is computed."""

    text: str
    unit: str = ""
    flag: str = ""
    metavar: str = ""
    shown_default: str = ""
