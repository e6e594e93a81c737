"""Whether two doors lead to the same index, by what both say of the same projects.

A file name that stands for other bytes at the other door is proof that they do not; so is a door
that has none of the projects.  One that lacks what the others have, and has nothing instead, is
only behind.  What it says of serials counts if it has shown ours once: a mirror hands them on, and
an index of its own kind counts for itself.
Source: DESIGN.md, section 4 ("a different index"); PEP 381, "Mirror statistics" (lag).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wheelyard.model import Project
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = ["Comparison", "Likeness", "compare", "is_behind", "judge"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One project at both doors. ``other_file`` is a file name that stands for other bytes.

    ``is_there``: it is, with at least one file that is known, if any are.
    """

    name: ProjectName
    is_there: bool = True
    other_file: Filename | None = None
    lacks_files: bool = False
    same_serial: bool = False
    lower_serial: bool = False


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the comparisons come to. ``difference`` is empty where the index is the same one.

    ``hands_serials_on`` says that the serials at both doors are those of one count.
    """

    difference: str = ""
    is_behind: bool = False
    hands_serials_on: bool = False


def compare(known: Project, said: Project | None) -> Comparison:
    """Return how ``said``, None for "it is not here", differs from what is ``known``."""
    if said is None or _shares_nothing(known, said):
        return Comparison(known.name, is_there=False)
    digests = _digests(known)
    other = next(
        (name for name, digest in _digests(said).items() if digests.get(name, digest) != digest),
        None,
    )
    both = known.serial is not None and said.serial is not None
    return Comparison(
        known.name,
        other_file=other,
        lacks_files=is_behind(known, said),
        same_serial=both and known.serial == said.serial,
        lower_serial=both and (said.serial or 0) < (known.serial or 0),
    )


def judge(comparisons: Sequence[Comparison], *, handed_serials_on: bool) -> Likeness:
    """Return what ``comparisons`` come to; what was found of serials before still counts."""
    for each in comparisons:
        if each.other_file is not None:
            return Likeness(f"`{each.other_file}` has another digest there")
    there = [each for each in comparisons if each.is_there]
    if comparisons and not there:
        return Likeness(f"it knows nothing of {_listed(each.name for each in comparisons)}")
    hands_on = handed_serials_on or any(each.same_serial for each in there)
    late = [each for each in there if each.lacks_files or (hands_on and each.lower_serial)]
    absent = len(comparisons) - len(there)
    is_late = 2 * (len(late) + absent) >= len(comparisons) > 0
    return Likeness("", is_behind=is_late, hands_serials_on=hands_on)


def is_behind(known: Project, said: Project) -> bool:
    """Say whether ``said`` lacks files that are ``known``, or has them as they were before.

    A page that has something new is not behind, whatever it lacks: its owner has been at work.
    """
    before = {file.filename: bool(file.yanked) for file in known.files}
    after = {file.filename: bool(file.yanked) for file in said.files}
    if after.keys() - before.keys():
        return False
    return any(name not in after or after[name] < yanked for name, yanked in before.items())


def _shares_nothing(known: Project, said: Project) -> bool:
    """Say whether both pages list files, and none that is on the other."""
    names = {file.filename for file in known.files}
    return bool(names and said.files) and names.isdisjoint(file.filename for file in said.files)


def _digests(project: Project) -> dict[Filename, Sha256]:
    """Return the digests that are stated on a page."""
    return {file.filename: file.sha256 for file in project.files if file.sha256 is not None}


def _listed(names: Iterable[ProjectName]) -> str:
    """Return names for a sentence."""
    return ", ".join(f"`{name}`" for name in names)
