"""The documented queries: each has a name, a sentence, and SQL that any SQLite client runs.

What stands in `docs/reference/snapshot.md` is checked against this module, and each has expected
rows in the tests.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from wheelyard.errors import BadInput
from wheelyard.names import parse_project_name
from wheelyard.tags import compatible_tags, parse_platform, parse_python, this_platform

__all__ = ["QUERIES", "Parameter", "Query", "find_query", "is_sql"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a query is about. ``default`` is None if it has to be given."""

    name: str
    text: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A documented query.

    ``complete`` makes of what was given what the SQL is bound to: names in normal form, and more.
    """

    name: str
    text: str
    sql: str
    parameters: tuple[Parameter, ...] = ()
    complete: Callable[[Mapping[str, str]], Mapping[str, str]] = dict

    def values(self, words: Sequence[str], named: Mapping[str, str]) -> Mapping[str, str]:
        """Return what the SQL is bound to, given ``words`` in order, and others by name.

        Raises:
            BadInput: too many are given, an unknown one, or one too few; or one is unusable.
        """
        known = [each.name for each in self.parameters]
        if len(words) > len(known):
            takes = " ".join(name.upper() for name in known) or "nothing more"
            raise BadInput(f"The query `{self.name}` takes {takes}.")
        unknown = [name for name in named if name not in known]
        if unknown:
            takes = ", ".join(f"`{name}`" for name in known) or "none"
            raise BadInput(
                f"The query `{self.name}` has no parameter `{unknown[0]}`: it has {takes}."
            )
        given = dict(zip(known, words, strict=False)) | dict(named)
        for each in self.parameters:
            if each.name not in given:
                if each.default is None:
                    raise BadInput(
                        f"The query `{self.name}` needs {each.name.upper()}: {each.text}"
                    )
                given[each.name] = each.default
        return self.complete(given)


def is_sql(text: str) -> bool:
    """Say whether a text is meant as SQL and not as the name of a query: it has several words."""
    return len(text.split()) > 1 or ";" in text


def find_query(name: str) -> Query:
    """Return the documented query of that name.

    Raises:
        BadInput: there is none; the sentence names the nearest.
    """
    by_name = {query.name: query for query in QUERIES}
    if name in by_name:
        return by_name[name]
    near = get_close_matches(name, by_name, n=1)
    meant = f" Did you mean `{near[0]}`?" if near else ""
    raise BadInput(
        f"There is no query `{name[:80]}`.{meant} `wheelyard query --list` has all; SQL "
        "begins with SELECT or WITH."
    )


def _about_project(given: Mapping[str, str]) -> Mapping[str, str]:
    """Return the parameters with the project's name in normal form."""
    return {**given, "project": parse_project_name(given["project"])}


def _about_python(given: Mapping[str, str]) -> Mapping[str, str]:
    """Return the parameters with the tags of wheels that install there, as a list in JSON."""
    platform = parse_platform(given["platform"]) if given["platform"] else this_platform()
    python = parse_python(given["python"])
    tags = json.dumps(compatible_tags(python, platform))
    return {"python": ".".join(python.split(".")[:2]), "wheel_tags": tags}


_PROJECT: Final = Parameter("project", "name of a project, however it is spelled.")

