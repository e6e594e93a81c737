"""Checks, again and again: who is asked, what is told, and what never ends it."""

import logging
from contextlib import AsyncExitStack

import anyio
import pytest

from support.patience import until
from support.sites import Given, Site, server_of, tree_of
from wheelyard.clock import FrozenClock
from wheelyard.decide.redirecting import Finding, Role, Target, plan_targets
from wheelyard.server.target_watch import TargetWatch, WatchParts
from wheelyard.settings import RedirectSettings
from wheelyard.transport import ProbeClient

pytestmark = pytest.mark.anyio

A = Target(Role.STATIC, "http://a.example")


def watch_of(*targets: Target) -> TargetWatch:
    """Return a watch over some targets that checks as often as it can."""
    settings = RedirectSettings(check_seconds=0.1, check_timeout_seconds=30.0)
    return TargetWatch(WatchParts(settings, targets, "us", FrozenClock()))


async def test_targets_are_asked_and_judged() -> None:
    """The first round tells of each of them."""
    with Site(tree_of()) as tree, Site({"/-/ready": Given(b"hello")}) as portal:
        targets = plan_targets([tree.url], [portal.url], ())
        watch = watch_of(*targets)
        async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
            await watch.open(stack)
            tasks.start_soon(watch.run)
            await watch.first_round(30.0)
            seen = [health.is_up for health in watch.health.values()]
            tasks.cancel_scope.cancel()

    assert seen == [True, False]
    assert watch.is_ready
    assert watch.checks[targets[0], "good"] >= 1
    assert watch.checks[targets[1], "bad"] >= 1


async def test_check_that_fails_in_a_strange_way_is_not_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The target counts as down, the log says how, and the next check is made."""

    async def fail(_self: ProbeClient) -> None:
        await anyio.lowlevel.checkpoint()
        raise ZeroDivisionError

    with Site(server_of()) as server:
        (target,) = plan_targets((), [server.url], ())
        watch = watch_of(target)
        async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
            await watch.open(stack)
            with monkeypatch.context() as patch:
                patch.setattr(ProbeClient, "look", fail)
                tasks.start_soon(watch.run)
                await watch.first_round(30.0)
                problem = watch.health[target].problem
            await until(lambda: watch.health[target].is_up)
            tasks.cancel_scope.cancel()

    assert problem == "the check itself failed, and the log says how"
    assert "nobody foresaw" in caplog.text


def test_changes_are_told_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """Each once, however many checks say so; a reason that is certain is news as well."""
    caplog.set_level(logging.INFO)
    watch = watch_of(A)
    down, redirector = Finding("it is down"), Finding("it is a redirector", is_certain=True)
    for finding in (Finding(), Finding(), down, down, down, redirector, redirector):
        watch.take(A, finding)

    assert [record.getMessage() for record in caplog.records] == [
        "`http://a.example` is healthy: clients are sent there.",
        "`http://a.example` is left out: it is down.",
        "`http://a.example` is left out: it is a redirector.",
    ]


async def test_start_waits_no_longer_than_it_says() -> None:
    """A target that hangs delays nobody."""
    watch = watch_of(A)

    await watch.first_round(0.0)

    assert not watch.is_ready
