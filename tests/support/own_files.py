"""Files of our own, published as an upload publishes them, but without a client.

::

    async with app_on(tmp_path, simulator) as app:
        await publish(app, make_wheel("acme", "1.0"))
"""

from support.packages import Package
from wheelyard.app import MAIN, App
from wheelyard.blobs import Incoming, IncomingParts
from wheelyard.catalog import Actor
from wheelyard.names import IndexName
from wheelyard.upload.pipeline import Candidate, Destination, Done

__all__ = ["ALICE", "incoming_parts", "publish"]

ALICE = Actor("alice", "203.0.113.7")


def incoming_parts(app: App) -> IncomingParts:
    """Return where files that are given to the program are written."""
    parts = app.fills.parts
    return IncomingParts(parts.store, parts.budget, parts.disk, app.directory.spool)


async def publish(app: App, package: Package, index: IndexName = MAIN) -> Done:
    """Publish `package` in an index of the program."""
    async with Incoming(incoming_parts(app)) as incoming:
        await incoming.write(package.content)
        candidate = Candidate(incoming, await incoming.finish(), package.filename)
        owner, rules = app.indexes[index].owner, app.indexes[index].rules
        destination = Destination(owner, volatile=rules.volatile)
        done = await app.pipeline.publish(candidate, destination, ALICE)
    await app.noticing.notice()
    return done
