"""What the answers of a door show of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from wheelyard.errors import Unavailable
from wheelyard.repository.impression import RECENT, Impression, ImpressionClient, kind_of
from wheelyard.transport import Document, Reply, Request

pytestmark = pytest.mark.anyio

URL = "https://index.example/simple/demo/"
JSON = "application/vnd.pypi.simple.v1+json"


class FakeClient:
    """A client with one answer, or none."""

    def __init__(self, document: Document | None) -> None:
        self._document = document

    async def load(self, request: Request) -> Document:
        """Return the answer."""
        if self._document is None:
            raise Unavailable("It", "timeout")
        return self._document

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Reply]:
        """Open an answer without a body."""

        async def nothing() -> AsyncIterator[bytes]:
            for chunk in (b"",):
                yield chunk

        yield Reply(200, URL, {}, nothing())


@pytest.mark.parametrize(
    ("url", "headers", "kind"),
    [
        (URL, {"content-type": JSON}, "json"),
        (URL, {"content-type": "application/vnd.pypi.simple.v1+html; charset=utf-8"}, "html"),
        (URL, {"content-type": "text/html; charset=utf-8"}, "html"),
        (URL, {"content-type": "application/json"}, ""),
        (URL, {}, ""),
        (URL, {"content-type": JSON, "cache-status": "wheelyard; hit; ttl=9"}, "wheelyard"),
        (URL, {"content-type": JSON, "cache-status": "cdn; hit, wheelyard; hit"}, "wheelyard"),
        (URL, {"content-type": JSON, "cache-status": "wheelyard; hit, cdn; hit"}, "json"),
        ("file:///srv/wheels/", {"content-type": "text/html"}, "directory"),
    ],
)
def test_kind_is_what_the_answer_shows(url: str, headers: Mapping[str, str], kind: str) -> None:
    """No question is asked to find out."""
    assert kind_of(Document(200, url, headers)) == kind


async def test_impression_outlives_answers_that_tell_nothing() -> None:
    """Errors and other documents change nothing about what is known."""
    impression = Impression()
    for document in (
        Document(200, URL, {"content-type": JSON}),
        Document(404, URL, {"content-type": "text/html"}),
        Document(200, URL, {"content-type": "application/octet-stream"}),
    ):
        await ImpressionClient(FakeClient(document), impression).load(Request(URL))
    with pytest.raises(Unavailable):
        await ImpressionClient(FakeClient(None), impression).load(Request(URL))

    assert impression.kind == "json"
    assert len(impression.recent) == 3


async def test_only_the_last_answers_tell_how_long_it_takes() -> None:
    """What was slow an hour ago is history."""
    impression = Impression()
    client = ImpressionClient(FakeClient(None), impression)
    for _ in range(RECENT + 5):
        async with client.open(Request(URL)):
            pass

    assert len(impression.recent) == RECENT
    assert all(seconds >= 0 for seconds in impression.recent)
