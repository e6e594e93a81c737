"""Merge the fragments in ``changes/`` into ``CHANGELOG.md``, at release.

    python tools/changelog.py --check      refuse fragments and versions that do not fit together
    python tools/changelog.py --draft      print the section that a release would add
    python tools/changelog.py              write it, and remove the fragments

A fragment is a file ``changes/<id>.<kind>.md`` with one or two sentences for a user, where
``<id>`` is the issue or a short name.  One file per change, because many people work at once and
one file for all would conflict at every merge.

The rule that is kept: ``wheelyard.__version__`` is the version that is being prepared, or, until
the first fragment after a release, the one just released.  So while there are fragments, the
changelog has no section of that version yet, and without fragments its newest section is that
version.
"""

import argparse
import ast
import datetime as dt
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["KINDS", "ChangelogError", "Fragment", "check", "main", "read_fragments", "render"]

ROOT = Path(__file__).resolve().parent.parent

# In the order in which a reader wants to know.
KINDS = ("security", "removed", "deprecated", "added", "changed", "fixed")

NAME = re.compile(rf"(?P<id>[a-z0-9][a-z0-9-]*)\.(?P<kind>{'|'.join(KINDS)})\.md")
SECTION = re.compile(
    r"^## (?P<version>\d+\.\d+\.\d+) \((?P<date>\d{4}-\d{2}-\d{2})\)$", re.MULTILINE
)
MARK = "<!-- the next release goes here -->"
MAX_SENTENCES = 2


class ChangelogError(Exception):
    """Fragments, version and changelog do not fit together; one sentence per problem."""


@dataclass(frozen=True, slots=True, order=True)
class Fragment:
    """One change, as told to users. Sorts in the order of the changelog."""

    rank: int
    identifier: str
    text: str

    @property
    def kind(self) -> str:
        """Return which of the ``KINDS`` it is."""
        return KINDS[self.rank]


def read_fragments(root: Path) -> list[Fragment]:
    """Return the fragments in ``changes/``, in the order of the changelog.

    Raises:
        ChangelogError: naming each file whose name or content is not a fragment's.
    """
    fragments: list[Fragment] = []
    problems: list[str] = []
    for path in sorted(root.joinpath("changes").iterdir()):
        if path.name == "README.md":
            continue
        match = NAME.fullmatch(path.name)
        text = path.read_text("utf-8").strip() if match else ""
        if match is None:
            problems.append(f"`changes/{path.name}`: the name is not <id>.<{'|'.join(KINDS)}>.md")
        elif problem := problem_with(text):
            problems.append(f"`changes/{path.name}`: {problem}")
        else:
            fragments.append(Fragment(KINDS.index(match["kind"]), match["id"], text))
    if problems:
        raise ChangelogError("\n".join(problems))
    return sorted(fragments)


def problem_with(text: str) -> str:
    """Return what keeps ``text`` from being a fragment; empty if nothing does."""
    if not text:
        return "it is empty"
    if text.startswith(("#", "-", "*")):
        return "write sentences; the heading and the list come by themselves"
    if not text.endswith((".", ")", "`")):
        return "a sentence ends with a full stop"
    if len(re.findall(r"[.!?](?=\s+[A-Z`]|$)", text)) > MAX_SENTENCES:
        return f"more than {MAX_SENTENCES} sentences; the documents are the place for the rest"
    return ""


def render(version: str, date: dt.date, fragments: Sequence[Fragment]) -> str:
    """Return the section of a release."""
    lines = [f"## {version} ({date.isoformat()})", ""]
    for kind in KINDS:
        texts = [" ".join(f.text.split()) for f in fragments if f.kind == kind]
        if texts:
            lines += [f"### {kind.capitalize()}", "", *(f"- {text}" for text in texts), ""]
    return "\n".join(lines)


def read_version(root: Path) -> str:
    """Return the version that the package says it is, without importing it."""
    text = root.joinpath("src", "wheelyard", "__init__.py").read_text("utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__":
            return str(ast.literal_eval(node.value))
    raise ChangelogError("`src/wheelyard/__init__.py` assigns no `__version__`.")


def check(root: Path) -> tuple[str, list[Fragment]]:
    """Return version and fragments of the release that is being prepared.

    Raises:
        ChangelogError: they and the changelog contradict each other.
    """
    fragments = read_fragments(root)
    version = read_version(root)
    changelog = root.joinpath("CHANGELOG.md").read_text("utf-8")
    released = [match["version"] for match in SECTION.finditer(changelog)]
    if MARK not in changelog:
        raise ChangelogError(f"`CHANGELOG.md` has lost the line `{MARK}`.")
    if released != sorted(released, key=numbers, reverse=True):
        raise ChangelogError("`CHANGELOG.md`: the sections are not in order, newest first.")
    newest = released[0] if released else "0.0.0"
    if fragments and numbers(version) <= numbers(newest):
        raise ChangelogError(
            f"{newest} is released, and `changes/` has news: raise `__version__` above it."
        )
    if not fragments and version != newest:
        raise ChangelogError(
            f"`__version__` is {version}, the newest in `CHANGELOG.md` is {newest}, and "
            "`changes/` is empty: say in a fragment what is new."
        )
    return version, fragments


def numbers(version: str) -> list[int]:
    """Return the numbers of ``version``, for comparing."""
    return [int(part) for part in version.split(".")]


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT) -> int:
    """Check, print or make a release's section; return 1 when something does not fit."""
    parser = argparse.ArgumentParser(description="Merge changes/ into CHANGELOG.md.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--check", action="store_true", help="change nothing, refuse what does not fit"
    )
    choice.add_argument("--draft", action="store_true", help="print the section, change nothing")
    options = parser.parse_args(arguments)
    try:
        version, fragments = check(root)
    except ChangelogError as error:
        print(error, file=sys.stderr)
        return 1
    if not fragments and not options.check:
        print(f"{version} is released, and nothing is new since.", file=sys.stderr)
        return 1
    section = render(version, dt.datetime.now(dt.UTC).date(), fragments)
    if options.draft:
        print(section)
    elif not options.check:
        release(root, section)
    return 0


def release(root: Path, section: str) -> None:
    """Write ``section`` into the changelog and remove the fragments it was made of."""
    changelog = root / "CHANGELOG.md"
    text = changelog.read_text("utf-8")
    changelog.write_text(text.replace(MARK, f"{MARK}\n\n{section.rstrip()}", 1), "utf-8")
    for path in root.joinpath("changes").iterdir():
        if NAME.fullmatch(path.name):
            path.unlink()


if __name__ == "__main__":
    sys.exit(main())
