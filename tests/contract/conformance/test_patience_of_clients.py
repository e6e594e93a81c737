"""What a client waits for, is told and may rely on in an outage: C-105 to C-125, A-01 to A-18.

By number; what the numbers say of bytes, of several doors and of each kind of outage is shown where
those are: `tests/faults`, `tests/scenario/outage`, `tests/repository/test_priority.py`. The one
place that measures seconds: they are promises, and wide enough for any machine.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from contract.conformance.asking import JSON, Answer
from contract.conformance.serving import Site, serving
from support.packages import make_wheel
from support.patience import best_of
from support.simulator import Simulator, change_headers, running_simulator, stall_after

PAGE_SECONDS = 9.0
"""Promised are 5 for what is held, and 10 for the first byte of anything."""
OPEN_SECONDS = 2.0
"""Once an upstream is known to be out; the rest is the machine's time, so the best counts."""
AS_USERS_HAVE_IT = {
    "UPSTREAM__DEFAULT__CONNECT_SECONDS": "2",
    "UPSTREAM__DEFAULT__READ_SECONDS": "5",
    "FRESHNESS__PATIENCE_SECONDS": "5",
}
"""What is so without a word: see `tests/settings/test_records_promises.py`."""

PATHS = ("/simple/", "/simple/a17/")
SHORT_LIVED = change_headers({"Cache-Control": "max-age=0", "ETag": None})
OUTAGES: dict[str, Callable[[Simulator], None]] = {
    "black-hole": lambda upstream: upstream.vanish(),
    "silent": lambda upstream: upstream.mute(),
}


def timed(ask: Callable[[], Answer]) -> tuple[float, Answer]:
    """Return how many seconds an answer took, and the answer."""
    began = time.monotonic()
    answer = ask()
    return time.monotonic() - began, answer


