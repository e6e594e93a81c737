"""Names of a room that are loaded when they are first asked for, so that the room imports fast."""

from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["late"]


def late(room: str, places: Mapping[str, str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of ``room``: ``places`` are the modules that have its late names.

    To be hidden from type checkers, which would believe in every name. Source: PEP 562.
    """

    def load(name: str) -> object:
        if name not in places:
            message = f"module {room!r} has no attribute {name!r}"
            raise AttributeError(message)
        return getattr(import_module(places[name]), name)

    return load
