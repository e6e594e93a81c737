"""The scanner sees what an HTML5 parser sees, in linear time."""

import time

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.wire.html_tags import (
    decode_html,
    parse_attributes,
    scan_tags,
    visible_text,
)

ANCHORS = frozenset({"a"})
LENGTH = 200_000


def anchors(html: str) -> list[dict[str, str]]:
    """Return the attributes of every anchor as the scanner sees them."""
    tags = scan_tags(html, ANCHORS)
    return [parse_attributes(tag.attributes) for tag in tags if not tag.closing]


def anchors_by_html5lib(html: str) -> list[dict[str, str]]:
    """Return the same as a tree builder of the standard sees it."""
    tree = html5lib.parse(f"<body>{html}", namespaceHTMLElements=False)
    return [dict(anchor.attrib) for anchor in tree.iter("a")]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a href=x>", [{"href": "x"}]),
        ("<A HREF = 'x'>", [{"href": "x"}]),
        ('<a href="x>y" id>', [{"href": "x>y", "id": ""}]),
        ("<a href=a href=b>", [{"href": "a"}]),
        ("<a href=a/>", [{"href": "a/"}]),
        ("<a/href=a/ id=1>", [{"href": "a/", "id": "1"}]),
        ("<a =x>", [{"=x": ""}]),
        ("<a x= y>", [{"x": "y"}]),
        ('<a x"y=1>', [{'x"y': "1"}]),
        ("<a x='1'y='2'>", [{"x": "1", "y": "2"}]),
        ("<a x=1\ny=2\t>", [{"x": "1", "y": "2"}]),
        ("<abbr href=x><a>", [{}]),
        ("< a href=x>", []),
        ("<a href=x", []),
        ("<a href='x", []),
        ("<!-- <a href=x> --><a href=y>", [{"href": "y"}]),
        ("<!--><a href=y>", [{"href": "y"}]),
        ("<!---><a href=y>", [{"href": "y"}]),
        ("<!-- --!><a href=y>", [{"href": "y"}]),
        ("<!-- <a href=y>", []),
        ("<!x <a href=x> <a href=y>", [{"href": "y"}]),
        ("<?php <a href=x> ?><a href=y>", [{"href": "y"}]),
        ("</ <a href=x> <a href=y>", [{"href": "y"}]),
        ("<script>'<a href=x>'</script><a href=y>", [{"href": "y"}]),
        ("<script>'</scripty><a href=x>'</script ><a href=y>", [{"href": "y"}]),
        ("<SCRIPT><a href=x></script\n><a href=y>", [{"href": "y"}]),
        ("<textarea><a href=x></textarea><a href=y>", [{"href": "y"}]),
        ("<style><a href=x>", []),
        ("<a href='&lt;&amp;&gt;&quot;&#39;&#x27;'>", [{"href": "<&>\"''"}]),
        ("<a href='?a=1&copy=2&lt=3'>", [{"href": "?a=1&copy=2&lt=3"}]),
        ("<a href='?a&copy;&copy&nosuch;&'>", [{"href": "?a©©&nosuch;&"}]),
        ("<a href='&#65=&#x41'>", [{"href": "A=A"}]),
        ("<a href='?a&nosuch&b'>", [{"href": "?a&nosuch&b"}]),
        ("<a href='&#xD800;&#0;&#99999999;'>", [{"href": "\ufffd\ufffd\ufffd"}]),
    ],
)
def test_anchors_are_read_as_the_standard_says(html: str, expected: list[dict[str, str]]) -> None:
    """The odd cases of the tokenizer, one by one; html5lib agrees on each."""
    assert anchors(html) == expected
    assert anchors_by_html5lib(html) == expected


# Without elements that make a tree builder repeat an anchor of which there is one tag only.
PIECES = st.sampled_from(
    [
        *("<a", "</a", " href", "=", "x", "'", '"', ">", "/", " ", "\n", "<!--", "-->", "<!"),
        *("&amp;", "&lt", "&#65;", "<br/>", "y", "<br ", "é", "<script>", "</script>"),
    ]
)


@given(st.lists(PIECES, max_size=16).map("".join))
def test_scanner_agrees_with_a_parser_of_the_standard(html: str) -> None:
    """For pieces of markup in any order."""
    assert anchors(html) == anchors_by_html5lib(html)


@pytest.mark.parametrize(
    "piece",
    [
        *("<div>", "<a ", '<a b="', "<a b='\" ", "<", "</", "<!", "<!--", "<!-- --", "<script>"),
        *("<title>", "<title>x</title>", "<h1>", "<a href=x>", "<a x", "=", "<a b =", "&amp", "&"),
        *("<p><font size=1>", "<script></scrip", "</script ", "<a href='x'", "<table><a>"),
    ],
)
def test_t17_time_grows_with_the_length_only(piece: str) -> None:
    """Any one thing repeated takes a tenth of a second; builders of trees take minutes."""
    html = f"<a {piece}" + piece * (LENGTH // len(piece))
    started = time.process_time()

    for tag in scan_tags(html, frozenset({"a", "title", "h1", "script"})):
        parse_attributes(tag.attributes)

    assert time.process_time() - started < 20


def test_t17_one_attribute_may_be_huge() -> None:
    """Its length costs nothing but its length."""
    html = "<a href='" + "x" * (10 * LENGTH) + "'>"
    started = time.process_time()

    (found,) = anchors(html)

    assert len(found["href"]) == 10 * LENGTH
    assert time.process_time() - started < 20


def test_content_of_a_text_element_comes_with_its_tag() -> None:
    """A title is text, whatever it looks like."""
    (tag, closing) = scan_tags("<Title>a <b> &amp; c</TITLE >", frozenset({"title"}))

    assert (tag.name, tag.content) == ("title", "a <b> &amp; c")
    assert closing.closing


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("  a \n b ", "a b"),
        ("a<b>c</b>&amp;&eacute;", "a c &é"),
        ("&#8203;x", "\u200bx"),
        ("a<", "a"),
    ],
)
def test_visible_text_is_what_a_reader_sees(html: str, text: str) -> None:
    """Tags gone, references resolved, spaces collapsed."""
    assert visible_text(html) == text


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("é".encode(), "", "é"),
        ("é".encode(), "utf-8", "é"),
        ("é".encode("latin-1"), "iso-8859-1", "é"),
        ("é".encode("latin-1"), "latin1", "é"),
        (b"\x80", "us-ascii", "€"),
        ("é".encode("utf-16"), "", "é"),
        (b"\xef\xbb\xbf" + "é".encode(), "latin-1", "é"),
        ("é".encode("cp1251", "replace"), "windows-1251", "?"),
        ("é".encode(), "nonsense", "é"),
        ("é".encode(), "punycode", "é"),
        ("é".encode(), "zip", "é"),
        ("é".encode(), "a\0b", "é"),
        (b"\xff", "", "\ufffd"),
        (b"<meta charset=latin1>\xe9", "", "<meta charset=latin1>é"),
        (b"<meta charset=utf-16>x", "", "<meta charset=utf-16>x"),
        (b"<meta content='text/html; charset=iso-8859-1'>\xe9", "utf-8", None),
    ],
)
def test_bytes_are_decoded_as_browsers_do(body: bytes, charset: str, text: str | None) -> None:
    """Mark, then header, then meta, then UTF-8; never an error, never an odd codec."""
    expected = body.decode("utf-8", "replace") if text is None else text

    assert decode_html(body, charset) == expected
