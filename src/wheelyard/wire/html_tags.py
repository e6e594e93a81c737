r"""A linear scanner for the few tags of a page that matter to an index.

Pages come from strangers, so reading them must cost time and memory in proportion to their
length whatever they contain.  Parsers that build a tree cannot promise that: half a megabyte of
``<div>`` keeps lexbor busy for more than twenty seconds.  No tree is needed here, only tags in
their order, so this follows the tokenizer of the HTML standard and nothing behind it.

Rules for editing the pattern: every repetition is possessive (``*+``), and a tag that fails to
match has reached the end of the document, so the scan stops there.  Together they make it linear.
Source: https://html.spec.whatwg.org/multipage/parsing.html#tokenization
"""

import codecs
import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5
from typing import Final, NamedTuple

__all__ = ["Tag", "decode_html", "parse_attributes", "scan_tags", "visible_text"]

_TAG = re.compile(
    r"""<(?:
        (/?)([A-Za-z][^\t\n\f\r\x20/>]*+)            # 1 closing, 2 name
        ((?:[\t\n\f\r\x20/]++                        # 3 attributes
          | (?=[^\t\n\f\r\x20/>])=?[^\t\n\f\r\x20/>=]*+
            (?:[\t\n\f\r\x20]*+=[\t\n\f\r\x20]*+
              (?:"[^"]*+"|'[^']*+'|(?!["'])[^\t\n\f\r\x20>]++)?+)?+
        )*+)>
      | (!--)                                        # 4 comment
      | (!|\?|/(?![A-Za-z]))                         # 5 what the standard calls a bogus comment
      | (?=/?[A-Za-z])                               # a tag that the document ends in
    )""",
    re.VERBOSE,
)
_ATTRIBUTE = re.compile(
    r"""([^\t\n\f\r\x20/>][^\t\n\f\r\x20/>=]*+)
        (?:[\t\n\f\r\x20]*+=[\t\n\f\r\x20]*+
          (?:"([^"]*+)"|'([^']*+)'|([^\t\n\f\r\x20>]*+)))?+""",
    re.VERBOSE,
)
_COMMENT_END = re.compile(r"--!?>")
_REFERENCE = re.compile(r"&(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{0,31})[;=]?")
_ANY_TAG = re.compile(r"<[^>]*+>?")
_SPACES = re.compile(r"\s+")
_META_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_-]{1,40})""", re.IGNORECASE
)

# What stands in these is text, whatever it looks like.
_RAW: Final = frozenset(
    {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"}
)
# The codecs that old indexes really used. Others (`punycode` is quadratic) are not worth the risk.
_CODECS: Final = frozenset(
    {
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030", "big5", "euc_jp"),
        *("shift_jis", "euc_kr", "koi8-r", "iso8859-2", "iso8859-15", "cp1250", "cp1251", "cp1252"),
    }
)


class Tag(NamedTuple):
    """One tag: its lower-case name, its attributes as written, and where it stands.

    ``content`` is the text of an element whose content is text (``title``, ``script``).
    A tuple, because it is made three times as fast as a frozen dataclass, for every tag.
    """

    name: str
    closing: bool
    attributes: str
    start: int
    stop: int
    content: str = ""


def scan_tags(html: str, wanted: frozenset[str]) -> Iterator[Tag]:
    """Yield the tags in ``html`` whose name is ``wanted``, in order, in linear time."""
    position = 0
    noted = wanted | _RAW
    while match := _TAG.search(html, position):
        closing, name, attributes, comment, bogus = match.groups()
        position = match.end()
        if name is None:
            end = _skip_comment(html, position, proper=bool(comment)) if comment or bogus else -1
            if end < 0:
                return
            position = end
            continue
        name = name.lower()
        if name not in noted:
            continue
        content = ""
        if name in _RAW and not closing:
            end = _find_close(html, position, name)
            content, position = html[position:end], end
        if name in wanted:
            yield Tag(name, closing == "/", attributes, match.start(), match.end(), content)


def _skip_comment(html: str, position: int, *, proper: bool) -> int:
    """Return where the text goes on after a comment, or -1 if it never ends."""
    if proper and not html.startswith((">", "->"), position):
        match = _COMMENT_END.search(html, position)
        return match.end() if match else -1
    return html.find(">", position) + 1 or -1


def _find_close(html: str, position: int, name: str) -> int:
    """Return where the closing tag of a text element starts; the end if there is none."""
    match = re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE).search(html, position)
    return match.start() if match else len(html)


def parse_attributes(text: str) -> dict[str, str]:
    """Return the attributes of a tag, names in lower case; of two with one name the first."""
    written = _ATTRIBUTE.findall(text)
    found = {name.lower(): double or single or bare for name, double, single, bare in written}
    if len(found) != len(written):
        found |= {name.lower(): "".join(values) for name, *values in reversed(written)}
    if "&" in text:
        return {name: _resolve(value) if "&" in value else value for name, value in found.items()}
    return found


def _resolve(value: str) -> str:
    """Return an attribute's value with its character references resolved."""
    usual = value.replace("&gt;", ">").replace("&lt;", "<")
    return usual if "&" not in usual else _REFERENCE.sub(_dereference, value)


def _dereference(match: re.Match[str]) -> str:
    """Resolve a character reference as in an attribute: ``&copy=1`` in a URL is left alone."""
    text = match[0]
    if text.endswith("="):
        return unescape(text[:-1]) + "=" if match[1].startswith("#") else text
    if text.endswith(";") or match[1].startswith("#") or match[1] in html5:
        return unescape(text)
    return text


def visible_text(html: str) -> str:
    """Return the text in a piece of HTML, tags gone, references resolved, spaces collapsed."""
    if "<" not in html and "&" not in html:
        return _SPACES.sub(" ", html).strip()
    text = _ANY_TAG.sub(" ", html)
    return _SPACES.sub(" ", _REFERENCE.sub(lambda match: unescape(match[0]), text)).strip()


def decode_html(body: bytes, charset: str = "") -> str:
    """Return ``body`` as text: by byte order mark, ``charset``, ``<meta charset>``, else UTF-8.

    What does not decode becomes U+FFFD; an unknown ``charset`` counts as none.
    Source: the HTML standard, "Determining the character encoding".
    """
    if body.startswith(codecs.BOM_UTF8):
        return body[3:].decode("utf-8", "replace")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    if codec := _codec(charset):
        return body.decode(codec, "replace")
    declared = _META_CHARSET.search(body[:1024])
    codec = _codec(declared[1].decode("ascii")) if declared else ""
    # A document that could be read this far as ASCII is not in UTF-16, whatever it says.
    return body.decode("utf-8" if codec.startswith("utf-16") or not codec else codec, "replace")


def _codec(charset: str) -> str:
    """Return the codec for a charset label, or an empty string if we do not use it."""
    try:
        name = codecs.lookup(charset.strip("\"' ")).name if charset else ""
    except (LookupError, ValueError):
        return ""
    # Browsers read these labels as Windows-1252, and so did everyone who wrote such pages.
    return "cp1252" if name in {"iso8859-1", "ascii"} else name if name in _CODECS else ""
