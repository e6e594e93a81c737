"""News: ask a source, from where the last reading ended, and go on without it if need be.

A source whose upstream has no list at all is no obstacle where the projects are named one by one:
their pages are asked for. Nor is one that fails; but then something may be missing that nobody
knows of, and the run is not complete. A run for a few named projects asks for no list: the one of
PyPI takes longer than hundreds of pages.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from wheelyard.catalog import Catalog
from wheelyard.catalog.mirrored import Heard
from wheelyard.errors import Absent, Unavailable
from wheelyard.mirror.sync.listing import Changes, ChangeSource, News
from wheelyard.mirror.sync.plan import named_projects
from wheelyard.mirror.wanted import Wanted

__all__ = ["Reading", "read_news"]

_MOST_NAMED = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read. ``problem`` says what could not be had, if anything.

    ``heard`` is to be written down once all of it is in the states; None if a later reading cannot
    go on from here.
    """

    news: News
    heard: Heard | None = None
    problem: str = ""


async def read_news(
    catalog: Catalog, owner: str, source: ChangeSource, wanted: Wanted, *, is_whole: bool
) -> Reading:
    """Return the news of the upstream of ``owner`` for those who want ``wanted``.

    With ``is_whole`` the next reading may go on where this one ends.
    """
    names = wanted.names
    if not is_whole and names is not None and len(names) <= _MOST_NAMED:
        return Reading(Changes(dict.fromkeys(names), ""))
    covered = _digest(wanted)
    heard = await catalog.mirrored.heard(owner) if is_whole else None
    goes_on = heard is not None and heard.kind == source.kind and heard.wanted == covered
    try:
        news = await source.news(heard.mark if heard is not None and goes_on else "")
    except Absent as error:
        return _without_list(wanted, "" if wanted.names is not None else str(error))
    except Unavailable as error:
        return _without_list(wanted, str(error))
    ended = Heard(source.kind, news.mark, covered) if is_whole and news.mark else None
    return Reading(news, ended)


def _without_list(wanted: Wanted, problem: str) -> Reading:
    """Return the reading where nobody told anything: who is named is asked for by page."""
    names = named_projects(wanted)
    return Reading(Changes(dict.fromkeys(names), ""), problem=problem)


def _digest(wanted: Wanted) -> str:
    """Return a text that changes if other projects are wanted, whatever is wanted of each."""
    parts: Iterable[Iterable[str]] = (
        ["everything"] if wanted.everything else [],
        sorted(rule.pattern.text for rule in wanted.projects),
        sorted(pattern.text for pattern in wanted.without),
        sorted(wanted.files),
    )
    return sha256("\n\n".join("\n".join(part) for part in parts).encode()).hexdigest()
