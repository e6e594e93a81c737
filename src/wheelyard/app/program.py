"""The running program, as the edge and whatever looks after it see it."""

from dataclasses import dataclass, field

from wheelyard.access.elsewhere import Elsewhere
from wheelyard.access.signing_in import Access
from wheelyard.app.background import Background
from wheelyard.app.indexes import Indexes
from wheelyard.app.noticing import Noticing
from wheelyard.blobs import Fills, WaitingRoom
from wheelyard.catalog import Catalog, DataDirectory
from wheelyard.clock import Clock
from wheelyard.mirror import Uses
from wheelyard.monitor import Counters, WebhookState
from wheelyard.names import ProjectName
from wheelyard.repository.contradictions import Contradictions
from wheelyard.repository.doors import OpenDoor
from wheelyard.repository.observed import DoorState
from wheelyard.repository.public_names import PublicNames
from wheelyard.settings import Settings
from wheelyard.stats import Tally
from wheelyard.upload.pipeline import Pipeline

__all__ = ["App"]


@dataclass(slots=True)
class App:
    """The running program, as the edge sees it."""

    settings: Settings
    directory: DataDirectory
    catalog: Catalog
    fills: Fills
    doors: tuple[OpenDoor, ...]
    indexes: Indexes
    counters: Counters
    clock: Clock
    background: Background = field(repr=False, kw_only=True)
    access: Access = field(repr=False, kw_only=True)
    elsewhere: Elsewhere = field(repr=False, kw_only=True)
    noticing: Noticing = field(repr=False, kw_only=True)
    pipeline: Pipeline = field(repr=False, kw_only=True)
    public_names: PublicNames = field(repr=False, kw_only=True)
    tally: Tally = field(repr=False, kw_only=True)
    uses: Uses = field(repr=False, kw_only=True)
    unasked: tuple[DoorState, ...] = field(default=(), kw_only=True)
    waiting: WaitingRoom = field(default_factory=WaitingRoom, kw_only=True)
    contradictions: Contradictions = field(default_factory=Contradictions, kw_only=True)
    webhooks: list[WebhookState] = field(default_factory=list, kw_only=True)
    twins: set[ProjectName] = field(default_factory=set, kw_only=True)
