"""How news are asked for, at which address, and what means that there are none."""

import pytest

from wheelyard.errors import Absent
from wheelyard.repository.base import DocumentWanted
from wheelyard.repository.news import NEWS, is_no_news, news_name, news_request
from wheelyard.transport import Request

STAMP = DocumentWanted("last-modified", "last-modified")
FEED = DocumentWanted("changes", "17")
CALL = DocumentWanted("call", "changelog_last_serial", body=b"<methodCall/>")


@pytest.mark.parametrize(
    ("url", "wanted", "expected"),
    [
        ("https://a.example/simple/", STAMP, "https://a.example/last-modified"),
        ("https://a.example/team/simple/", STAMP, "https://a.example/team/last-modified"),
        ("https://a.example/", STAMP, "https://a.example/last-modified"),
        ("file:///srv/web/simple/", STAMP, "file:///srv/web/last-modified"),
        ("https://a.example/simple/", CALL, "https://a.example/pypi"),
        ("https://a.example/hosted/simple/", CALL, "https://a.example/hosted/pypi"),
        (
            "https://a.example/py/hosted/simple/",
            FEED,
            "https://a.example/py/-/changes?since=17&limit=1000",
        ),
    ],
)
def test_news_are_beside_the_index(url: str, wanted: DocumentWanted, expected: str) -> None:
    """Where each kind of upstream has them."""
    assert news_request(url, wanted, 1_000).url == expected


def test_call_is_a_bounded_post() -> None:
    """With the type that servers of XML-RPC want."""
    request = news_request("https://a.example/simple/", CALL, 1_000)

    assert (request.method, request.body, request.content_type) == ("POST", CALL.body, "text/xml")
    assert request.max_bytes == 1_000
    assert news_request("https://a.example/simple/", STAMP, 1_000).method == "GET"


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://a.example/simple/", FEED),
        ("https://a.example/team/simple/", FEED),
        ("file:///srv/hosted/simple/", FEED),
        ("file:///srv/web/simple/", CALL),
    ],
)
def test_index_that_cannot_have_them_is_not_asked(url: str, wanted: DocumentWanted) -> None:
    """A feed tells of what is hosted alone; nobody answers calls in a directory."""
    with pytest.raises(Absent):
        news_request(url, wanted, 1_000)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((status, True) for status in (400, 404, 405, 410, 411, 415, 501)),
        *((status, False) for status in (200, 401, 403, 407, 408, 425, 429, 500, 502, 503)),
    ],
)
def test_refusal_of_a_call_means_that_there_are_none(status: int, *, expected: bool) -> None:
    """A web server over files refuses in its own way; who asks for patience refuses nothing."""
    call = news_request("https://a.example/simple/", CALL, 1_000)

    assert is_no_news(call, status) is expected
    assert not is_no_news(Request("https://a.example/simple/"), status)


def test_every_kind_has_a_name_for_sentences() -> None:
    """People are told what was asked for."""
    names = {news_name(wanted) for wanted in (STAMP, FEED, CALL)}

    assert len(names) == len(NEWS)
    assert any("changelog_last_serial" in name for name in names)
