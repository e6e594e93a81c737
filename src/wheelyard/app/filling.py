"""Filling: the upstreams by which an index is filled, and which names each is asked for."""

from collections.abc import Callable, Collection

from wheelyard.app.program import App
from wheelyard.decide.ownership import Ownership, Routed
from wheelyard.decide.pacing import Rules
from wheelyard.mirror.bulk import Bulk
from wheelyard.mirror.pacer import Pacer
from wheelyard.mirror.sync import Origin
from wheelyard.mirror.sync.sources import Chosen
from wheelyard.names import ProjectName
from wheelyard.repository.compose import Chain
from wheelyard.repository.front import Front

__all__ = ["origins_of"]


async def origins_of(app: App, front: Front, most: int) -> tuple[Origin, ...]:
    """Return the upstreams of ``front``, the usual one first, then those that routes name.

    Each is asked at most ``most`` questions at the same time.

    Names that are ours, or blocked, are asked for nowhere: they are looked up once, for all names
    of a list.
    """
    parts = front.parts
    hosted = await parts.hosted_names()
    named = dict.fromkeys([parts.upstream, *(route.upstream for route in parts.ownership.routes)])
    return tuple(
        _origin(
            app,
            Bulk(parts.outside[upstream], Pacer(Rules(most), app.clock)),
            parts.outside[upstream],
            _asked_at(parts.ownership, hosted, upstream, parts.upstream),
        )
        for upstream in named
    )


def _origin(app: App, bulk: Bulk, chain: Chain, is_here: Callable[[ProjectName], bool]) -> Origin:
    """Return one upstream, asked at its own pace."""
    urls = [door.parts.rules.url for door in app.doors if door.parts.rules.name == chain.owner]
    return Origin(chain, bulk, Chosen(chain.pages, app.clock, urls), is_here)


def _asked_at(
    ownership: Ownership, hosted: Collection[ProjectName], upstream: str, usual: str
) -> Callable[[ProjectName], bool]:
    """Return who says whether ``upstream`` is the one to ask for a name."""

    def is_here(name: ProjectName) -> bool:
        if name in ownership.blocked or ownership.is_ours(name, is_hosted=name in hosted):
            return False
        owner = ownership.public_owner_of(name)
        return (owner.upstream if isinstance(owner, Routed) else usual) == upstream

    return is_here
