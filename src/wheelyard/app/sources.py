"""Sources: other indexes that files are taken over from, opened as upstreams are."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace

import anyio.to_thread

from wheelyard.app.program import App
from wheelyard.app.running import via_token
from wheelyard.repository.base import Door
from wheelyard.repository.doors import DoorOpening, open_doors
from wheelyard.repository.spelling import EitherSpelling
from wheelyard.repository.upstream import Upstream
from wheelyard.settings import HiddenUrl, UpstreamSettings, parse_doors
from wheelyard.transport import display_url
from wheelyard.transport.pip_settings import Machine, load_pip_settings
from wheelyard.upload.importing import SimpleSource

__all__ = ["open_index"]


async def open_index(
    stack: AsyncExitStack, app: App, url: str, environment: Mapping[str, str]
) -> SimpleSource:
    """Return the index at ``url`` as a source; ``stack`` closes what is open for it.

    It is reached as an upstream is: through the same proxies, and with the credentials in its
    address, or those that pip has for it.
    """
    pip = await anyio.to_thread.run_sync(load_pip_settings, Machine(environment))
    upstream = UpstreamSettings(name="import", doors=parse_doors([HiddenUrl(url)], None))
    via = via_token(app.directory.instance)
    opening = DoorOpening(upstream, environment, pip, via, app.clock)
    opening = replace(opening, contact=app.settings.server.contact)
    [door] = await open_doors(stack, opening)
    parts = door.parts
    opened: Door = Upstream(parts.client, parts.rules, app.clock)
    if parts.plain is not None:
        opened = EitherSpelling(opened, Upstream(parts.client, parts.plain, app.clock))
    return SimpleSource(opened, display_url(url))
