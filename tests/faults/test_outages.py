"""Outages as an operator sees them, with a real server and a real upstream: A-15, A-28."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import cast

import pytest

from faults.yard import PATIENT, Yard, eventually, open_yard
from support.packages import make_wheel
from support.simulator import Simulator, login_page, status

Logged = Mapping[str, object]


def outages(yard: Yard) -> list[Logged]:
    """Return the outages that the status document has, newest first."""
    return cast("list[Logged]", yard.client.ask("/-/status").json()["outages"])


def log_after_asking(yard: Yard, *, lasting: bool) -> Logged:
    """Ask for pages until the newest outage lasts, or is over; return it.

    Whoever asked in vain is not asked again about the same page at once, hence the new names.
    """
    found: list[Logged] = []
    names = count()

    def is_so() -> bool:
        yard.ask_page("known")
        yard.ask_page(f"nowhere-{int(lasting)}-{next(names)}")
        found[:] = [each for each in outages(yard)[:1] if (each["ended_at"] is None) is lasting]
        return bool(found)

    eventually(is_so, lambda: f"an outage that lasts: {lasting}; {yard.server.log()}")
    return found[0]


def has_stale_answers(yard: Yard) -> bool:
    """Ask for a known page; say whether an old copy was counted."""
    yard.ask_page("known")
    return cast("int", outages(yard)[0]["stale_answers"]) > 0


@pytest.mark.parametrize("workers", [1, 2])
def test_a15_outage_is_logged_with_cause_and_end(
    tmp_path: Path, upstream: Simulator, workers: int
) -> None:
    """One outage is one entry, whatever the number of workers; old copies given are counted."""
    with open_yard(tmp_path / "data", upstream, workers=workers, settings=PATIENT) as yard:
        yard.add_held(make_wheel("known", "1.0"))
        upstream.down()
        lasting = log_after_asking(yard, lasting=True)
        eventually(lambda: has_stale_answers(yard), "old copies count")
        label = f'{{door="{upstream.url}",upstream="default"}}'
        counted = f"wheelyard_outages_total{label} 1.0"
        metrics = yard.client.ask("/-/metrics").text
        # One worker hears of the other's counts within seconds.
        eventually(lambda: counted in yard.client.ask("/-/metrics").text, counted)
        door = yard.client.ask("/-/status").json()["doors"][0]
        upstream.up()
        over = log_after_asking(yard, lasting=False)
        log = outages(yard)
        said = yard.server.log()

    assert (lasting["url"], lasting["cause"]) == (upstream.url, "refused")
    assert "nobody listens" in str(lasting["last_error"])
    assert over["started_at"] == lasting["started_at"] == door["out_since"]
    assert len(log) == 1
    assert all(share < 100 for share in door["availability"].values())
    assert f"wheelyard_door_outage{label} 1.0" in metrics
    assert said.count("is out: refused") == said.count("answers again, after") == 1


def test_a15_log_outlives_the_server(tmp_path: Path, upstream: Simulator) -> None:
    """What was out before a restart is out after it, and ends when the door answers."""
    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        yard.add_held(make_wheel("known", "1.0"))
        upstream.fault("*", status(500))
        before = log_after_asking(yard, lasting=True)

    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        [after] = outages(yard)
        upstream.clear_faults()
        yard.add(make_wheel("known", "2.0"))
        over = log_after_asking(yard, lasting=False)
        log = outages(yard)

    assert (before["cause"], after["started_at"]) == ("5xx", before["started_at"])
    assert over["started_at"] == before["started_at"]
    assert len(log) == 1


def test_a15_upstream_that_talks_nonsense_is_out(tmp_path: Path, upstream: Simulator) -> None:
    """A login page in the place of every page has status 200, and is an outage all the same."""
    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        yard.add_held(make_wheel("known", "1.0"))
        upstream.fault("*", login_page())
        lasting = log_after_asking(yard, lasting=True)
        upstream.clear_faults()
        log_after_asking(yard, lasting=False)

    assert lasting["cause"] == "wrong"
