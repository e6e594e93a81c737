"""Judging: would this install on each target if every upstream vanished now?

An installer in an outage sees the offline view of an index, which shows what is held and nothing
else, and resolves against it. So that is what is done here: the closure over the offline view is
what would be installed, and every file of it is read once, because a damaged one is not held. What
is missing is found by the closure over the whole index: what would be installed with upstreams.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wheelyard.blobs import read_to_end
from wheelyard.clock import Instant
from wheelyard.closure import Choice, Closing, Closure, Needed, Target, close, fitting
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.mirror.ready.records import Judgement, Missing, Progress, TargetJudgement, Tell
from wheelyard.model import File, FileRef, Project
from wheelyard.names import ProjectName, version_key
from wheelyard.repository.base import Repository

__all__ = ["Question", "Views", "judge", "wanted_files"]

_ROUNDS = 50
"""How often it is judged anew because one more file turned out to be damaged."""

_FETCH = "Fetch and pin it with `--fetch`."


@dataclass(frozen=True, slots=True)
class Question:
    """What is to install where. ``name`` is what people call it."""

    name: str
    files: tuple[Path, ...]
    targets: tuple[Target, ...]
    closing: Closing


@dataclass(frozen=True, slots=True)
class Views:
    """An index twice: what is held of it, and all of it; without ``whole`` nobody is asked."""

    offline: Repository
    whole: Repository | None = None


@dataclass(frozen=True, slots=True)
class _Looked:
    """One need on one target, looked at: the file that serves it, or why none does."""

    needed: Needed
    file: File | None = None
    reason: str = ""
    is_damaged: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a closure comes to on one target."""

    closure: Closure
    looked: tuple[_Looked, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it would install."""
        return not self.closure.problems and all(each.file is not None for each in self.looked)


async def judge(question: Question, views: Views, now: Instant, tell: Tell) -> Judgement:
    """Return what each target of ``question`` comes to.

    Raises:
        BadInput: the files cannot be read.
        Unavailable: the resolver cannot be run.
    """
    judged = []
    for number, target in enumerate(question.targets):
        tell(Progress(f"{target}", number, len(question.targets)))
        judged.append(await _judge_target(question, target, views))
    return Judgement(question.name, now, tuple(judged))


async def wanted_files(question: Question, whole: Repository, tell: Tell) -> tuple[FileRef, ...]:
    """Return every file that ``question`` needs of the whole index, so that it can be kept.

    What does not resolve is left out: the judgement says it.
    """
    found: dict[str, FileRef] = {}
    for number, target in enumerate(question.targets):
        tell(Progress(f"{target}", number, len(question.targets)))
        closure = await close(question.files, [target], whole, question.closing)
        for needed in closure.needed:
            try:
                page = await whole.project(needed.name)
            except WheelyardError:
                continue
            for file in fitting(page, needed).files:
                found[file.filename] = page.ref(file)
    return tuple(found.values())


async def _judge_target(question: Question, target: Target, views: Views) -> TargetJudgement:
    """Return what one target comes to."""
    seen = await _see_held(question, target, views.offline)
    notes = list(seen.closure.remarks)
    wider: Closure | None = None
    if views.whole is not None and not (seen.is_whole and _is_exact(seen.closure)):
        try:
            wider = await close(question.files, [target], views.whole, question.closing)
        except Unavailable as error:
            notes.append(f"What the index lists could not be resolved, to compare: {error}")
    if seen.is_whole:
        notes += _differences(seen.closure, wider) if wider else []
        return _judgement(target, seen.looked, (), (), notes)
    looked, missing = seen.looked, [_missing(each) for each in seen.looked if each.file is None]
    if wider is not None and wider.needed and views.whole is not None:
        looked = tuple([await _look(each, target, views.offline) for each in wider.needed])
        lacks = [each for each in looked if each.file is None]
        missing = [await _explain(each, target, views.whole) for each in lacks]
        if not lacks and not wider.problems:
            # Where metadata come out of the files, resolving has fetched what was missing.
            seen = await _see_held(question, target, views.offline)
            if seen.is_whole:
                return _judgement(target, seen.looked, (), (), notes)
    # What the resolver says of what is not here is said better by what is missing.
    problems = () if missing else seen.closure.problems
    problems = wider.problems if wider is not None and wider.problems else problems
    return _judgement(target, looked, missing, problems, notes)


async def _see_held(question: Question, target: Target, offline: Repository) -> _Seen:
    """Return what an installer would find in an outage.

    A file that turns out to be damaged is not held from then on, so another one may be chosen.
    """
    left = _ROUNDS
    while True:
        closure = await close(question.files, [target], offline, question.closing)
        looked = tuple([await _look(each, target, offline) for each in closure.needed])
        left -= 1
        if not left or not any(each.is_damaged for each in looked):
            return _Seen(closure, looked)


async def _look(needed: Needed, target: Target, offline: Repository) -> _Looked:
    """Return what serves ``needed`` on ``target`` of what is held, having read it."""
    try:
        page = await offline.project(needed.name)
    except (Absent, Unavailable):
        return _Looked(needed, reason="nothing of the project is held")
    except WheelyardError as error:
        return _Looked(needed, reason=str(error))
    choice = _choice(page, needed, target)
    if not choice.files:
        return _Looked(needed, reason=choice.why or "no held file serves it")
    file = choice.files[0]
    try:
        await read_to_end(await offline.file(page.ref(file)))
    except WheelyardError:
        return _Looked(needed, reason="its file is damaged", is_damaged=True)
    return _Looked(needed, file)


async def _explain(lack: _Looked, target: Target, whole: Repository) -> Missing:
    """Return what is missing, with the file that upstream would give, and what to do."""
    try:
        page = await whole.project(lack.needed.name)
    except WheelyardError as error:
        return _missing(lack, reason=str(error), step="Look at it with `wheelyard status`.")
    if page.status.status == "quarantined":
        return _missing(lack, reason="the project is quarantined", step="Do without it.")
    choice = _choice(page, lack.needed, target)
    if problems := fitting(page, lack.needed).problems:
        return _missing(lack, reason=" ".join(problems), step="")
    if not choice.files:
        step = "Ask for another version or for other targets, or lock anew."
        return _missing(lack, reason=choice.why or lack.reason, step=step)
    return _missing(lack, choice.files[0].filename, reason="it is not held", step=_FETCH)


def _missing(lack: _Looked, file: str = "", *, reason: str = "", step: str = _FETCH) -> Missing:
    """Return what is missing."""
    needed, why = lack.needed, (reason or lack.reason).rstrip(". ")
    return Missing(needed.name, needed.version, file, why, step, needed.why)


def _choice(page: Project, needed: Needed, target: Target) -> Choice:
    """Return what of a page serves ``needed`` on ``target``."""
    choices = fitting(page, needed).choices
    return next((each for each in choices if each.target == target), Choice(target))


def _is_exact(closure: Closure) -> bool:
    """Say whether the files leave no choice of versions, so that nothing newer could be meant."""
    return all(each.is_pinned or each.files is not None for each in closure.needed)


def _differences(held: Closure, whole: Closure) -> list[str]:
    """Return notes about releases that would be others than with upstreams."""
    listed = _versions(whole)
    notes = []
    for name, version in _versions(held).items():
        other = listed.get(name)
        if other is not None and version_key(other) != version_key(version):
            notes.append(
                f"`{name}` would be {version}: {other}, which is listed, is not held. `--fetch` "
                "gets it."
            )
    return notes


def _versions(closure: Closure) -> dict[ProjectName, str]:
    """Return which version of each project is needed, building aside."""
    return {each.name: each.version for each in closure.needed if not each.is_build}


def _judgement(
    target: Target,
    looked: Sequence[_Looked],
    missing: Sequence[Missing],
    problems: Sequence[str],
    notes: Sequence[str],
) -> TargetJudgement:
    """Return the judgement of a target."""
    return TargetJudgement(
        target=str(target),
        python=target.python,
        platform=target.platform,
        wanted=len(looked),
        held=sum(each.file is not None for each in looked),
        missing=tuple(missing),
        problems=tuple(problems),
        notes=tuple(notes),
    )
