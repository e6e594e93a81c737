"""RSS of our own projects: C-97."""

from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import pytest

from contract.conformance.asking import Answer
from contract.conformance.hosting import Hosting
from support.packages import make_sdist, make_wheel


def items(answer: Answer) -> list[ET.Element]:
    """Return the items of a feed."""
    assert answer.status == 200
    assert answer["content-type"].startswith("text/xml")
    return ET.fromstring(answer.body).findall("channel/item")  # noqa: S314 - our own


def titles(answer: Answer) -> list[str]:
    """Return what the items are called."""
    return [str(item.findtext("title")) for item in items(answer)]


def test_c97_newest_project_and_release_come_first(hosting: Hosting) -> None:
    """Each with a link to its page, its summary and when it was."""
    for name in ("c97-first", "c97-second"):
        assert hosting.upload(make_wheel(name, "1.0")).status == 200

    packages = hosting.client.ask("/rss/packages.xml")
    updates = hosting.client.ask("/rss/updates.xml")

    assert titles(packages)[:2] == ["c97-second was added", "c97-first was added"]
    assert titles(updates)[:2] == ["c97-second 1.0", "c97-first 1.0"]
    newest = items(updates)[0]
    assert str(newest.findtext("link")).endswith("/simple/c97-second/")
    assert parsedate_to_datetime(str(newest.findtext("pubDate"))).year > 2000


def test_c97_releases_of_one_project(hosting: Hosting) -> None:
    """A release is told once, however many files it has; other spellings lead here."""
    for package in (make_wheel("c97-one", "1.0"), make_sdist("c97-one", "1.0")):
        assert hosting.upload(package).status == 200
    assert hosting.upload(make_wheel("c97-one", "1.1")).status == 200

    feed = hosting.client.ask("/rss/project/c97-one/releases.xml")
    other = hosting.client.ask("/rss/project/C97_One/releases.xml")

    assert titles(feed) == ["c97-one 1.1", "c97-one 1.0"]
    assert other.status == 301
    assert other["location"] == "../c97-one/releases.xml"


def test_c97_feed_that_did_not_change_is_not_sent_again(hosting: Hosting) -> None:
    """Readers ask every few minutes."""
    assert hosting.upload(make_wheel("c97-same", "1.0")).status == 200
    path = "/rss/project/c97-same/releases.xml"
    first = hosting.client.ask(path)

    again = hosting.client.ask(path, {"If-None-Match": first["etag"]})

    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("path", ["/rss/project/c97-nothing/releases.xml", "/rss/project/six/x"])
def test_c97_no_feed_of_what_is_not_ours(hosting: Hosting, path: str) -> None:
    """And nobody outside is asked."""
    assert hosting.client.ask(path).status in {400, 404}


def test_c97_quarantined_project_is_no_news(hosting: Hosting) -> None:
    """What is not given out is not advertised."""
    assert hosting.upload(make_wheel("c97-bad", "1.0")).status == 200
    hosting.command("project", "status", "c97-bad", "quarantined", "--reason", "malware")

    hosting.client.until("/rss/updates.xml", lambda feed: "c97-bad 1.0" not in titles(feed))
