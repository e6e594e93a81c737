"""The facts of a document: base, metas, headings, forms, links in their order."""

import pytest

from wheelyard.wire.html_document import HtmlDocument, Link, parse_document

URL = "https://index.example/simple/"


def read(html: str) -> tuple[HtmlDocument, list[str]]:
    """Return the facts of a document and its links, resolved as they came."""
    links: list[str] = []

    def take(document: HtmlDocument, link: Link) -> None:
        url = document.base.resolve(link.attributes["href"])
        links.append(f"{document.text_of(link)} -> {url}")

    return parse_document(html.encode(), URL, "", take), links


def test_links_come_in_order_with_their_text() -> None:
    """Unclosed anchors end where the next one starts."""
    _, links = read("<a href=a>A</a><a>no</a><a href=''>empty</a><a href=b>B <i>b</i><a href=c>C")

    assert links == [f"A -> {URL}a", f"B b -> {URL}b", f"C -> {URL}c"]


def test_text_of_a_link_is_bounded() -> None:
    """An anchor that is never closed does not make the rest of the page its text."""
    _, links = read("<a href=a>" + "x" * 10_000)

    assert len(links[0]) < 500


@pytest.mark.parametrize(
    ("head", "base"),
    [
        ("", URL),
        ("<base href='https://mirror.example/x/'>", "https://mirror.example/x/"),
        ("<base href='../up/'>", "https://index.example/up/"),
        ("<base target=_top><base href='/a/'><base href='/b/'>", "https://index.example/a/"),
        ("<base href='javascript:alert(1)'>", URL),
        ("<base href='data:text/html,'>", URL),
        ("<base href='file:///etc/'>", URL),
    ],
)
def test_t17_first_base_counts_if_it_is_http(head: str, base: str) -> None:
    """A base cannot turn links into anything but http(s) URLs."""
    document, links = read(f"{head}<a href='f'>x</a>")

    assert document.base.url == base
    assert links == [f"x -> {base}f"]


@pytest.mark.parametrize(
    ("html", "linked", "directory"),
    [
        ("<title>Links for Foo.Bar</title>", "foo-bar", None),
        ("<title>x</title><h1>links for foo</h1>", "foo", None),
        ("<h2>root/dev: links for foo</h2>", "foo", None),
        ("<h1>Links for <b>foo</b></h1>", "foo", None),
        ("<title>Links for foo and bar</title>", None, None),
        ("<title>Backlinks for foo</title>", None, None),
        ("<title>Index of /simple/Foo_Bar/</title>", None, "foo-bar"),
        ("<title>Index of /</title>", None, ""),
        ("<h1>Directory listing for /foo</h1>", None, "foo"),
        ("<title>Welcome</title>", None, None),
        ("", None, None),
    ],
)
def test_headings_tell_whose_page_it_is(
    html: str, linked: str | None, directory: str | None
) -> None:
    """The forms that generators of index pages and listings use."""
    document, _ = read(html)

    assert document.linked_name == linked
    assert document.directory_name == directory


@pytest.mark.parametrize(
    ("html", "titled"),
    [
        ("<title>Simple index</title>", True),
        ("<title>Simple Package Repository</title>", True),
        ("<h1>Python Package Index</h1>", True),
        ("<title>Sign in</title>", False),
    ],
)
def test_headings_tell_a_list(html: str, titled: bool) -> None:  # noqa: FBT001 - the answer
    """The titles that indexes give their root."""
    assert read(html)[0].is_titled_as_list is titled


@pytest.mark.parametrize(
    ("html", "interactive"),
    [
        ("<p>text</p>", False),
        ("<form>", True),
        ("<script src=x></script>", True),
        ("<!-- <form> -->", False),
        ("</form>", False),
    ],
)
def test_forms_and_scripts_are_noticed(html: str, interactive: bool) -> None:  # noqa: FBT001 - the answer
    """Pages for people have them, index pages do not."""
    assert read(html)[0].interactive is interactive


def test_first_meta_of_a_name_counts() -> None:
    """Names do not depend on their case; what has no name says nothing."""
    document, _ = read(
        "<meta charset=utf-8><meta NAME='PyPI:Repository-Version' content=1.0>"
        "<meta name='pypi:repository-version' content='2.0'>"
    )

    assert document.api_version == "1.0"


@pytest.mark.parametrize(
    ("html", "serial"),
    [
        ("</html>\n<!--SERIAL 12-->", "12"),
        ("</html>\n<!-- SERIAL 12 -->\n", "12"),
        ("<!--SERIAL 1--></html><!--SERIAL 2-->", "2"),
        ("<!--SERIAL 12-->" + " " * 500, None),
        ("<!--SERIAL x-->", None),
        ("", None),
    ],
)
def test_serial_is_the_comment_at_the_end(html: str, serial: str | None) -> None:
    """Where PyPI writes it, and nowhere else."""
    assert read(html)[0].serial == serial
