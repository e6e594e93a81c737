"""The flat page for ``--find-links``: a link to every file, of whatever project, on one page.

Installers scrape it: they read each anchor's address, take project and version from the file name,
and honour the digest in the fragment and the claims that Simple pages make of files as well.  A
page holds no text but names, so that nothing else on it can be taken for a file.
Source: pip's ``--find-links``; PEP 503, 592, 658, 714 for the attributes.
"""

from collections.abc import Iterable

from wheelyard.model import Project
from wheelyard.wire.fields import listed_files
from wheelyard.wire.links import Links
from wheelyard.wire.simple_html import render_anchor

__all__ = ["render_flat_links", "render_flat_page"]

_HEAD = b"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Links</title>
</head>
<body>
<h1>Links</h1>
"""
_TAIL = b"</body>\n</html>\n"


def render_flat_links(project: Project, links: Links) -> bytes:
    """Return the lines of one project, in ASCII; none if its files are not given out.

    ``links`` are relative to the flat page.
    """
    lines = [render_anchor(project.name, file, links) for file in listed_files(project)]
    return "".join(lines).encode("ascii", "xmlcharrefreplace")


def render_flat_page(lines: Iterable[bytes]) -> bytes:
    """Return the whole page made of the lines of its projects, in their order."""
    return b"".join([_HEAD, *lines, _TAIL])
