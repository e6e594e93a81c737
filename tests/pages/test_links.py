"""What pages link to: relative where a page may move, absolute where a standard wants it."""

import pytest

from support.fakes import make_file
from wheelyard.names import ProjectName
from wheelyard.pages import PageLinks

NAME = ProjectName("foo-bar")
WHEEL = "foo_bar-1.0-py3-none-any.whl"
UPSTREAMS = f"https://index.example/integrity/foo-bar/1.0/{WHEEL}/provenance"
PYPI_PATH = f"packages/ab/cd/{'e' * 60}/{WHEEL}"


def test_file_is_linked_from_the_page_upwards() -> None:
    """The link holds under any host and any path."""
    file = make_file(WHEEL)

    url = PageLinks().file_url(NAME, file)

    digest = str(file.sha256)
    assert url == f"../../packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{WHEEL}"


def test_file_of_pypi_keeps_its_path() -> None:
    """Lock files with addresses keep working after a change of host."""
    file = make_file(WHEEL, url=f"https://files.example/{PYPI_PATH}")

    assert PageLinks().file_url(NAME, file) == f"../../{PYPI_PATH}"


def test_file_on_a_host_of_its_own_is_linked_there() -> None:
    """`files_url` is for a CDN in front of the files alone."""
    links = PageLinks(files_url="https://cdn.example/mirror")

    url = links.file_url(NAME, make_file(WHEEL, url=f"https://files.example/{PYPI_PATH}"))

    assert url == f"https://cdn.example/mirror/{PYPI_PATH}"


def test_base_url_does_not_show_in_links_to_files() -> None:
    """They are relative whatever we are called."""
    links = PageLinks(base_url="https://index.example/py")

    assert links.file_url(NAME, make_file(WHEEL)).startswith("../../packages/")


def test_name_is_escaped_for_a_url() -> None:
    """Spaces and non-ASCII letters are; the plus of a local version may stand."""
    url = PageLinks().file_url(NAME, make_file("foo bar-1.0+a#b.zip"))

    assert url.endswith("/foo%20bar-1.0+a%23b.zip")


def test_file_without_provenance_has_no_link_to_one() -> None:
    """Nothing is promised that upstream did not promise."""
    links = PageLinks(base_url="https://index.example")

    assert links.provenance_url(NAME, make_file(WHEEL)) is None


def test_provenance_is_ours_where_we_have_a_secure_address() -> None:
    """Source: PEP 740."""
    links = PageLinks(base_url="https://wheels.example/py")

    url = links.provenance_url(NAME, make_file(WHEEL, provenance=UPSTREAMS))

    assert url == f"https://wheels.example/py/integrity/foo-bar/1.0/{WHEEL}/provenance"


@pytest.mark.parametrize("base_url", ["", "http://wheels.example"])
def test_provenance_stays_upstreams_where_we_have_none(base_url: str) -> None:
    """It must never be rewritten to plain HTTP. Source: PEP 740."""
    links = PageLinks(base_url=base_url)

    assert links.provenance_url(NAME, make_file(WHEEL, provenance=UPSTREAMS)) == UPSTREAMS


def test_provenance_of_a_file_without_a_version_stays_upstreams() -> None:
    """Our address needs the version, and none can be read from this name."""
    links = PageLinks(base_url="https://wheels.example")

    assert links.provenance_url(NAME, make_file("odd.whl", provenance=UPSTREAMS)) == UPSTREAMS