@pytest.fixture(scope="module")
def _standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with the settings that everybody has."""
    with (
        running_simulator() as upstream,
        serving(upstream.url, tmp_path_factory.mktemp("data"), AS_USERS_HAVE_IT) as client,
    ):
        yield Site(client, upstream)


@pytest.fixture
def standing(_standing: Site) -> Iterator[Site]:
    """The same, sound again after each test."""
    yield _standing
    _standing.recover()


def is_stale(answer: Answer) -> bool:
    """Say whether a page is marked as an old copy."""
    return answer.get("x-wheelyard-stale") is not None


@pytest.mark.slow
@pytest.mark.parametrize("outage", OUTAGES)
def test_c106_c108_a04_upstream_that_does_not_answer_costs_patience_once(
    standing: Site, outage: str
) -> None:
    """A held page within 5 s, anything within 10; then at once, and again once it is back."""
    seconds = best_of(lambda attempt: seconds_of(standing, outage, attempt), PAGE_SECONDS)

    assert seconds < PAGE_SECONDS


def seconds_of(standing: Site, outage: str, attempt: int) -> float:
    """Return the longest that anything took in an outage of its own.

    What is to come at once has fewer seconds, and is counted as if it had as many.
    """
    standing.recover()
    client = standing.client
    names = [f"a04-{outage}-{attempt}-{number}" for number in range(3)]
    for name in names:
        standing.upstream.fault(f"/simple/{name}/", SHORT_LIVED)
        standing.upstream.add(make_wheel(name, "1.0"))
        client.page(name)
    OUTAGES[outage](standing.upstream)

    first, _ = timed(lambda: client.until(f"/simple/{names[0]}/", is_stale))
    later = [timed(partial(client.until, f"/simple/{name}/", is_stale)) for name in names[1:]]
    cold = [timed(partial(client.ask, f"/simple/cold-{name}/")) for name in names]

    assert [each.json()["versions"] for _, each in later] == [["1.0"]] * 2
    assert {(each.status, each["retry-after"]) for _, each in cold} == {(503, "1")}
    at_once = min(seconds for seconds, _ in later) + PAGE_SECONDS - OPEN_SECONDS
    return max(first, at_once, min(seconds for seconds, _ in cold))


def test_a05_what_is_unknown_is_said_in_a_line(standing: Site) -> None:
    """Nobody answers: 503 and why. An authority answers: 404. The absence does not last."""
    absent = standing.client.ask("/simple/a05-absent/")
    standing.upstream.down()

    unknown = standing.client.ask("/simple/a05-unknown/")
    remembered = standing.client.ask("/simple/a05-absent/")

    assert absent.status == remembered.status == 404
    assert (unknown.status, unknown["retry-after"]) == (503, "1")
    assert unknown.text.count("\n") == 1
    assert "/a05-unknown/` cannot be had now: " in unknown.text
    assert not unknown.text.startswith(("<", "{"))


def test_c111_absence_is_kept_for_a_minute_at_most(standing: Site) -> None:
    """Clients may keep it for no longer; a first release shows within it: see F3."""
    answer = standing.client.ask("/simple/c111/")

    assert answer.status == 404
    assert "max-age" not in answer["cache-control"]


@pytest.mark.slow
def test_c114_file_that_stalls_is_finished_in_the_same_answer(tmp_path: Path) -> None:
    """The upstream falls silent in the middle; it is asked for the rest, and pip sees no gap."""
    package = make_wheel("c114", "1.0", payload_bytes=2_000_000)
    with (
        running_simulator() as upstream,
        serving(upstream.url, tmp_path, {"UPSTREAM__DEFAULT__READ_SECONDS": "5"}) as client,
    ):
        upstream.add(package)
        url = client.page("c114").file(package.filename)["url"]
        upstream.fault(f"*/{package.filename}", stall_after(1_000_000), times=1)

        answer = client.ask(url)

    assert answer.body == package.content
    assert upstream.count(f"*/{package.filename}") == 2


def test_c118_takedown_outlives_the_upstream(standing: Site) -> None:
    """What was quarantined stays away while nobody can be asked about it."""
    package = make_wheel("c118", "1.0")
    standing.upstream.fault("/simple/c118/", SHORT_LIVED)
    standing.upstream.add(package)
    url = standing.client.page("c118").file(package.filename)["url"]
    assert standing.client.ask(url).status == 200
    standing.upstream.status("c118", "quarantined", "malware")
    standing.client.until("/simple/c118/", lambda page: not page.json()["files"])
    standing.upstream.down()

    page = standing.client.until("/simple/c118/", is_stale)
    refused = [standing.client.ask(path) for path in (url, f"{url}.metadata")]

    assert page.json()["files"] == []
    assert {answer.status for answer in refused} == {403}
    assert all("malware" in answer.text for answer in refused)


def test_a11_what_was_deleted_upstream_stays_installable_by_its_address(standing: Site) -> None:
    """It leaves the page, so nobody chooses it anew; a lock file that names it goes on to work."""
    first, second, third = (make_wheel("a11", version) for version in ("1.0", "1.1", "2.0"))
    standing.upstream.fault("/simple/a11/", SHORT_LIVED)
    standing.upstream.add(first, second, third)
    url = standing.client.page("a11").file(first.filename)["url"]
    assert standing.client.ask(url).body == first.content
    standing.upstream.remove(first.filename)
    page = standing.client.until(
        "/simple/a11/", lambda page: page.json()["versions"] == ["1.1", "2.0"]
    )

    answer = standing.client.ask(url)

    assert first.filename not in page.text
    assert (answer.status, answer.body) == (200, first.content)


@pytest.mark.slow
def test_a17_new_process_serves_what_is_long_over(tmp_path: Path) -> None:
    """Page, list and file of before; the interval is over, and nobody can be asked. Marked."""
    package = make_wheel("a17", "1.0")
    with running_simulator() as upstream:
        upstream.add(package)
        for kind in ("root", "page"):
            upstream.fault(kind, SHORT_LIVED)
        with serving(upstream.url, tmp_path) as client:
            url = client.page("a17").file(package.filename)["url"]
            before = [client.ask(path, {"Accept": JSON}) for path in PATHS]
            assert client.ask(url).status == 200
        upstream.down()
        with serving(upstream.url, tmp_path) as client:
            after = [client.ask(path, {"Accept": JSON}) for path in PATHS]
            file = client.ask(after[1].file(package.filename)["url"])

    assert [answer.status for answer in after] == [200, 200]
    assert all(is_stale(answer) for answer in after)
    assert [answer["etag"] for answer in after] == [answer["etag"] for answer in before]
    assert file.body == package.content
