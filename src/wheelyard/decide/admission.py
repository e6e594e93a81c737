"""Whether one more question may wait for an upstream.

Everything that waits costs memory and a place in the queue, and whoever has waited for longer than
a client's patience has waited in vain. So their number has a limit, and what comes beyond is told
at once to come back: a server that is asked for more than it can fetch goes on giving out what it
holds. Renewing what is held anyway gives way first, at half of that number: there is an old copy.
Source: RFC 9110, 15.6.4; Bronson et al., "Metastable Failures in Distributed Systems" (2021).
"""

__all__ = ["admits"]


def admits(waiting: int, most_waiting: int, *, is_held: bool) -> bool:
    """Say whether a question may join the ``waiting`` ones; ``is_held``: there is an old copy.

    0 for ``most_waiting`` means no limit.
    """
    if most_waiting <= 0:
        return True
    return waiting < (max(1, most_waiting // 2) if is_held else most_waiting)
