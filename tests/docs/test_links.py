"""The documents as text: links lead somewhere, pages are found, sentences have a line each."""

import re
from pathlib import Path

import pytest

from support.house import ROOT, anchors_of, links_of, prose_lines, tracked_files

pytestmark = pytest.mark.house

DOCUMENTS = [path for path in tracked_files() if path.suffix == ".md" and path.parts[0] != "tests"]
PAGES = [path for path in DOCUMENTS if path.parts[0] == "docs"]
KINDS = {"tutorial", "how-to", "reference", "explanation"}

# An end of a sentence in the middle of a line; not after "e.g." and its like, nor a number.
SECOND_SENTENCE = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bcf)(?<!\d)[.!?][)*_]* +[A-Z]")
DECISION = re.compile(r"(?P<number>\d{4})-[a-z0-9-]+\.md")


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_links_lead_somewhere(path: Path) -> None:
    """A relative link names a file of this clone, and a heading that the file has."""
    problems = []
    for line, target in links_of(path):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        found = (ROOT / path.parent / name).resolve() if name else ROOT / path
        if not found.exists():
            problems.append(f"{path}:{line}: there is no {name}")
        elif anchor and anchor not in anchors_of(found.relative_to(ROOT)):
            problems.append(f"{path}:{line}: {name or path.name} has no heading for #{anchor}")

    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_sentence_has_a_line_of_its_own(path: Path) -> None:
    """One sentence per line, so that a change of one sentence is a change of one line."""
    problems = [
        f"{path}:{number}: {line}"
        for number, line in prose_lines(path)
        if SECOND_SENTENCE.search(line)
        and path.parts[0] != "changes"
        and path.name != "CHANGELOG.md"
    ]

    assert not problems, "\n".join(problems)


def test_pages_are_of_four_kinds() -> None:
    """A page teaches, helps, informs or explains; one that does two of these is two pages."""
    assert {path.parts[1] for path in PAGES if len(path.parts) > 2} <= KINDS


def test_decisions_are_numbered_without_gaps() -> None:
    """Records of decisions are never removed, only superseded."""
    names = sorted(ROOT.joinpath("docs/explanation/decisions").glob("*.md"))
    matches = [DECISION.fullmatch(path.name) for path in names]
    numbers = [int(match["number"]) for match in matches if match]

    assert numbers == list(range(1, len(names) + 1))
