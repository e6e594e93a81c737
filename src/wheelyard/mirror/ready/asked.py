"""Which files somebody means who names projects, releases or files."""

from collections.abc import Sequence
from dataclasses import dataclass

from wheelyard.errors import Absent, BadInput
from wheelyard.model import FileRef, Project
from wheelyard.names import (
    Filename,
    ProjectName,
    filename_version,
    is_archive,
    likely_project,
    newest_version,
    parse_filename,
    parse_project_name,
    version_key,
)
from wheelyard.repository.base import Repository

__all__ = ["Asked", "find_files", "parse_asked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A project, a release of it, or a file."""

    project: ProjectName
    version: str | None = None
    filename: Filename | None = None


def parse_asked(word: str) -> Asked:
    """Return what ``word`` means: ``NAME``, ``NAME==VERSION`` or the name of a file.

    Raises:
        BadInput: it is none of them.
    """
    text = word.strip()
    if is_archive(text) and "==" not in text:
        filename = parse_filename(text)
        project = likely_project(filename)
        if project is None:
            raise BadInput(
                f"`{text[:80]}` looks like a file, but says no project and version: give the name "
                "that the project's page lists."
            )
        return Asked(project, filename=filename)
    name, equals, version = text.partition("==")
    if any(sign in text for sign in "<>~!*;@[") or (equals and not version.strip("= ")):
        raise BadInput(
            f"`{text[:80]}`: give `NAME`, `NAME==VERSION` or the name of a file. What a "
            "requirement with other conditions needs, `wheelyard ready -r FILE --fetch` finds "
            "and pins."
        )
    return Asked(parse_project_name(name.strip()), version.strip("= ") or None)


async def find_files(repository: Repository, asked: Asked) -> tuple[FileRef, ...]:
    """Return the files that are meant; of a project without a version those of its newest release.

    The newest is the last final one of which some file is not yanked.

    Raises:
        Absent: there is no such project, release or file.
        Unavailable: nobody can say.
    """
    page = await repository.project(asked.project)
    if asked.filename is not None:
        found = [file for file in page.files if file.filename == asked.filename]
        what = f"`{asked.filename}`"
    else:
        version = asked.version or _newest(page)
        found = [file for file in page.files if _is_of(file.filename, page, version)]
        what = f"A file of `{asked.project}` {version or ''}".rstrip()
    if not found:
        raise Absent(what, f"the page of `{asked.project}`")
    return tuple(page.ref(file) for file in found)


def _newest(page: Project) -> str | None:
    """Return the newest release that nobody is warned of."""
    offered: Sequence[str] = [
        version
        for file in page.files
        if file.yanked is False and (version := filename_version(file.filename, page.name))
    ]
    return newest_version(offered)


def _is_of(filename: Filename, page: Project, version: str | None) -> bool:
    """Say whether a file is of that release."""
    stated = filename_version(filename, page.name)
    return None not in {stated, version} and version_key(stated or "") == version_key(version or "")
