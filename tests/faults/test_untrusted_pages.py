"""An upstream that answers, and whose answer must not replace what is held: F07, F15, F25 to F27.

Statuses, login pages and what does not parse are shown in the conformance tests.
"""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from faults.yard import HASTY, SHORT_LIVED, Yard, open_yard
from support.packages import make_wheel
from support.simulator import (
    Answer,
    Context,
    Fault,
    Flat,
    Repeated,
    Simulator,
    older_serial,
    redirect_to,
    short_chunked,
    stall_after,
    status,
    unparsable,
)

BOMB = gzip.compress(b"[" * 20_000_000, 9)


def endless(_: Context, answer: Answer) -> Answer:
    """Send a page that is larger than any page may be."""
    return replace(answer, body=Repeated(80_000_000))


def bomb(_: Context, answer: Answer) -> Answer:
    """Send a small page that unpacks to a large one."""
    packed = answer.with_headers({"Content-Encoding": "gzip", "ETag": None})
    return replace(packed, body=Flat(BOMB))


DOUBTFUL: dict[str, Fault] = {
    "f07-stall": stall_after(40),
    "f19-short": short_chunked(40),
    "f16-half": unparsable(),
    "t19-endless": endless,
    "t21-bomb": bomb,
    "f15-private": redirect_to("http://10.1.2.3/simple/"),
    "f15-metadata-service": redirect_to("http://169.254.169.254/latest/"),
    "f15-no-http": redirect_to("file:///etc/passwd"),
    "f15-elsewhere": redirect_to("https://index.invalid/simple/"),
    "f15-garbage": redirect_to("http://[oh/no"),
}


@pytest.fixture(scope="module")
def frugal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server that reads pages of up to a megabyte."""
    with (
        Simulator() as upstream,
        open_yard(
            tmp_path_factory.mktemp("frugal") / "data",
            upstream,
            settings={**HASTY, "upstream.default.max_page_bytes": 1_000_000},
        ) as yard,
    ):
        # All at once, because a page that was just checked is used for a second more.
        yard.add_held(*[make_wheel(f"held-{fault}", "1.0") for fault in DOUBTFUL])
        yield yard


@pytest.mark.parametrize("fault", DOUBTFUL)
def test_held_page_outlives_what_is_no_page(frugal: Yard, fault: str) -> None:
    """F07, F15, F16, F19, T19, T21, T28: the old copy, marked; and news once there are some."""
    name = f"held-{fault}"
    spoiled = frugal.upstream.fault(f"/simple/{name}/", DOUBTFUL[fault])

    page = frugal.stale_page(name)

    assert page.status == 200
    assert page.json()["versions"] == ["1.0"]
    spoiled.clear()


@pytest.mark.parametrize("fault", DOUBTFUL)
def test_unknown_page_that_is_none_is_503(frugal: Yard, fault: str) -> None:
    """F07, F15, F16, F19, T19, T21, T28: never 404, never 403, and nothing of it is kept."""
    name = f"cold-{fault}"
    frugal.upstream.add(make_wheel(name, "1.0"))
    spoiled = frugal.upstream.fault(f"/simple/{name}/", DOUBTFUL[fault])

    answer = frugal.ask_page(name)

    assert answer.status == 503
    assert "root:" not in answer.text
    spoiled.clear()
    assert frugal.ask_page(name).status == 200


def test_page_that_is_older_is_not_believed(yard: Yard) -> None:
    """F27, T08: a lagging mirror does not take the newest release away again."""
    yard.add_held(make_wheel("rollback", "1.0"))
    yard.upstream.add(make_wheel("rollback", "2.0"))
    newest = yard.until("/simple/rollback/", lambda page: page.json()["versions"] == ["1.0", "2.0"])
    yard.upstream.fault("/simple/rollback/", older_serial())

    page = yard.stale_page("rollback")

    assert page.json()["versions"] == ["1.0", "2.0"]
    assert page["x-pypi-last-serial"] == newest["x-pypi-last-serial"]


def test_serial_that_goes_missing_stops_no_news(yard: Yard) -> None:
    """F28: an upstream that drops the header is not frozen for ever."""
    yard.add_held(make_wheel("unnumbered", "1.0"))
    yard.upstream.style = replace(yard.upstream.style, serials=False)
    yard.upstream.add(make_wheel("unnumbered", "2.0"))

    page = yard.until("/simple/unnumbered/", lambda page: page.json()["versions"] == ["1.0", "2.0"])

    assert page.get("x-pypi-last-serial") is None


def test_page_that_stays_empty_is_believed(yard: Yard) -> None:
    """F25: the second reading in the same flight says the same, so all files were deleted."""
    package = make_wheel("emptied", "1.0")
    yard.add_held(package)
    yard.upstream.remove(package.filename)

    page = yard.until("/simple/emptied/", lambda page: not page.json()["files"])

    assert page.json()["versions"] == []


def test_project_missing_once_is_not_believed(yard: Yard) -> None:
    """F12: one 404 for a project that is held is no news."""
    yard.add_held(make_wheel("missing-once", "1.0"))
    yard.upstream.fault("/simple/missing-once/", status(404), times=1)

    page = yard.stale_page("missing-once")

    assert page.json()["versions"] == ["1.0"]


def test_restart_does_not_make_an_older_page_new(tmp_path: Path, upstream: Simulator) -> None:
    """F27: how far an upstream was is known after a restart too."""
    upstream.fault("/simple/known/", SHORT_LIVED)
    upstream.add(make_wheel("known", "1.0"))
    upstream.add(make_wheel("known", "2.0"))
    with open_yard(tmp_path / "data", upstream) as yard:
        yard.client.page("known")
    upstream.fault("/simple/known/", older_serial())

    with open_yard(tmp_path / "data", upstream) as yard:
        page = yard.ask_page("known")

    assert page.json()["versions"] == ["1.0", "2.0"]
