"""The same question gets the same answer: warm or cold, here or there, after a restart too."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from contract.conformance.asking import HTML, JSON, V1_HTML, Answer, Client
from contract.conformance.contents import PROJECTS
from contract.conformance.serving import serving
from faults.yard import eventually
from support.simulator import Simulator

FORMS = [(a, c) for a in (HTML, V1_HTML, JSON) for c in ("identity", "gzip", "zstd")]


@pytest.mark.parametrize(("accept", "coding"), FORMS)
@pytest.mark.parametrize("path", ["", "foo-bar/", "large/", "empty/", "archived/"])
def test_warm_page_is_answered_as_by_the_long_way(
    client: Client, path: str, accept: str, coding: str
) -> None:
    """A page that stands ready is sent past the routes; every header is the same all the same.

    A doubled slash goes the long way, and so does HEAD.
    """
    fields = {"Accept": accept, "Accept-Encoding": coding}
    client.ask(f"/simple/{path}", fields)

    warm, long, head = at_one_age(
        lambda: client.ask(f"/simple/{path}", fields),
        lambda: client.ask(f"/simple//{path}", fields),
        lambda: client.ask(f"/simple/{path}", fields, method="HEAD"),
    )

    assert (warm.status, warm.body) == (long.status, long.body)
    assert undated(warm) == undated(long) == undated(head)


def at_one_age(*questions: Callable[[], Answer]) -> list[Answer]:
    """Return answers between which no second passed."""
    while True:
        answers = [ask() for ask in questions]
        if len({answer["age"] for answer in answers}) == 1:
            return answers


def undated(answer: Answer) -> list[tuple[str, str]]:
    """Return the headers in their order, but for the date, which the clock may have moved."""
    return [header for header in answer.headers if header[0] != "date"]


@pytest.mark.parametrize(
    "fields",
    [
        [("Accept", "text/html;q=0.1"), ("Accept", JSON)],
        [("Accept", JSON), ("Accept", "text/html;q=0.1")],
        [("Accept-Encoding", "gzip;q=0"), ("Accept-Encoding", "zstd")],
        [("ACCEPT", JSON), ("accept-ENCODING", "GZIP")],
        [("Accept", ""), ("Accept", JSON)],
        [("Accept", "\xff")],
    ],
)
def test_warm_page_reads_headers_as_the_long_way_does(
    client: Client, fields: list[tuple[str, str]]
) -> None:
    """Repeated headers, empty ones, any letter case."""
    for accept, coding in FORMS:
        client.ask("/simple/foo-bar/", {"Accept": accept, "Accept-Encoding": coding})

    warm, long = client.ask("/simple/foo-bar/", fields), client.ask("/simple//foo-bar/", fields)

    assert without_clock(warm) == without_clock(long)


def without_clock(answer: Answer) -> tuple[object, ...]:
    """Return an answer but for what changes with time, and of its body the digest."""
    timed = {"date", "age", "cache-status"}
    kept = [header for header in answer.headers if header[0] not in timed]
    return answer.status, kept, sha256(answer.body).hexdigest()


def test_answers_outlive_a_restart(upstream: Simulator, tmp_path: Path) -> None:
    """Tags and bodies of every form, so that no client downloads anything again."""
    with serving(upstream.url, tmp_path) as client:
        before = everything(client)
        warmed = upstream.count("page")
    with serving(upstream.url, tmp_path) as client:
        after = everything(client)

    assert after == before
    assert upstream.count("page") == warmed


def test_two_servers_with_the_same_contents_answer_alike(
    client: Client, upstream: Simulator, tmp_path: Path
) -> None:
    """Behind a load balancer a client may get the page here and its 304 there."""
    with serving(upstream.url, tmp_path) as other:
        assert everything(other) == everything(client)
        tag = client.page("foo-bar")["etag"]
        again = other.ask("/simple/foo-bar/", {"Accept": JSON, "If-None-Match": tag})

    assert again.status == 304


def test_access_log_changes_no_answer(client: Client, upstream: Simulator, tmp_path: Path) -> None:
    """With a log every request goes the long way; nobody can tell."""
    log = tmp_path / "access.log"
    with serving(upstream.url, tmp_path, {"SERVER__ACCESS_LOG": str(log)}) as other:
        assert everything(other) == everything(client)

    lines = log.read_text("utf-8").splitlines()
    assert sum('"GET /simple/foo-bar/ HTTP/1.1" 200' in line for line in lines) == len(FORMS)


def everything(client: Client) -> dict[tuple[str, str, str], tuple[object, ...]]:
    """Return pages in every form, without what changes with time.

    What a server says of metadata that upstream does not vouch for depends on what it has read.
    """
    return {
        (path, accept, coding): without_clock(
            fresh(client, f"/simple/{path}", {"Accept": accept, "Accept-Encoding": coding})
        )
        for path in ("", *(f"{name}/" for name in PROJECTS if "metadata" not in name))
        for accept, coding in FORMS
    }


def fresh(client: Client, path: str, fields: dict[str, str]) -> Answer:
    """Return an answer that is no old copy, as one may be while a page is renewed."""
    answers: list[Answer] = []

    def is_fresh() -> bool:
        answers.append(client.ask(path, fields))
        return answers[-1].get("x-wheelyard-stale") is None

    eventually(is_fresh, f"{path} is renewed")
    return answers[-1]


@pytest.mark.parametrize("path", ["/simple/", "/simple/foo-bar/"])
def test_tag_is_kept_while_others_ask_in_other_ways(client: Client, path: str) -> None:
    """What one client accepts changes nothing for another."""
    first = {form: tag_of(client, path, *form) for form in FORMS}

    for form in reversed(FORMS):
        assert tag_of(client, path, *form) == first[form]


def tag_of(client: Client, path: str, accept: str, coding: str) -> str:
    """Return the tag of one representation."""
    return client.ask(path, {"Accept": accept, "Accept-Encoding": coding})["etag"]
