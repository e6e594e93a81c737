"""Which targets are healthy, found out by asking each of them again and again.

One task for each target, with its own pace, so that one that hangs delays no other. What the
answers mean is decided in ``target_check.py`` and ``decide.redirecting``.
"""

import logging
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import anyio

from wheelyard.clock import Clock
from wheelyard.decide.redirecting import (
    Finding,
    Health,
    Target,
    Thresholds,
    judge,
    next_check_seconds,
)
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.server.target_check import check_url, read_check
from wheelyard.settings import RedirectSettings
from wheelyard.transport import ProbeClient, ProbeRules, Proxies

__all__ = ["TargetWatch", "WatchParts"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WatchParts:
    """What to watch, how, and what tells the time. ``instance`` is what we are known by."""

    settings: RedirectSettings
    targets: Sequence[Target]
    instance: str
    clock: Clock
    proxies: Proxies = field(default_factory=Proxies)


class TargetWatch:
    """Keeps ``health`` up to date while ``run`` runs."""

    def __init__(self, parts: WatchParts) -> None:
        """Know nothing of any target yet."""
        self._parts = parts
        settings = parts.settings
        self._thresholds = Thresholds(settings.rise, settings.fall)
        self._health = {target: Health(parts.clock.now()) for target in parts.targets}
        self._clients: dict[Target, ProbeClient] = {}
        self._is_complete = anyio.Event()
        self.checks: Counter[tuple[Target, str]] = Counter()

    @property
    def health(self) -> Mapping[Target, Health]:
        """What is thought of each target, in their order."""
        return self._health

    @property
    def is_ready(self) -> bool:
        """Whether there is anybody to send clients to."""
        return any(health.is_up for health in self._health.values())

    async def open(self, stack: AsyncExitStack) -> None:
        """Get what the checks need; ``stack`` closes it.

        Raises:
            ConfigError: an address or the certificates cannot be used.
        """
        settings = self._parts.settings
        for target in self._parts.targets:
            rules = ProbeRules(
                check_url(target),
                settings.ca,
                self._parts.proxies,
                settings.check_timeout_seconds,
            )
            self._clients[target] = await stack.enter_async_context(ProbeClient(rules))

    async def run(self) -> None:
        """Check every target, again and again, until cancelled."""
        async with anyio.create_task_group() as tasks:
            for target, client in self._clients.items():
                tasks.start_soon(self._keep_checking, target, client)

    async def first_round(self, seconds: float) -> None:
        """Return when every target was checked once, or after ``seconds``."""
        with anyio.move_on_after(seconds):
            await self._is_complete.wait()

    async def _keep_checking(self, target: Target, client: ProbeClient) -> None:
        """Check one target, at its pace."""
        while True:
            finding = await self._look(target, client)
            self.take(target, finding)
            interval = self._parts.settings.check_seconds
            chance = random.random()  # noqa: S311 - it spreads load, and guards nothing
            await anyio.sleep(next_check_seconds(self._health[target], interval, chance))

    async def _look(self, target: Target, client: ProbeClient) -> Finding:
        """Ask one target once."""
        try:
            return read_check(target, await client.look(), self._parts.instance)
        except Unavailable as error:
            return Finding(error.reason.rstrip("."))
        except WheelyardError as error:
            return Finding(str(error).rstrip("."))
        except Exception:  # noqa: BLE001 - a check must not be the end of all redirecting
            _LOG.exception("A check of `%s` failed in a way that nobody foresaw.", target.root)
            return Finding("the check itself failed, and the log says how")

    def take(self, target: Target, finding: Finding) -> None:
        """Note what a check found, and tell what that changes."""
        before = self._health[target]
        after = judge(before, finding, self._parts.clock.now(), self._thresholds)
        self._health[target] = after
        self.checks[target, "good" if finding.is_good else "bad"] += 1
        is_news = finding.is_certain and finding.problem != before.problem
        if not before.checks or after.is_up != before.is_up or is_news:
            _tell(target, after)
        if all(health.checks for health in self._health.values()):
            self._is_complete.set()


def _tell(target: Target, health: Health) -> None:
    """Write what has become of a target into the log."""
    fields = {"role": str(target.role), "target": target.root}
    if health.is_up:
        _LOG.info("`%s` is healthy: clients are sent there.", target.root, extra=fields)
    else:
        _LOG.warning("`%s` is left out: %s.", target.root, health.problem, extra=fields)
