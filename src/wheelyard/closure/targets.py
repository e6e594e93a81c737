"""Targets as people write them, and the one that we run on."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from wheelyard.closure.base import Target
from wheelyard.errors import BadInput
from wheelyard.tags import parse_platform, parse_python, this_platform, this_python

__all__ = ["parse_target", "parse_targets", "this_machine"]

T = TypeVar("T")


def this_machine() -> Target:
    """Return the interpreter and the machine that this program runs on.

    Raises:
        BadInput: the platform is none that is known.
    """
    return Target(this_python(), this_platform())


def parse_target(python: str, platform: str) -> Target:
    """Return the target of a Python (`3.11`, `3.11.4`) and a platform (a tag, or uv's name).

    Raises:
        BadInput: one of them is unknown; the message lists what is known.
    """
    return parse_targets([python], [platform])[0]


def parse_targets(pythons: Sequence[str], platforms: Sequence[str]) -> tuple[Target, ...]:
    """Return each Python on each platform; without any, this interpreter or this machine.

    For `--python V ... --platform TAG ...`. Two spellings of one target are one.

    Raises:
        BadInput: with a sentence for each that is unknown.
    """
    problems: list[str] = []
    versions = _parsed(pythons, parse_python, problems) if pythons else [this_python()]
    places = _parsed(platforms, parse_platform, problems) if platforms else [this_platform()]
    if problems:
        raise BadInput(*problems)
    return tuple(dict.fromkeys(Target(version, place) for version in versions for place in places))


def _parsed(texts: Sequence[str], parse: Callable[[str], T], problems: list[str]) -> list[T]:
    """Return what can be parsed, and note what cannot."""
    found = []
    for text in texts:
        try:
            found.append(parse(text))
        except BadInput as error:
            problems += error.problems
    return found
