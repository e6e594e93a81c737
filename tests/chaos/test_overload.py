"""More than can be fetched: misses are shed before hits, and nobody asks upstream the more for it.

G17, F76, F77. Everything is counted and nothing timed; ``WHEELYARD_CAMPAIGN=10`` asks for ten times
as much.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from chaos.campaign import Campaign, count
from chaos.crowd import Taken, ask_all
from faults.yard import PATIENT, Yard, eventually, open_yard
from support.packages import Package, make_wheel
from support.simulator import Simulator, silent, status

PLACES = 20
MISSES = count(200, most=5_000)
STORMY = count(40, most=500)
RETRIES = 6
CLOSE = {"Connection": "close"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server in which few may wait."""
    settings = {**PATIENT, "server.max_waiting_misses": PLACES}
    with (
        Simulator() as upstream,
        open_yard(tmp_path_factory.mktemp("small") / "data", upstream, settings=settings) as yard,
    ):
        yield yard
        yard.recover()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Yard]:
    """A server of the test's own, with an upstream that nobody has asked for anything."""
    with (
        Simulator() as upstream,
        open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard,
    ):
        yield yard


def ask_together(yard: Yard, paths: Sequence[str]) -> "Future[list[Taken]]":
    """Begin to ask for all paths at once."""
    requests = [yard.client.render(path, CLOSE) for path in paths]
    found: Future[list[Taken]] = Future()

    def ask() -> None:
        try:
            found.set_result(ask_all(yard.client.address, requests))
        except BaseException as error:  # noqa: BLE001 - whoever waits for the future gets it
            found.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    return found


def shed(yard: Yard) -> int:
    """Return how many questions the server has sent away."""
    found: int = yard.client.ask("/-/status").json()["shed_misses"]
    return found


def has_shed(yard: Yard, number: int) -> bool:
    """Say whether the server has sent so many away."""
    return shed(yard) >= number


@pytest.mark.parametrize("kind", ["page", "file"])
def test_overload_sheds_misses_and_serves_hits(campaign: Campaign, small: Yard, kind: str) -> None:
    """G17, F76: so many wait, the rest is sent away at once, hits go on, and all recovers."""
    for each in campaign.rounds(1, most=5):
        with each:
            known = make_wheel(f"known-{kind}-{each.number}", "1.0", payload_bytes=100_000)
            small.upstream.add(known)
            held = small.path_of(known)
            small.client.ask(held)
            paths, pattern = make_misses(small, kind, each.number)
            before = shed(small)
            stuck = small.upstream.fault(pattern, silent())
            asking = ask_together(small, paths)
            due = before + MISSES - PLACES
            eventually(partial(has_shed, small, due), "the rest is sent away")
            waiting = small.client.ask("/-/metrics").text
            hits = [small.client.ask(held).status for _ in range(20)]
            pages = [small.client.page(known.name).status for _ in range(20)]
            stuck.clear()
            taken = asking.result(600)
            away = [one for one in taken if one.status == 503]
            campaign.note(misses=MISSES, places=PLACES, shed=len(away))

            assert set(hits) == set(pages) == {200}
            assert f'wheelyard_misses_waiting{{kind="{kind}"}} {PLACES}.0' in waiting
            assert len(away) == MISSES - PLACES
            assert all("others wait" in one.text for one in away)
            assert all(1 <= int(one.headers["retry-after"]) <= 5 for one in away)
            assert small.upstream.count(pattern) == PLACES
            come_back(small, paths)


def make_misses(yard: Yard, kind: str, number: int) -> tuple[list[str], str]:
    """Return paths that nothing is held of, and how the upstream is asked for them."""
    name = f"miss-{kind}-{number}"
    if kind == "page":
        for n in range(MISSES):
            yard.upstream.add(make_wheel(f"{name}-{n}", "1.0"))
        return [f"/simple/{name}-{n}/" for n in range(MISSES)], f"/simple/{name}-*"
    packages = [make_wheel(name, f"1.{n}") for n in range(MISSES)]
    for package in packages:
        yard.upstream.add(package)
    page = yard.client.page(name)
    paths = [yard.client.path_of(str(page.file(each.filename)["url"])) for each in packages]
    return paths, f"*/{name.replace('-', '_')}-*.whl"


def come_back(yard: Yard, paths: Sequence[str]) -> None:
    """Ask again for whatever was shed, as clients do: in the end all have got it."""
    left = list(paths)

    def is_done() -> bool:
        taken = ask_together(yard, left).result(600)
        left[:] = [path for path, one in zip(left, taken, strict=True) if one.status != 200]
        return not left

    eventually(is_done, lambda: f"{len(left)} are left")


def test_retries_of_clients_are_not_passed_on(campaign: Campaign, fresh: Yard) -> None:
    """F77: every client tries seven times; upstream is asked once each, and then now and then.

    The budget is a tenth of the first questions, and one probe a second.
    """
    for each in campaign.rounds(1, most=5):
        with each:
            names = [f"storm-{each.number}-{n}" for n in range(STORMY)]
            down = fresh.upstream.fault("*", status(503))
            began, before = time.monotonic(), fresh.upstream.count("page")
            with ThreadPoolExecutor(min(STORMY, 20)) as threads:
                statuses = list(threads.map(lambda name: try_hard(fresh, name), names))
            asked = fresh.upstream.count("page") - before
            seconds = time.monotonic() - began
            down.clear()
            fresh.recover()
            campaign.note(clients=STORMY, requests=STORMY * (1 + RETRIES), upstream_requests=asked)

            assert {one for tried in statuses for one in tried} == {503}
            assert asked <= 1.1 * STORMY + seconds + 1


def try_hard(yard: Yard, name: str) -> list[int]:
    """Ask for a page and try again as often as installers do; return the statuses."""
    return [yard.ask_page(name).status for _ in range(1 + RETRIES)]


def test_one_broken_page_is_asked_for_within_the_budget(campaign: Campaign, fresh: Yard) -> None:
    """F77: while everything else answers no circuit opens, and retries are answered from memory."""
    packages: list[Package] = [make_wheel(f"sound-{n}", "1.0") for n in range(STORMY)]
    for package in packages:
        fresh.upstream.add(package)
    for each in campaign.rounds(1, most=5):
        with each:
            broken = f"broken-{each.number}"
            fault = fresh.upstream.fault(f"/simple/{broken}/", status(500))
            began = time.monotonic()
            fresh.ask_page(broken)
            cost = fresh.upstream.count(f"/simple/{broken}/")  # requests for one question
            for package in packages:
                assert fresh.ask_page(package.name).status == 200
                try_hard(fresh, broken)
            asked = fresh.upstream.count(f"/simple/{broken}/")
            seconds = time.monotonic() - began
            fault.clear()
            fresh.recover()
            campaign.note(requests=STORMY * (1 + RETRIES), upstream_requests=asked)

            assert asked <= cost * (0.1 * STORMY + seconds + 13)
