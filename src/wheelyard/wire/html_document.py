"""What an HTML document says that matters to an index: links, metas, headings, forms."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from wheelyard.names import normalise
from wheelyard.wire.html_tags import Tag, decode_html, parse_attributes, scan_tags, visible_text
from wheelyard.wire.urls import LinkBase

__all__ = ["HtmlDocument", "Link", "parse_document"]

MAX_HEADING: Final = 400

_WANTED: Final = frozenset({"a", "base", "meta", "title", "h1", "h2", "form", "script"})
_LINKS_FOR = re.compile(r"(?:^|[\s:])links for ([A-Z0-9._-]{1,200})$", re.IGNORECASE | re.ASCII)
_DIRECTORY = re.compile(r"(?:index of|directory listing for|directory:)\s*(\S*)$", re.IGNORECASE)
_ROOT = re.compile(r"simple (?:package )?(?:index|repository)|package index", re.IGNORECASE)
_SERIAL = re.compile(r"<!--\s?SERIAL ([0-9]{1,19})\s?-->")


class Link(NamedTuple):
    """One anchor: its attributes, and where its text starts and ends in the document."""

    attributes: dict[str, str]
    start: int
    stop: int


@dataclass(slots=True)
class HtmlDocument:
    """The facts of one document, collected in one pass."""

    text: str
    base: LinkBase
    metas: dict[str, str] = field(default_factory=dict)
    headings: list[str] = field(default_factory=list)
    interactive: bool = False

    @property
    def api_version(self) -> str | None:
        """What ``pypi:repository-version`` says. Source: PEP 629."""
        return self.metas.get("pypi:repository-version")

    @property
    def serial(self) -> str | None:
        """The digits in PyPI's comment behind the page, if it is there."""
        found = _SERIAL.findall(self.text, max(len(self.text) - 200, 0))
        return found[-1] if found else None

    @property
    def linked_name(self) -> str | None:
        """The normalised name after "Links for" in a heading, if one says so."""
        matches = (_LINKS_FOR.search(heading) for heading in self.headings)
        return next((normalise(match[1]) for match in matches if match), None)

    @property
    def directory_name(self) -> str | None:
        """The normalised last part of the path after "Index of"; may be empty for the top."""
        matches = (_DIRECTORY.search(heading) for heading in self.headings)
        paths = (match[1].rstrip("/") for match in matches if match)
        return next((normalise(path.rpartition("/")[2]) for path in paths), None)

    @property
    def is_titled_as_list(self) -> bool:
        """Say whether a heading calls this a list of projects."""
        return any(_ROOT.search(heading) for heading in self.headings)

    def text_of(self, link: Link) -> str:
        """Return what a reader sees of ``link``, at most 400 characters of markup considered."""
        return visible_text(self.text[link.start : min(link.stop, link.start + MAX_HEADING)])


def parse_document(
    body: bytes, url: str, charset: str, take: Callable[[HtmlDocument, Link], None]
) -> HtmlDocument:
    """Return the facts of an HTML document that came from ``url``; never fails.

    Each link is handed to ``take`` as it comes and not kept: a list may have 700,000 of them.
    """
    document = HtmlDocument(decode_html(body, charset), LinkBase(url))
    anchor: Tag | None = None
    based = False
    for tag in scan_tags(document.text, _WANTED):
        if anchor is not None and tag.name == "a":
            _hand_over(document, anchor, tag.start, take)
            anchor = None
        if tag.closing:
            continue
        if tag.name == "a":
            anchor = tag
        elif tag.name == "base" and not based:
            based = _rebase(document, parse_attributes(tag.attributes).get("href"))
        else:
            _note(document, tag)
    if anchor is not None:
        _hand_over(document, anchor, len(document.text), take)
    return document


def _hand_over(
    document: HtmlDocument, anchor: Tag, stop: int, take: Callable[[HtmlDocument, Link], None]
) -> None:
    """Pass on an anchor that leads somewhere."""
    attributes = parse_attributes(anchor.attributes)
    if attributes.get("href"):
        take(document, Link(attributes, anchor.stop, stop))


def _rebase(document: HtmlDocument, href: str | None) -> bool:
    """Resolve later links against the first ``<base href>``, if it is an http(s) URL."""
    if href is None:
        return False
    if resolved := document.base.resolve(href):
        document.base = LinkBase(resolved)
    return True


def _note(document: HtmlDocument, tag: Tag) -> None:
    """Keep what a tag other than an anchor says."""
    match tag.name:
        case "meta":
            attributes = parse_attributes(tag.attributes)
            if "name" in attributes:
                document.metas.setdefault(attributes["name"].lower(), attributes.get("content", ""))
        case "title":
            document.headings.append(visible_text(tag.content[:MAX_HEADING]))
        case "h1" | "h2":
            end = document.text.find("</", tag.stop, tag.stop + MAX_HEADING)
            if end >= 0 and len(document.headings) < MAX_HEADING:
                document.headings.append(visible_text(document.text[tag.stop : end]))
        case _:
            document.interactive = True
