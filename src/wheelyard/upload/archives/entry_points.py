"""``entry_points.txt``: read as installers read it, and refused where they would stumble.

Source: the specification of entry points; installers write a file for each console script.
"""

import configparser
import re
from collections.abc import Iterator
from typing import Final

from wheelyard.upload.archives.limits import not_a_distribution
from wheelyard.upload.archives.paths import shown

__all__ = ["entry_point_problems"]

_GROUP: Final = re.compile(r"\w+(?:\.\w+)*(?:[-\w.+/: ]*)", re.ASCII)
_TARGET: Final = re.compile(
    r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?:\s*:\s*[^\W\d]\w*(?:\.[^\W\d]\w*)*)?\s*(?:\[[^\[\]]*\])?"
)
_SCRIPTS: Final = frozenset({"console_scripts", "gui_scripts"})
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f/\\]")


class _Parser(configparser.ConfigParser):
    """A parser to which ``Name`` and ``name`` are two names."""

    def optionxform(self, optionstr: str) -> str:
        """Return a name as it is."""
        return optionstr


def entry_point_problems(content: bytes) -> tuple[str, ...]:
    """Return a sentence for everything that is wrong with the file; none if all is well."""
    parser = _Parser(delimiters=("=",), interpolation=None, default_section="\0", strict=True)
    try:
        parser.read_string(content.decode("utf-8"), "entry_points.txt")
    except (UnicodeDecodeError, configparser.Error) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        return (str(not_a_distribution(f"entry_points.txt cannot be read: {reason}")),)
    found = (problem for group in parser.sections() for problem in _group(parser, group))
    return tuple(str(not_a_distribution(problem)) for problem in found)


def _group(parser: configparser.ConfigParser, group: str) -> Iterator[str]:
    """Yield what is wrong with one group."""
    if not _GROUP.fullmatch(group):
        yield f"entry_points.txt has an invalid group {shown(group)}"
    for name, target in parser.items(group):
        if group not in _SCRIPTS:
            continue
        if _UNSAFE.search(name) or name.strip(". ") == "":
            yield f"entry_points.txt has an invalid name {shown(name)} in {shown(group)}"
        if not _TARGET.fullmatch(target.strip()):
            yield f"entry_points.txt has an invalid object {shown(target)} for {shown(name)}"