QUERIES: Final = (
    Query(
        "about",
        "What the snapshot is of: index, serial, age and version.",
        "SELECT key, value FROM meta ORDER BY key",
    ),
    Query(
        "latest",
        "The latest version of a project: a final one before a pre-release, none that is yanked.",
        """SELECT p.name, p.latest_version AS version, r.upload_time, p.status, r.license, p.summary
FROM projects AS p
LEFT JOIN releases AS r ON r.project = p.name AND r.version = p.latest_version
WHERE p.name = :project""",
        (_PROJECT,),
        _about_project,
    ),
    Query(
        "releases",
        "Every version of a project, the newest first.",
        """SELECT version, upload_time, is_prerelease, yanked, files
FROM releases
WHERE project = :project
ORDER BY position DESC""",
        (_PROJECT,),
        _about_project,
    ),
    Query(
        "files",
        "Every file of a project, those of the newest version first.",
        """SELECT f.filename, f.version, f.size, f.requires_python, f.yanked, f.sha256
FROM files AS f
LEFT JOIN releases AS r ON r.project = f.project AND r.version = f.version
WHERE f.project = :project
ORDER BY r.position DESC, f.filename""",
        (_PROJECT,),
        _about_project,
    ),
    Query(
        "requirements",
        "What the latest version of a project requires.",
        """SELECT r.requires, r.extras, r.specifier, r.extra, r.marker
FROM projects AS p
JOIN requirements AS r ON r.project = p.name AND r.version = p.latest_version
WHERE p.name = :project
ORDER BY r.position""",
        (_PROJECT,),
        _about_project,
    ),
    Query(
        "requires",
        "Who requires a project, in their latest versions.",
        """SELECT r.project, r.version, r.specifier, r.extra, r.marker
FROM requirements AS r
JOIN projects AS p ON p.name = r.project AND p.latest_version = r.version
WHERE r.requires = :project
ORDER BY r.project, r.position""",
        (_PROJECT,),
        _about_project,
    ),
    Query(
        "installable",
        "What can be installed on a Python: of each project the newest version with a wheel that "
        "fits, or with a source archive; final versions before others.",
        """WITH fitting AS (
    SELECT DISTINCT tags FROM wheel_tags
    WHERE python || '-' || abi || '-' || platform IN (SELECT value FROM json_each(:wheel_tags))
), ranked AS (
    SELECT f.project, f.version, f.filename, f.packagetype, row_number() OVER (
        PARTITION BY f.project
        ORDER BY r.is_prerelease, r.position DESC, f.packagetype = 'sdist', f.filename
    ) AS place
    FROM files AS f
    JOIN releases AS r ON r.project = f.project AND r.version = f.version
    WHERE f.yanked = 0
    AND (f.packagetype = 'sdist' OR f.tags IN (SELECT tags FROM fitting))
    AND (f.requires_python IS NULL OR EXISTS (
        SELECT 1 FROM python_support AS s
        WHERE s.requires_python = f.requires_python AND s.python = :python
    ))
)
SELECT project, version, filename FROM ranked WHERE place = 1 ORDER BY project""",
        (
            Parameter("python", "version of a Python, such as `3.11`."),
            Parameter("platform", "platform, such as `linux` or `win_amd64`; else this one.", ""),
        ),
        _about_python,
    ),
    Query(
        "yanked",
        "Every file that is yanked, and why.",
        """SELECT project, version, filename, yanked_reason
FROM files INDEXED BY files_by_yanked
WHERE yanked = 1
ORDER BY project, version, filename""",
    ),
    Query(
        "downloads",
        "How often files of a project were taken, day by day.",
        """SELECT day, downloads, mirror_downloads
FROM downloads_daily
WHERE project = :project
ORDER BY day""",
        (_PROJECT,),
        _about_project,
    ),
    Query(
        "popular",
        "The projects whose files were taken most, on all days that are known.",
        """SELECT project, sum(downloads) AS downloads, sum(mirror_downloads) AS mirror_downloads
FROM downloads_daily
GROUP BY project
ORDER BY 2 DESC, 1""",
    ),
    Query(
        "largest",
        "The projects whose files take most room.",
        """SELECT project, sum(size) AS bytes, count(*) AS files
FROM files
GROUP BY project
ORDER BY 2 DESC, 1""",
    ),
    Query(
        "newest",
        "The projects whose latest version was uploaded last.",
        """SELECT p.name, p.latest_version AS version, r.upload_time, p.summary
FROM projects AS p
JOIN releases AS r ON r.project = p.name AND r.version = p.latest_version
ORDER BY r.upload_time DESC, p.name""",
    ),
    Query(
        "classifiers",
        "The projects whose latest version has a classifier, or one below it.",
        """SELECT project, classifier
FROM classifiers
WHERE classifier = :classifier
OR (classifier > :classifier || ' :: ' AND classifier < :classifier || ' ::!')
ORDER BY project, classifier""",
        (Parameter("classifier", "such as `Framework :: Django`."),),
    ),
    Query(
        "licenses",
        "How many projects state which licence, in their latest version.",
        """SELECT r.license, count(*) AS projects
FROM projects AS p
JOIN releases AS r ON r.project = p.name AND r.version = p.latest_version
GROUP BY r.license
ORDER BY 2 DESC, 1""",
    ),
)
