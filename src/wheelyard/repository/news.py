"""News: what an upstream tells beside its pages of what has changed, and how it is asked.

Few upstreams have any of it. A mirror states when its last run began, another Wheelyard has a
change feed, some indexes answer XML-RPC calls; whoever has none says so in one of many ways.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from wheelyard.errors import Absent
from wheelyard.repository.base import DocumentWanted
from wheelyard.transport import Request

__all__ = ["HOSTED_PATH", "NEWS", "is_no_news", "news_name", "news_request"]

NEWS: Final = frozenset({"last-modified", "changes", "call"})
"""The kinds of documents that are news."""

HOSTED_PATH: Final = "/hosted/simple/"
"""Where the index ends of which a change feed tells everything: what a Wheelyard has of its own."""

_STAMP_MAX_BYTES: Final = 64 * 1024
_FEED_MAX_BYTES: Final = 16 * 1024**2
_FEED_LIMIT: Final = 1_000
_XML: Final = "text/xml"
_NEVER_ABSENT: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""Refusals that say nothing of what there is."""


def news_name(wanted: DocumentWanted) -> str:
    """Return what sentences call the news."""
    match wanted.kind:
        case "last-modified":
            return "The date of the last run of the mirror"
        case "changes":
            return "The change feed"
        case _:
            return f"The call `{wanted.name}`"


def news_request(url: str, wanted: DocumentWanted, max_bytes: int) -> Request:
    """Return how the index at ``url``, which ends in a slash, is asked for news.

    Raises:
        Absent: an index at such an address has none of that kind.
    """
    scheme, host, path, _, _ = urlsplit(url)
    is_hosted, root = path.endswith(HOSTED_PATH), path.removesuffix("/").removesuffix("/simple")

    def beside(place: str, query: str = "") -> str:
        return urlunsplit((scheme, host, place, query, ""))

    match wanted.kind:
        case "last-modified":
            return Request(
                beside(f"{root}/last-modified"), "text/plain", max_bytes=_STAMP_MAX_BYTES
            )
        case "changes" if is_hosted and scheme != "file":
            query = f"since={quote(wanted.name)}&limit={_FEED_LIMIT}"
            place = f"{path.removesuffix(HOSTED_PATH)}/-/changes"
            return Request(beside(place, query), "application/json", max_bytes=_FEED_MAX_BYTES)
        case "call" if scheme != "file":
            return Request(
                beside(f"{root}/pypi"),
                _XML,
                method="POST",
                max_bytes=max_bytes,
                body=wanted.body,
                content_type=_XML,
            )
        case _:
            raise Absent(news_name(wanted), "this index")


def is_no_news(request: Request, status: int) -> bool:
    """Say whether ``status`` means that nobody answers calls there.

    A web server over files refuses a POST in its own way: 400, 405, 411, 501.
    """
    if request.content_type != _XML:
        return False
    is_refusal = 400 <= status < 500 and status not in _NEVER_ABSENT  # noqa: PLR2004 - RFC 9110, 15.5
    return is_refusal or status == HTTPStatus.NOT_IMPLEMENTED
