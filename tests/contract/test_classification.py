"""What counts as no answer: the paragraph under the failure table, entry by entry, without a wire.

Every entry is decided by a pure function, and this is the list of which: the status by
``decide/absence``, the shape of a page by ``wire/``, what a page takes away by ``decide/losses``
and ``decide/canaries``.  What breaks on the way has its words in ``transport/faults``, with real
connections in its own tests.  What clients see of all this is shown with a server: ``tests/faults``
and ``tests/contract/conformance``.
"""

from collections import OrderedDict

import pytest

from support.fakes import make_file, make_project
from wheelyard.clock import Instant
from wheelyard.decide import absence, canaries, losses
from wheelyard.decide.absence import Kind, classify
from wheelyard.errors import BadInput
from wheelyard.model import Project, ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.wire.sniff import parse_list, parse_page

NOW = Instant(1_790_000_000.0)
DEMO = ProjectName("demo")
URL = "https://index.example/simple/demo/"
JSON = "application/vnd.pypi.simple.v1+json"
PAGE = b'{"meta": {"api-version": "1.0"}, "name": "demo", "files": []}'
HTML_PAGE = b"<!DOCTYPE html><html><head><title>Links for demo</title></head></html>"


# --- the status ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    "status", [*range(500, 600), 429, 401, 403, 407, 408, 400, 405, 406, 451, 301, 302, 204]
)
def test_status_that_is_no_answer_is_unavailable(status: int, kind: Kind) -> None:
    """Every 5xx, 429, 401 and 403, whatever was asked for: F10, F11, F14."""
    verdict = classify(status, {}, kind, now=NOW)

    assert isinstance(verdict, absence.Unavailable)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("status", [404, 410])
def test_absence_is_said_with_404_and_410_alone(status: int, kind: Kind) -> None:
    """A claim of certainty, which 401 and 403 are where, and only where, that is declared."""
    declared = [
        classify(code, {}, kind, now=NOW, forbidden_means_absent=True) for code in (403, 401)
    ]

    assert classify(status, {}, kind, now=NOW) == absence.Absent()
    assert declared[0] == absence.Absent()
    assert isinstance(declared[1], absence.Unavailable)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("0", 0, id="0"),
        pytest.param("3", 3, id="3"),
        pytest.param("3600", 600, id="an hour"),
        pytest.param("Mon, 21 Sep 2026 14:13:50 GMT", 30, id="date"),
        pytest.param("Mon, 21 Sep 2099 14:13:50 GMT", 600, id="date far away"),
        pytest.param("Mon, 21 Sep 1999 14:13:50 GMT", 0, id="date gone by"),
        pytest.param("when it suits you", None, id="garbage"),
    ],
)
def test_patience_that_is_asked_for_is_read(header: str, seconds: float | None) -> None:
    """F11: obeyed towards the upstream, for ten minutes at most."""
    verdict = classify(429, {"retry-after": header}, Kind.PAGE, now=NOW)

    assert isinstance(verdict, absence.Unavailable)
    assert verdict.retry_seconds == seconds
    assert verdict.failing == "door"


# --- the shape -----------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", [JSON, "text/html", "text/plain", ""])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(PAGE[:40], id="cut-json"),
        pytest.param(HTML_PAGE[:16], id="cut-html"),
        pytest.param(b"{}", id="empty-object"),
        pytest.param(PAGE.replace(b"demo", b"other"), id="another-project"),
        pytest.param(PAGE.replace(b'"1.0"', b'"2.0"'), id="another-version-of-the-api"),
        pytest.param(b"<html><title>Sign in</title><form></form></html>", id="login"),
        pytest.param(b"<html><title>502 Bad Gateway</title></html>", id="error-page"),
        pytest.param(b"<?xml version='1.0'?><Error>AccessDenied</Error>", id="object-store"),
        pytest.param(b"Too many requests", id="words"),
        pytest.param(b"\x1f\x8b\x08\x00", id="binary"),
    ],
)
def test_body_that_is_no_page_of_the_project_is_refused(body: bytes, content_type: str) -> None:
    """F16: HTML where a page was due, what cannot be parsed, and what is somebody else's."""
    with pytest.raises(BadInput):
        parse_page(body, content_type, URL, DEMO)


