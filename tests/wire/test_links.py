"""What renderers ask of the one who knows our URLs."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from wheelyard.model import File, Project
from wheelyard.names import Filename, ProjectName
from wheelyard.wire import simple_html, simple_json
from wheelyard.wire.links import Links

NAME = ProjectName("foo")
FILES = tuple(File(Filename(f"foo-{n}.zip"), f"https://files.example/foo-{n}.zip") for n in "12")


@dataclass
class Asked:
    """Links that note what they were asked for."""

    files: list[tuple[ProjectName, File]] = field(default_factory=list)
    provenances: list[tuple[ProjectName, File]] = field(default_factory=list)

    def file_url(self, project: ProjectName, file: File) -> str:
        """Return a URL and note the question."""
        self.files.append((project, file))
        return file.filename

    def provenance_url(self, project: ProjectName, file: File) -> str | None:
        """Return nothing and note the question."""
        self.provenances.append((project, file))
        return None


@pytest.mark.parametrize(
    "render", [simple_json.render_project, simple_html.render_project], ids=["json", "html"]
)
def test_renderer_asks_once_per_file_and_knows_no_urls(
    render: Callable[[Project, Links], bytes],
) -> None:
    """What a client sees comes from the links alone, never from the owner's URL."""
    links = Asked()

    page = render(Project(NAME, FILES), links)

    assert links.files == links.provenances == [(NAME, file) for file in FILES]
    assert b"files.example" not in page
