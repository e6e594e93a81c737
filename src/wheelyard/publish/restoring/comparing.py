"""Comparing: is the index, as it is given out now, what the manifest of the tree says?"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Final

import anyio.to_thread

from wheelyard.errors import WheelyardError
from wheelyard.model import Project, ProjectList
from wheelyard.pages import PageLinks
from wheelyard.pages.render import Rendered, render_project, render_root
from wheelyard.publish.restoring.plan import ROOT, ListedPage
from wheelyard.publish.restoring.report import Report
from wheelyard.repository import Repository
from wheelyard.wire.negotiate import Form

__all__ = ["compare_pages"]

_AT_ONCE: Final = 64
_NOT_EQUAL: Final = (
    "is not as it was in the tree; settings that pages depend on may be other ones, such as "
    "`[server] base_url` and `files_url`, `[names]`, or what the index is made of"
)


async def compare_pages(
    pages: Iterator[ListedPage],
    repository: Repository,
    links: PageLinks,
    report: Report,
    tell: Callable[[Report], None],
) -> None:
    """Compare every page that ``repository`` gives with its digests; what is not equal is noted.

    A page of which something was noted before is not noted twice.
    """
    noted = {difference.path.partition(" ")[0] for difference in report.differences}
    while some := await anyio.to_thread.run_sync(_take, pages):
        for page in some:
            reason = await _difference(page, repository, links)
            report.equal += not reason
            if reason and page.json.path not in noted:
                report.note(page.json.path, reason)
            tell(report)


async def _difference(page: ListedPage, repository: Repository, links: PageLinks) -> str:
    """Return why a page is not what it was; empty if it is."""
    try:
        if page.name == ROOT:
            listed = await repository.projects()
            same = await anyio.to_thread.run_sync(_is_list, page, listed)
        else:
            project = await repository.project(page.name)
            same = await anyio.to_thread.run_sync(_is_page, page, project, links)
    except WheelyardError as error:
        return f"cannot be given out: {error}"
    return "" if same else _NOT_EQUAL


def _is_list(page: ListedPage, listed: ProjectList) -> bool:
    """Say whether the list has the bytes that it had."""
    return _has_bytes(page, render_root(listed))


def _is_page(page: ListedPage, project: Project, links: PageLinks) -> bool:
    """Say whether a page has the bytes that it had.

    Of a project in quarantine its files were withdrawn, and with them what says its versions, which
    only the JSON form lists.
    """
    is_withdrawn = project.status.status == "quarantined"
    return _has_bytes(page, render_project(project, links), html_only=is_withdrawn)


def _has_bytes(page: ListedPage, rendered: Rendered, *, html_only: bool = False) -> bool:
    """Say whether both forms have the digests of the manifest."""
    pairs = ((Form.HTML, page.html), *(() if html_only else ((Form.JSON, page.json),)))
    return all(
        sha256(rendered.variant(form, "identity").body).hexdigest() == entry.sha256
        for form, entry in pairs
    )


def _take(pages: Iterator[ListedPage]) -> list[ListedPage]:
    """Return the next few."""
    return list(islice(pages, _AT_ONCE))
