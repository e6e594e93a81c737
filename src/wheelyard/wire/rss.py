"""RSS feeds of what is new. Source: RSS 2.0; PyPI's ``/rss/``.

Whatever somebody wrote as a summary, the document stays well-formed: markup is escaped, and what
XML 1.0 has no way to write is left out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from xml.sax.saxutils import escape

__all__ = ["Channel", "Item", "render_rss"]

# Source: XML 1.0, 2.2 (Char), and what may not stand in UTF-8 at all.
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed is about; ``link`` is absolute."""

    title: str
    link: str
    description: str


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of news. ``published_at`` is seconds since the Unix epoch.

    ``identity`` tells it from all others for ever.
    """

    title: str
    link: str
    identity: str
    description: str
    published_at: float


def render_rss(channel: Channel, items: Iterable[Item]) -> bytes:
    """Return the feed; the same bytes for the same news."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">\n  <channel>\n',
        *_elements(
            4,
            ("title", channel.title),
            ("link", channel.link),
            ("description", channel.description),
            ("language", "en"),
        ),
        *(_item(item) for item in items),
        "  </channel>\n</rss>\n",
    ]
    return "".join(parts).encode()


def _item(item: Item) -> str:
    """Return the element of one piece of news."""
    published = format_datetime(datetime.fromtimestamp(int(item.published_at), UTC), usegmt=True)
    return "".join(
        [
            "    <item>\n",
            *_elements(6, ("title", item.title), ("link", item.link)),
            f'      <guid isPermaLink="false">{_text(item.identity)}</guid>\n',
            *_elements(6, ("description", item.description), ("pubDate", published)),
            "    </item>\n",
        ]
    )


def _elements(indent: int, *pairs: tuple[str, str]) -> list[str]:
    """Return one line for each pair of name and text."""
    return [f"{' ' * indent}<{name}>{_text(text)}</{name}>\n" for name, text in pairs]


def _text(text: str) -> str:
    """Return text as it may stand in an element."""
    return escape(_UNWRITABLE.sub("", text))
