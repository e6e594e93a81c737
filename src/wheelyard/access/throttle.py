"""How often a password may be tried: per account and per address. Pure, with ``now`` handed in.

Each try is a drop into two buckets, which leak at a steady rate; a try that would overflow one
has to wait until enough has leaked.  The drop falls before the password is looked at, so that many
tries at the same time are no way round; a right password takes its drop out again.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from wheelyard.clock import Instant

__all__ = ["Attempts", "Bucket", "Limit", "ThrottleRules", "address_key", "decide_wait"]

_IPV6_PREFIX = 64
"""What one customer gets: addresses inside it cost nothing to change."""

_ROUNDING_SECONDS = 1e-6


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket's size in drops, and how many seconds one drop takes to leak."""

    drops: float
    seconds_per_drop: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """How full a bucket was at a moment."""

    level: float
    at: Instant

    def level_at(self, now: Instant, limit: Limit) -> float:
        """Return how full it is at ``now``; a clock that was set back leaks nothing."""
        return max(0.0, self.level - max(0.0, now - self.at) / limit.seconds_per_drop)


@dataclass(frozen=True, slots=True)
class ThrottleRules:
    """How many wrong passwords at once, and after that, how often: for each account and address.

    Ten and two a minute for an account, fifty and ten a minute for an address, behind which there
    may be a whole office.
    """

    account: Limit = Limit(10, 30.0)
    address: Limit = Limit(50, 6.0)
    max_buckets: int = 20_000


RULES = ThrottleRules()


def decide_wait(bucket: Bucket | None, now: Instant, limit: Limit) -> float:
    """Return after how many seconds another drop fits into ``bucket``; 0 if it does now."""
    if bucket is None:
        return 0.0
    overflow = bucket.level_at(now, limit) + 1 - limit.drops
    wait = overflow * limit.seconds_per_drop
    return wait if wait > _ROUNDING_SECONDS else 0.0


def address_key(origin: str) -> str:
    """Return what counts as one address: an IPv4 address, an IPv6 network, or the text itself."""
    try:
        address = ipaddress.ip_address(origin.partition("%")[0])
    except ValueError:
        return origin
    if address.version == 4:  # noqa: PLR2004  # the name of the protocol
        return str(address)
    if mapped := address.ipv4_mapped:
        return str(mapped)
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))


class Attempts:
    """The buckets of one process. Used in the event loop's thread only."""

    def __init__(self, rules: ThrottleRules = RULES) -> None:
        self._rules = rules
        self._buckets: dict[str, Bucket] = {}

    def take(self, account: str, origin: str, now: Instant) -> float:
        """Count a try, and return 0; or count nothing, and return how long to wait, in seconds."""
        limits = self._limits(account, origin)
        buckets = self._buckets
        wait = max(decide_wait(buckets.get(key), now, limit) for key, limit in limits.items())
        if wait == 0:
            for key, limit in limits.items():
                self._drop(key, now, limit, 1)
            self._forget()
        return wait

    def give_back(self, account: str, origin: str, now: Instant) -> None:
        """Take a try back that turned out right."""
        for key, limit in self._limits(account, origin).items():
            self._drop(key, now, limit, -1)

    def _limits(self, account: str, origin: str) -> Mapping[str, Limit]:
        """Return the buckets that a try falls into, with their limits."""
        return {
            f"account {account}": self._rules.account,
            f"address {address_key(origin)}": self._rules.address,
        }

    def _drop(self, key: str, now: Instant, limit: Limit, drops: float) -> None:
        bucket = self._buckets.pop(key, None)
        level = drops + (bucket.level_at(now, limit) if bucket else 0.0)
        if level > 0:
            self._buckets[key] = Bucket(level, now)  # at the end: the oldest are at the front

    def _forget(self) -> None:
        """Forget the buckets that nobody has touched for longest, beyond their greatest number."""
        while len(self._buckets) > self._rules.max_buckets:
            del self._buckets[next(iter(self._buckets))]
