"""Reading pages as the strictest reader would."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib

__all__ = ["Anchor", "HtmlPage", "read_html"]

_SPACE = "{http://www.w3.org/1999/xhtml}"


@dataclass(frozen=True, slots=True)
class Anchor:
    """One link of a page."""

    text: str
    attributes: Mapping[str, str]

    @property
    def href(self) -> str:
        """Where it leads, as it is written."""
        return self.attributes["href"]

    @property
    def filename(self) -> str:
        """The last path component of where it leads."""
        return unquote(urlsplit(self.href).path.rstrip("/").rpartition("/")[2])

    @property
    def fragment(self) -> str:
        """What follows the number sign."""
        return urlsplit(self.href).fragment

    def resolve(self, base: str) -> str:
        """Return where it leads from ``base``, without the fragment."""
        return urljoin(base, self.href).partition("#")[0]


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """What a strict reader of HTML5 finds on a page."""

    anchors: tuple[Anchor, ...]
    metas: Mapping[str, str]

    def anchor(self, filename: str) -> Anchor:
        """Return the link to a file."""
        (found,) = [each for each in self.anchors if each.text == filename]
        return found


def read_html(body: bytes) -> HtmlPage:
    """Return what is on a page.

    Raises:
        html5lib.html5parser.ParseError: it breaks a rule of HTML5, however small.
    """
    parser = html5lib.HTMLParser(strict=True)
    document: Element = parser.parse(body, transport_encoding="utf-8")
    anchors = tuple(
        Anchor("".join(element.itertext()), dict(element.attrib))
        for element in document.iter(f"{_SPACE}a")
    )
    metas = [dict(element.attrib) for element in document.iter(f"{_SPACE}meta")]
    return HtmlPage(anchors, {m["name"]: m["content"] for m in metas if "name" in m})
