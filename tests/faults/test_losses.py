"""An upstream that loses something, by accident or for good: F12, F13, F25, F26, F29."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from faults.yard import SHORT_LIVED, Yard, open_yard
from support.packages import make_wheel
from support.simulator import Simulator, empty_page, older_serial, status


@pytest.fixture
def lone(tmp_path: Path, upstream: Simulator) -> Iterator[Yard]:
    """A server that nobody has asked for anything yet, for upstreams that lose everything."""
    with open_yard(tmp_path / "data", upstream) as yard:
        yield yard


def test_page_emptied_once_is_not_believed(yard: Yard) -> None:
    """F25: one reading without files is no news; bandersnatch lost a project to it (#140)."""
    yard.add_held(make_wheel("emptied-once", "1.0"))
    yard.upstream.fault("/simple/emptied-once/", empty_page(), times=1)

    page = yard.stale_page("emptied-once")

    assert page.json()["versions"] == ["1.0"]


def test_second_reading_of_a_loss_is_on_a_new_connection(yard: Yard) -> None:
    """F12: the same bad machine of a CDN is not asked twice for its opinion."""
    yard.add_held(make_wheel("asked-twice", "1.0"))
    yard.upstream.forget()
    yard.upstream.remove_project("asked-twice")
    yard.client.until("/simple/asked-twice/", lambda answer: answer.status == 404)

    first, second = yard.upstream.asked("/simple/asked-twice/")[:2]

    assert first.connection != second.connection
    assert "no-cache" in second.headers.get("cache-control", "")
    assert "if-none-match" not in second.headers


def test_newest_version_gone_once_is_not_believed(yard: Yard) -> None:
    """F26: a page that was cut is not what an installer should choose from."""
    yard.upstream.style = replace(yard.upstream.style, serials=False)
    yard.add(make_wheel("cut-once", "1.0"), make_wheel("cut-once", "1.1"))
    yard.add_held(make_wheel("cut-once", "2.0"))
    yard.upstream.fault("/simple/cut-once/", older_serial(), times=1)

    page = yard.stale_page("cut-once")

    assert page.json()["versions"] == ["1.0", "1.1", "2.0"]


def test_newest_version_that_stays_away_is_believed(yard: Yard) -> None:
    """F26: an owner may delete a release, and within one flight it is gone here too."""
    packages = [make_wheel("withdrawn", version) for version in ("1.0", "1.1", "2.0")]
    yard.add_held(*packages)
    yard.upstream.remove(packages[2].filename)

    page = yard.until("/simple/withdrawn/", lambda page: "2.0" not in page.json()["versions"])

    assert page.json()["versions"] == ["1.0", "1.1"]
    assert page.get("x-wheelyard-stale") is None


def test_old_release_that_is_deleted_needs_one_reading(yard: Yard) -> None:
    """F26: a single removal is news; nobody pays for a second connection."""
    packages = [make_wheel("tidied", version) for version in ("1.0", "1.1", "2.0")]
    yard.add_held(*packages)
    yard.upstream.forget()
    yard.upstream.remove(packages[0].filename)

    yard.until("/simple/tidied/", lambda page: page.json()["versions"] == ["1.1", "2.0"])

    asked = yard.upstream.asked("/simple/tidied/")
    assert not [request for request in asked if "cache-control" in request.headers]


def test_quarantined_project_is_gone_at_once(yard: Yard) -> None:
    """F29: a takedown wins over every doubt, and is not asked about twice."""
    yard.add_held(make_wheel("taken-down", "1.0"))
    yard.upstream.forget()
    yard.upstream.status("taken-down", "quarantined", "malware")

    page = yard.until("/simple/taken-down/", lambda page: not page.json()["files"])

    assert page.json()["project-status"]["status"] == "quarantined"
    asked = yard.upstream.asked("/simple/taken-down/")
    assert not [request for request in asked if "cache-control" in request.headers]


def test_404_for_everything_is_an_outage(lone: Yard) -> None:
    """F13: not one client is told that something does not exist; Harbor did so (#23750)."""
    lone.add_held(make_wheel("known", "1.0"), make_wheel("known-too", "1.0"))
    lone.upstream.add(make_wheel("not-held", "1.0"))
    everything = lone.upstream.fault("page", status(404))

    cold = lone.ask_page("not-held")
    pages = [lone.stale_page(name) for name in ("known", "known-too")]

    assert cold.status == 503
    assert [page.json()["versions"] for page in pages] == [["1.0"], ["1.0"]]
    everything.clear()
    assert lone.ask_page("not-held").status == 200
    assert lone.fresh_page("known").json()["versions"] == ["1.0"]


def test_pages_that_are_all_empty_are_an_outage(lone: Yard) -> None:
    """F25: a mirror that lost its database says so twice, and on every page."""
    lone.add_held(make_wheel("known", "1.0"), make_wheel("known-too", "1.0"))
    lone.upstream.fault("page", empty_page())

    pages = [lone.stale_page(name) for name in ("known", "known-too")]

    assert [page.json()["versions"] for page in pages] == [["1.0"], ["1.0"]]


def test_loss_that_another_door_denies_is_not_believed(tmp_path: Path) -> None:
    """F12: with two doors, the second one has the second word."""
    package = make_wheel("denied", "1.0")
    with Simulator() as first, Simulator() as second:
        for upstream in (first, second):
            upstream.add(package)
            upstream.fault("/simple/denied/", SHORT_LIVED)
        upstreams = [first.url, second.url]
        with open_yard(tmp_path / "data", first, upstreams=upstreams) as yard:
            yard.client.page("denied")
            first.remove_project("denied")

            page = yard.stale_page("denied")

    assert page.json()["versions"] == ["1.0"]


def test_door_that_lost_everything_is_passed_over(tmp_path: Path) -> None:
    """F13: with two doors, the other one answers in the same request."""
    packages = [make_wheel("seen", "1.0"), make_wheel("unseen", "1.0")]
    with Simulator() as first, Simulator() as second:
        for upstream in (first, second):
            upstream.add(*packages)
        upstreams = [first.url, second.url]
        with open_yard(tmp_path / "data", first, upstreams=upstreams) as yard:
            yard.client.page("seen")
            first.fault("page", status(404))

            page = yard.ask_page("unseen")

    assert page.json()["versions"] == ["1.0"]
