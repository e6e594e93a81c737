"""What the upstream saw, in the words in which the promises are made."""

from collections import Counter

from support.simulator import Recorded, Simulator

__all__ = ["asked_more_than_once", "count_of", "strangers"]


def count_of(upstream: Simulator) -> dict[str, int]:
    """Return how many requests of each kind there were."""
    return dict(Counter(request.kind for request in upstream.requests))


def asked_more_than_once(upstream: Simulator) -> list[tuple[str, str]]:
    """Return kind and path of everything that was asked for again."""
    asked = Counter((request.kind, request.path) for request in upstream.requests)
    return [what for what, times in asked.items() if times > 1]


def strangers(upstream: Simulator) -> list[Recorded]:
    """Return the requests of whoever went past the server."""
    return [request for request in upstream.requests if not _is_wheelyard(request)]


def _is_wheelyard(request: Recorded) -> bool:
    return request.headers.get("user-agent", "").lower().startswith("wheelyard/")
