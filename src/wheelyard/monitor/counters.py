"""What is counted while requests are answered: plain integers, one dictionary step each.

A counter must cost next to nothing, so nothing is locked: count in the event loop's thread only.
Names and forms for Prometheus are given when somebody asks; see ``metrics.py``.
"""

from collections import defaultdict
from dataclasses import dataclass, field

__all__ = ["Counters"]


@dataclass(slots=True)
class Counters:
    """What one worker has answered since it started.

    ``requests`` is by route and status, ``sent_bytes`` by route, ``cache_answers`` by the kind of
    thing asked for and by how the cache could answer.  All of these words come from the code, none
    from a client, so their number is bounded.
    """

    requests: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    sent_bytes: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    cache_answers: defaultdict[tuple[str, str], int] = field(
        default_factory=lambda: defaultdict(int)
    )

    def count(self, route: str, status: int, sent_bytes: int = 0) -> None:
        """Count a request that was answered with ``status``.

        ``route`` is the kind of resource (``page``, ``file``, ``json`` ...), ``sent_bytes`` are
        those of the body.
        """
        self.requests[route, status] += 1
        self.sent_bytes[route] += sent_bytes

    def count_warm(self, route: str, sent_bytes: int) -> None:
        """Count an answer 200 that was held and good: ``count`` and ``count_cache`` in one."""
        self.requests[route, 200] += 1
        self.sent_bytes[route] += sent_bytes
        self.cache_answers[route, "hit"] += 1

    def count_cache(self, kind: str, result: str) -> None:
        """Count an answer about a page, file or other ``kind`` of thing.

        ``result`` is ``hit`` (held and good), ``renewed`` (held, and upstream was asked again),
        ``stale`` (held, and nobody could be asked), ``miss`` (had to be fetched) or ``absent``
        (known not to exist).
        """
        self.cache_answers[kind, result] += 1
