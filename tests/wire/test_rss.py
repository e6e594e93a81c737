"""RSS: well-formed whatever anybody wrote, and the same bytes for the same news."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from wheelyard.wire.rss import Channel, Item, render_rss

CHANNEL = Channel("newest", "https://index.example/simple/", "what is new")


def item(title: str = "demo 1.0", description: str = "One line") -> Item:
    """Return a piece of news."""
    link = "https://index.example/simple/demo/"
    return Item(title, link, f"{link}#1.0", description, 1_000_000_000.7)


def test_feed_is_rss() -> None:
    """With what readers show: title, link, summary and date."""
    feed = ET.fromstring(render_rss(CHANNEL, [item()]))  # noqa: S314 - our own

    assert feed.attrib == {"version": "2.0"}
    assert feed.findtext("channel/title") == "newest"
    found = feed.find("channel/item")
    assert found is not None
    assert {each.tag: each.text for each in found} == {
        "title": "demo 1.0",
        "link": "https://index.example/simple/demo/",
        "guid": "https://index.example/simple/demo/#1.0",
        "description": "One line",
        "pubDate": "Sun, 09 Sep 2001 01:46:40 GMT",
    }


def test_markup_is_text() -> None:
    """A summary cannot add elements."""
    rendered = render_rss(CHANNEL, [item(description="</description><script>&")])

    feed = ET.fromstring(rendered)  # noqa: S314 - our own
    assert feed.findtext("channel/item/description") == "</description><script>&"


@given(st.text(), st.text())
def test_feed_is_well_formed_whatever_is_in_it(title: str, description: str) -> None:
    """What XML cannot write is left out."""
    rendered = render_rss(CHANNEL, [item(title, description)])

    feed = ET.fromstring(rendered)  # noqa: S314 - our own
    assert len(feed.findall("channel/item")) == 1


def test_empty_feed_is_a_feed() -> None:
    """Nothing is new, and that is no error."""
    feed = ET.fromstring(render_rss(CHANNEL, []))  # noqa: S314 - our own

    assert feed.findall("channel/item") == []
