"""Webhooks on outage start and end, with a real server and a real receiver."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any, cast

from faults.receiver import SECRET, Receiver, receiving
from faults.yard import PATIENT, Yard, eventually, open_yard
from support.packages import make_wheel
from support.simulator import Simulator
from support.web_servers.web_server import free_port

ONCE = ["outage.start", "outage.end"]


def telling(*urls: str) -> Mapping[str, object]:
    """Return the settings of a server that tells these webhooks."""
    return {
        **PATIENT,
        "server.outage_webhooks": ",".join(urls),
        "server.outage_webhook_secret": SECRET,
    }


def webhooks(yard: Yard) -> list[dict[str, Any]]:
    """Return what the status document has of webhooks."""
    return cast("list[dict[str, Any]]", yard.client.ask("/-/status").json()["webhooks"])


def ask_until(yard: Yard, *, lasting: bool) -> None:
    """Ask for new names until the newest outage lasts, or is over."""
    names = count()

    def is_so() -> bool:
        yard.ask_page(f"nowhere-{int(lasting)}-{next(names)}")
        found = yard.client.ask("/-/status").json()["outages"][:1]
        return bool(found) and (found[0]["ended_at"] is None) is lasting

    eventually(is_so, f"an outage that lasts: {lasting}")


def go_out_and_come_back(yard: Yard) -> None:
    """Let the upstream be out for a while."""
    yard.upstream.down()
    ask_until(yard, lasting=True)
    yard.upstream.up()
    ask_until(yard, lasting=False)


def tell_of(receiver: Receiver, number: int) -> None:
    """Wait until the receiver has taken so many pieces of news."""
    eventually(lambda: len(receiver.news) >= number, lambda: f"{number} of {receiver.events}")


def test_outage_is_told_of_once_at_each_end(tmp_path: Path, upstream: Simulator) -> None:
    """Signed, with door, cause and times; by one of the workers; no secret is in log or status."""
    with (
        receiving() as receiver,
        open_yard(tmp_path / "data", upstream, workers=3, settings=telling(receiver.url)) as yard,
    ):
        go_out_and_come_back(yard)
        tell_of(receiver, 2)
        told = 'wheelyard_webhook_news_total{result="delivered",webhook="http://127.0.0.1:'
        eventually(
            lambda: webhooks(yard)[0]["delivered"] == 2 and webhooks(yard)[0]["pending"] == 0,
            "both were delivered",
        )
        metrics = yard.client.ask("/-/metrics").text
        status = yard.client.ask("/-/status").text
        said = yard.server.log()

    start, end = receiver.news
    assert receiver.events == ONCE
    assert (start["door"], start["cause"], start["until"]) == (upstream.url, "refused", None)
    assert end["since"] == start["since"] < end["until"]
    assert end["failed_answers"] > 0
    assert start["instance"] == end["instance"]
    assert start["id"] != end["id"]
    assert (receiver.unsigned, receiver.paths) == (0, [f"/services/{SECRET}"] * 2)
    assert told in metrics
    assert SECRET not in metrics + status + said
    assert "services" not in metrics + status + said


def test_restart_in_the_middle_repeats_nothing(tmp_path: Path, upstream: Simulator) -> None:
    """Who was told the beginning is told the end; who was not gets both; offline nobody is told."""
    with receiving() as receiver, receiving() as unwilling:
        unwilling.status = 500
        settings = telling(receiver.url, unwilling.url)
        with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
            upstream.down()
            ask_until(yard, lasting=True)
            tell_of(receiver, 1)
            eventually(lambda: webhooks(yard)[0]["delivered"] == 1, "it is written down")
            eventually(lambda: unwilling.attempts >= 1, "the other was tried")
            yard.server.kill()
        attempts = unwilling.attempts
        with open_yard(
            tmp_path / "data", upstream, settings=settings, arguments=["--offline"]
        ) as yard:
            offline = webhooks(yard)
        attempts_offline = unwilling.attempts - attempts
        unwilling.status = 200
        with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
            upstream.up()
            ask_until(yard, lasting=False)
            tell_of(receiver, 2)
            tell_of(unwilling, 2)

    assert receiver.events == unwilling.events == ONCE
    assert (offline, attempts_offline) == ([], 0)


def test_receiver_that_is_down_is_told_later(tmp_path: Path, upstream: Simulator) -> None:
    """It hears of both, in order, once it is there; a second webhook did not wait for it."""
    port = free_port()
    with receiving() as other:
        settings = telling(f"http://127.0.0.1:{port}/services/{SECRET}", other.url)
        with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
            go_out_and_come_back(yard)
            tell_of(other, 2)
            eventually(lambda: webhooks(yard)[0]["failed"] >= 1, "it was tried")
            before = webhooks(yard)
            with receiving(port) as late:
                tell_of(late, 2)

    assert before[0]["pending"] > 0
    assert before[0]["last_result"].startswith("refused: nobody listens")
    assert [before[1][name] for name in ("delivered", "failed", "pending")] == [2, 0, 0]
    assert late.events == other.events == ONCE


def test_receiver_that_is_unwilling_delays_nobody(tmp_path: Path, upstream: Simulator) -> None:
    """Not clients, not other webhooks; a redirect leads nowhere; of an answer the status counts."""
    with (
        receiving() as elsewhere,
        receiving() as failing,
        receiving() as redirecting,
        receiving() as endless,
        receiving() as slow,
        receiving() as willing,
    ):
        failing.status, slow.is_slow = 500, True
        endless.status, endless.body = 200, bytes(50_000_000)
        redirecting.status, redirecting.location = 307, elsewhere.url
        receivers = (failing, redirecting, endless, slow, willing)
        settings = telling(*(each.url for each in receivers))
        with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
            upstream.add(make_wheel("known", "1.0"))
            yard.client.page("known")
            upstream.down()
            ask_until(yard, lasting=True)
            tell_of(willing, 1)
            eventually(lambda: all(each.attempts for each in receivers), "all were tried")
            page = yard.client.page("known")
            failing.status = redirecting.status = 204
            slow.is_slow = False
            slow.release.set()
            for each in receivers:
                tell_of(each, 1)

    assert page.status == 200
    assert [each.events for each in receivers] == [["outage.start"]] * 5
    assert elsewhere.attempts == 0
