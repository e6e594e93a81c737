"""What the command line really accepts, read from its own ``--help``.

Running the program is slower than looking into its objects, but it cannot be fooled: what the
help does not show, a reader of the documents cannot use.
"""

import os
import re
import shlex
from collections.abc import Iterator
from functools import cache

from support.house.sources import ROOT
from support.programs import run_program

__all__ = ["commands", "problems_with_line"]

OPTION_LINE = re.compile(r"^ {2}(?P<names>-[\w-]+(?:[,/ ]+-[\w-]+)*)")
COMMAND_LINE = re.compile(r"^ {2}(?P<name>[a-z][\w-]*)(?: {2,}.*)?$")
SEPARATOR = {"|", "&&", "||", ";", "&", ">", ">>", "2>", "<"}

# The ways to start the program that documents use, and the words they stand for.
OWN_PROGRAMS = {
    "wheelyard": (),
    ".venv/bin/wheelyard": (),
    "./run": ("serve",),
}
OTHER_OWN_PROGRAMS = frozenset({"./test", ".ci/run", "just"})


@cache
def commands() -> dict[tuple[str, ...], frozenset[str]]:
    """Return the options of every command, keyed by its words; ``()`` is the program itself."""
    return dict(explore(()))


def explore(words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], frozenset[str]]]:
    """Yield the command ``words`` and those below it, each with its options."""
    environ = {"PATH": os.defpath, "PYTHONPATH": str(ROOT / "src")}
    answer = run_program([*words, "--help"], cwd=ROOT / "src", environ=environ)
    answer.check_returncode()
    found: dict[str, set[str]] = {"Options": set(), "Commands": set()}
    section = ""
    for line in answer.stdout.splitlines():
        if heading := re.match(r"^(\w+):", line):
            section = heading[1]
        elif section == "Options" and (option := OPTION_LINE.match(line)):
            found[section].update(re.findall(r"-[\w-]+", option["names"]))
        elif section == "Commands" and (command := COMMAND_LINE.match(line)):
            found[section].add(command["name"])
    yield words, frozenset(found["Options"])
    for name in sorted(found["Commands"]):
        yield from explore((*words, name))


def problems_with_line(line: str) -> Iterator[str]:
    """Yield what the real command line would not accept in one line of shell.

    Each program of a pipe or list is looked at; one that is not ours is a problem, too.
    """
    words = shlex.split(line, comments=True)
    while words:
        end = next((i for i, word in enumerate(words) if word in SEPARATOR), len(words))
        part, words = words[:end], words[end + 1 :]
        while part and re.match(r"^\w+=", part[0]):  # a variable for this command
            part = part[1:]
        if part:
            yield from problems_with_command(part)


def problems_with_command(words: list[str]) -> Iterator[str]:
    """Yield what is wrong with one command and its arguments."""
    program, *rest = words
    if program in OTHER_OWN_PROGRAMS:
        return
    if program not in OWN_PROGRAMS:
        yield f"`{program}` is not ours"
        return
    path: tuple[str, ...] = OWN_PROGRAMS[program]
    allowed = set(commands()[()]) | set(commands().get(path, ()))
    for word in rest:
        if word == "--":
            break
        if word.startswith("-") and word != "-":
            if word.partition("=")[0] not in allowed:
                yield f"`{' '.join((program, *path))}` has no option `{word}`"
        elif (*path, word) in commands():
            path = (*path, word)
            allowed |= commands()[path]
        elif any(known[:-1] == path for known in commands() if known):
            yield f"there is no command `{' '.join((program, *path, word))}`"
            return
