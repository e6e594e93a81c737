"""Other people's indexes, as doors: the real program where it can be had, else its exact output.

Start at `kinds.py`: a `KindOfDoor` opens one over the packages of `contents.py`, each in a context
manager that yields an `OpenDoor`. Whoever `leaves` it takes the index away, as an outage does.
Like the simulator, this knows nothing of `wheelyard`, but for the kind that is one.
"""

from support.doors.contents import APP, PARTS, SDISTS, WHEELS
from support.doors.kinds import KINDS, KindOfDoor
from support.doors.places import OpenDoor

__all__ = ["APP", "KINDS", "PARTS", "SDISTS", "WHEELS", "KindOfDoor", "OpenDoor"]
