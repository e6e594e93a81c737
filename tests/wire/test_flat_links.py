"""The flat page, as installers scrape it."""

from hashlib import sha256

from support.fakes import make_file
from wheelyard.model import Project, ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.pages import PageLinks
from wheelyard.wire.flat_links import render_flat_links, render_flat_page
from wheelyard.wire.simple_html import parse_project

DEMO = ProjectName("demo")
LINKS = PageLinks(to_index="../")


def test_flat_page_lists_files_of_every_project() -> None:
    """Each with an address relative to the page, a digest and its claims."""
    file = make_file("demo-1.0.tar.gz", b"demo", requires_python=">=3.9", yanked='"bad" <build>')
    other = make_file("other-2.0.tar.gz", b"other")
    lines = [
        render_flat_links(Project(DEMO, (file,)), LINKS),
        render_flat_links(Project(ProjectName("other"), (other,)), LINKS),
    ]

    page = render_flat_page(lines).decode("ascii")

    digest = sha256(b"demo").hexdigest()
    path = f"../packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/demo-1.0.tar.gz"
    assert f'<a href="{path}#sha256={digest}"' in page
    assert 'data-requires-python="&gt;=3.9"' in page
    assert 'data-yanked="&quot;bad&quot; &lt;build&gt;"' in page
    assert page.count("<a ") == 2


def test_flat_page_is_understood_by_our_own_reader() -> None:
    """It is a page of links like any other, and can be an upstream's."""
    file = make_file("demo-1.0.tar.gz", b"demo")

    page = render_flat_page([render_flat_links(Project(DEMO, (file,)), LINKS)])

    parsed = parse_project(page, "https://index.example/+links/", DEMO)
    assert [found.filename for found in parsed.files] == ["demo-1.0.tar.gz"]
    assert parsed.files[0].sha256 == file.sha256


def test_quarantined_project_has_no_lines() -> None:
    """Source: PEP 792."""
    project = Project(DEMO, (make_file("demo-1.0.tar.gz", b"demo"),), status=_QUARANTINED)

    assert render_flat_links(project, LINKS) == b""


def test_empty_page_is_a_page() -> None:
    """An installer that finds nothing on it says so, and not that the page is broken."""
    assert b"</html>" in render_flat_page([])


_QUARANTINED = ProjectStatus("quarantined")