@pytest.mark.parametrize("body", [b"", PAGE, b"{}", b"<html><title>Sign in</title></html>", b"no"])
def test_body_that_is_no_list_is_refused(body: bytes) -> None:
    """F16: the list of all projects is not taken from a portal either."""
    with pytest.raises(BadInput):
        parse_list(body, None, URL)


@pytest.mark.parametrize("body", [PAGE, HTML_PAGE])
def test_page_is_a_page_whatever_it_is_called(body: bytes) -> None:
    """The counter-check: an empty project is a project, and a lost content type no outage."""
    assert parse_page(body, "application/octet-stream", URL, DEMO).name == DEMO


# --- what it takes away --------------------------------------------------------------------------


def page(*versions: str, status: str = "active") -> Project:
    """Return a page with one file per version."""
    files = [make_file(f"demo-{version}.tar.gz") for version in versions]
    marker = ProjectStatus("quarantined") if status == "quarantined" else ProjectStatus()
    return Project(make_project("demo").name, tuple(files), status=marker)


HELD = page("1.0", "1.1", "1.2", "1.3")


@pytest.mark.parametrize(
    ("after", "is_loss"),
    [
        pytest.param(page(), True, id="empty"),
        pytest.param(page("1.0", "1.1", "1.2"), True, id="newest-gone"),
        pytest.param(page("1.3"), True, id="more-than-half-gone"),
        pytest.param(page("1.2", "1.3"), False, id="half-gone"),
        pytest.param(page("1.1", "1.2", "1.3"), False, id="an-old-one-gone"),
        pytest.param(page("1.0", "1.1", "1.2", "1.3", "2.0"), False, id="release"),
        pytest.param(page(status="quarantined"), False, id="quarantined"),
        pytest.param(page("1.0", status="quarantined"), False, id="quarantined-with-files"),
    ],
)
def test_page_that_takes_much_away_needs_a_second_reading(after: Project, *, is_loss: bool) -> None:
    """F25, F26; F29: all but a takedown, which wins over staleness and is believed at once."""
    assert losses.is_loss(HELD, after) is is_loss
    assert losses.is_takedown(after) is (after.status.status == "quarantined")


@pytest.mark.parametrize(
    ("second", "is_confirmed"),
    [
        pytest.param(page(), True, id="the-same-again"),
        pytest.param(page("1.0"), False, id="something-else"),
        pytest.param(HELD, False, id="recovered"),
    ],
)
def test_loss_is_confirmed_by_the_same_reading_only(second: Project, *, is_confirmed: bool) -> None:
    """F12, F25: an upstream that contradicts itself is not believed in either."""
    assert losses.same_reading(page(), second) is is_confirmed


@pytest.mark.parametrize(
    ("before", "after", "is_older"), [(8, 7, True), (8, 8, False), (8, None, False)]
)
def test_page_that_goes_back_in_time_is_none(
    before: int, after: int | None, *, is_older: bool
) -> None:
    """F27, F28: older than one already seen from the same upstream."""
    assert losses.is_older(before, after) is is_older


def test_404_counts_while_a_canary_is_well() -> None:
    """F13: who answers 404 for everything has lost it all, and says nothing about one name."""
    known = OrderedDict({DEMO: canaries.Canary(NOW, has_files=True)})
    asked_about = ProjectName("something-else")

    assert canaries.choose_witnesses(known, asked_about, NOW) == [DEMO]
    assert canaries.is_well(known[DEMO], 1)
    assert not canaries.is_well(known[DEMO], 0)
    assert canaries.choose_witnesses(OrderedDict(), asked_about, NOW) == []
