"""A real upstream index on loopback, with switches for everything that can go wrong.

Start here: `Simulator` (contents, style, faults, records), then `style.py` and `faults.py`::

    async with Simulator() as upstream:
        upstream.add(make_wheel("demo", "1.0"))
        broken = upstream.fault("page", status(503, retry_after=1), times=2)
        ...  # point a client at upstream.url
        assert upstream.count("file") == 1
        broken.clear()

It may import the standard library, `packaging`, `trustme` and `support.packages`, and nothing of
`wheelyard`: what it says about an index must not come from the code that it tests.
"""

from support.simulator.asking import JSON, Reply, ask
from support.simulator.contents import CoreMetadata, Listing, Project
from support.simulator.faults import (
    Context,
    Fault,
    change_headers,
    empty_page,
    garbage,
    login_page,
    older_serial,
    other_bytes,
    redirect_loop,
    redirect_to,
    refuse,
    reset_after,
    short_chunked,
    silent,
    slow,
    stall_after,
    status,
    truncate,
    unparsable,
    wants_credentials,
    wrong_bytes,
    wrong_length,
)
from support.simulator.listener import Blackhole
from support.simulator.message import Answer, Content, Door, Flat, Kind, Repeated, Request
from support.simulator.record import Recorded, Where
from support.simulator.simulator import Simulator, dead_name_url, running_simulator
from support.simulator.site import Site
from support.simulator.style import AUTOINDEX, BARE, CORPORATE, PYPI, TWO_HOSTS, Style
from support.simulator.switches import FaultHandle
from support.simulator.tls import Trust

__all__ = [
    "AUTOINDEX",
    "BARE",
    "CORPORATE",
    "JSON",
    "PYPI",
    "TWO_HOSTS",
    "Answer",
    "Blackhole",
    "Content",
    "Context",
    "CoreMetadata",
    "Door",
    "Fault",
    "FaultHandle",
    "Flat",
    "Kind",
    "Listing",
    "Project",
    "Recorded",
    "Repeated",
    "Reply",
    "Request",
    "Simulator",
    "Site",
    "Style",
    "Trust",
    "Where",
    "ask",
    "change_headers",
    "dead_name_url",
    "empty_page",
    "garbage",
    "login_page",
    "older_serial",
    "other_bytes",
    "redirect_loop",
    "redirect_to",
    "refuse",
    "reset_after",
    "running_simulator",
    "short_chunked",
    "silent",
    "slow",
    "stall_after",
    "status",
    "truncate",
    "unparsable",
    "wants_credentials",
    "wrong_bytes",
    "wrong_length",
]
