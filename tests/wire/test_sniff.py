"""Pages as they come: which are read, as what, and which are refused with which words."""

import contextlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.model import Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.wire.sniff import parse_list, parse_page

DATA = Path(__file__).parents[1] / "data"
NAME = ProjectName("example-package")
URL = "https://index.example/simple/example-package/"
ROOT = "https://index.example/simple/"
JSON_PAGE = b'{"meta": {"api-version": "1.0"}, "name": "example-package", "files": []}'
HTML_PAGE = b"<html><title>Links for example-package</title></html>"
EMPTY = Project(NAME)


def samples(folder: str) -> list[Path]:
    """Return the documents in a folder of samples, without what is expected of them."""
    paths = (DATA / folder).iterdir()
    return sorted(path for path in paths if path.is_file() and path.suffix != ".expected")


def read(path: Path) -> Project | ProjectList:
    """Read a sample as a page or as a list, by its name and without a content type."""
    if path.name.startswith("list-"):
        return parse_list(path.read_bytes(), None, ROOT)
    return parse_page(path.read_bytes(), None, URL, NAME)


@pytest.mark.parametrize("path", samples("accept"), ids=lambda path: path.name)
def test_sample_to_accept_gives_the_expected_record(path: Path) -> None:
    """Each page that an index really serves, or an enemy may, becomes exactly this record."""
    record = msgspec.json.format(msgspec.json.encode(read(path)), indent=1).decode()

    assert record + "\n" == path.with_name(f"{path.name}.expected").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", samples("reject"), ids=lambda path: path.name)
def test_sample_to_reject_is_refused_with_the_expected_words(path: Path) -> None:
    """What is no index page is an outage of the upstream, never an empty project."""
    with pytest.raises(BadInput) as caught:
        read(path)

    expected = path.with_name(f"{path.name}.expected").read_text(encoding="utf-8").strip()
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/vnd.pypi.simple.v1+json",
        "Application/VND.pypi.simple.v1+JSON; charset=utf-8",
        "application/json",
        "text/plain",
        "text/html",
        "application/octet-stream",
        "nonsense",
        "",
        None,
    ],
)
def test_json_page_is_read_whatever_its_type_says(content_type: str | None) -> None:
    """Object stores and proxies lose content types; the page is good all the same."""
    assert parse_page(JSON_PAGE, content_type, URL, NAME) == EMPTY


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "text/html; charset=utf-8",
        "application/vnd.pypi.simple.v1+html",
        "application/xhtml+xml",
        "text/plain",
        None,
    ],
)
def test_html_page_is_read_whatever_its_type_says(content_type: str | None) -> None:
    """The same for HTML."""
    assert parse_page(HTML_PAGE, content_type, URL, NAME) == EMPTY


def test_c33_page_of_another_major_version_is_refused_by_its_type() -> None:
    """A type of version 2 is not read as if it were version 1."""
    with pytest.raises(BadInput, match="reads v1"):
        parse_page(JSON_PAGE, "application/vnd.pypi.simple.v2+json", URL, NAME)


def test_html_under_the_json_type_is_refused() -> None:
    """Two types are taken at their word, so that a portal behind them is noticed."""
    with pytest.raises(BadInput, match="not a JSON page"):
        parse_page(HTML_PAGE, "application/vnd.pypi.simple.v1+json", URL, NAME)


def test_charset_of_the_type_is_honoured() -> None:
    """A reason for a yank survives old encodings."""
    body = (
        '<title>Links for example-package</title><a data-yanked="cassé" '
        'href="example_package-1.0.zip">x</a>'
    ).encode("latin-1")

    project = parse_page(body, 'text/html; charset="ISO-8859-1"', URL, NAME)

    assert project.files[0].yanked == "cassé"


def test_marks_before_the_text_do_not_hide_its_form() -> None:
    """Byte order marks and blank lines stand before pages that are fine otherwise."""
    assert parse_page(b"\xef\xbb\xbf\r\n  " + JSON_PAGE, None, URL, NAME) == EMPTY
    assert parse_page(b"\xef\xbb\xbf" + HTML_PAGE, None, URL, NAME) == EMPTY
    assert parse_page("<title>Links for example-package".encode("utf-16"), None, URL, NAME) == EMPTY


@given(body=st.binary(max_size=400), content_type=st.one_of(st.none(), st.text(max_size=60)))
def test_nothing_but_bad_input_leaves_the_parsers_for_any_bytes(
    body: bytes, content_type: str | None
) -> None:
    """Whatever arrives, the answer is a record or ``BadInput``."""
    for start in (b"", b"{", b"<a href="):
        with contextlib.suppress(BadInput):
            parse_page(start + body, content_type, URL, NAME)
        with contextlib.suppress(BadInput):
            parse_list(start + body, content_type, ROOT)
