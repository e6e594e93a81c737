"""What is promised in every kind of outage: the table that is tested and that people read.

Each `Outage` says how an upstream is broken, what clients get of what is known here (asked for
before, its page out of date by now) and of what is unknown, and how `wheelyard status` calls it.
`test_matrix.py` asks a real server for every cell, and `tools/outages.py` renders the same table
into `docs/explanation/outages.md`. To add an outage, add a row and run `just docs`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from scenario.outage.breaking import (
    Break,
    cut_short,
    is_page,
    show,
    shrunken,
    shut_files,
    spoil_all,
    wipe,
    zeros,
)
from scenario.outage.words import Class, Outcome, Row, Thing
from support.simulator import (
    Simulator,
    Trust,
    change_headers,
    empty_page,
    garbage,
    login_page,
    older_serial,
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
)

__all__ = ["LARGE_BYTES", "OUTAGES", "SMALL_BYTES", "Cell", "Outage", "cells"]

SMALL_BYTES = 50_000
LARGE_BYTES = 700_000

_HELD = Row.of(Outcome.STALE, Outcome.HELD)
"""What nobody notices: everything that is known, while nothing can be had."""
_NOTHING = Row.of(Outcome.RETRY, Outcome.RETRY)
_RESUMED = Row.of(Outcome.RETRY, Outcome.FRESH)
"""Pages are of no use, and files are, because they are fetched on from where they broke off."""
_SOUND = Row.of(Outcome.FRESH, Outcome.FRESH)
_CORRUPT = Row.of(Outcome.FRESH, Outcome.RETRY, large=Outcome.CUT)
_BELIEVED = Row.of(Outcome.TOLD, Outcome.FRESH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One way in which an upstream fails. `text` is for people.

    `shown` begins what `wheelyard status` says of the door; empty if it says nothing. What
    `also_shown` begins may take its place after a while.
    `is_lasting` outages cannot be mended for a moment between two questions: the server is started
    again instead. `is_nameless` is the one in which the name of the upstream does not resolve.
    """

    name: str
    text: str
    kind: Class
    breaks: Break
    shown: str
    also_shown: str = ""
    known: Row = _HELD
    unknown: Row = _NOTHING
    is_lasting: bool = False
    is_nameless: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Cell:
    """One promise: what becomes of a thing in an outage, known or not."""

    outage: Outage
    thing: Thing
    is_known: bool

    def __str__(self) -> str:
        return f"{self.outage.name}-{self.thing}-{'known' if self.is_known else 'unknown'}"

    @property
    def promised(self) -> Outcome:
        """Return what a client gets."""
        row = self.outage.known if self.is_known else self.outage.unknown
        outcome: Outcome = getattr(row, self.thing)
        return outcome


def cells() -> Iterator[Cell]:
    """Yield every cell of the matrix."""
    for outage in OUTAGES:
        for is_known, row in ((True, outage.known), (False, outage.unknown)):
            yield from (Cell(outage, thing, is_known) for thing, _ in row)


def _errors(code: int, shown: str) -> Outage:
    """Return the outage in which every answer has this status."""
    return Outage(
        name=str(code),
        text=f"status {code} for everything",
        kind=Class.ERRORS,
        breaks=spoil_all(lambda: status(code)),
        shown=shown,
    )


_CERTIFICATES: tuple[tuple[Trust, str], ...] = (
    ("expired", "the certificate has expired"),
    ("wrong-host", "the certificate is another host's"),
    ("unknown-ca", "the certificate is from an authority that nobody here trusts"),
)
_GARBAGE: tuple[
    tuple[Literal["status-line", "two-lengths", "bad-chunk", "endless-head"], str, str], ...
] = (
    ("status-line", "answers that are not HTTP", "framing:"),
    ("two-lengths", "answers that state two lengths", "framing:"),
    ("bad-chunk", "answers whose chunks cannot be told apart", "framing:"),
    ("endless-head", "answers whose headers never end", "too-large:"),
)

OUTAGES: tuple[Outage, ...] = (
    # --- nobody can be reached --------------------------------------------------------------------
    Outage(
        name="refused",
        text="connections are refused",
        kind=Class.UNREACHABLE,
        breaks=Simulator.down,
        shown="refused:",
    ),
    Outage(
        name="black-hole",
        text="packets are dropped: no connection comes about",
        kind=Class.UNREACHABLE,
        breaks=Simulator.vanish,
        shown="connect-timeout:",
    ),
    Outage(
        name="no-name",
        text="the name does not resolve",
        kind=Class.UNREACHABLE,
        breaks=lambda _: None,
        shown="dns:",
        is_lasting=True,
        is_nameless=True,
    ),
    *(
        Outage(
            name=f"tls-{trust}",
            text=text,
            kind=Class.UNREACHABLE,
            breaks=partial(show, trust),
            shown="tls: the certificate is not accepted",
        )
        for trust, text in _CERTIFICATES
    ),
    Outage(
        name="reset",
        text="connections are reset as soon as something is asked",
        kind=Class.UNREACHABLE,
        breaks=spoil_all(refuse),
        shown="reset:",
    ),
    # --- somebody is there and says nothing -------------------------------------------------------
    Outage(
        name="tls-stall",
        text="the TLS handshake is never finished",
        kind=Class.SILENT,
        breaks=Simulator.mute,
        shown="connect-timeout:",
    ),
    Outage(
        name="silent",
        text="questions are taken and never answered",
        kind=Class.SILENT,
        breaks=spoil_all(silent),
        shown="silent:",
    ),
    Outage(
        name="stalled",
        text="answers stop in the middle",
        kind=Class.SILENT,
        breaks=cut_short(stall_after),
        shown="stalled:",
        unknown=_RESUMED,
    ),
    Outage(
        name="trickle",
        text="answers come a few bytes at a time",
        kind=Class.SILENT,
        breaks=spoil_all(lambda: slow(0.5, chunk_bytes=16)),
        shown="",
        also_shown="slow:",
        is_lasting=True,
    ),
    # --- an error is all that comes ---------------------------------------------------------------
    *(_errors(code, f"status {code}") for code in (500, 502, 503, 504)),
    Outage(
        name="429",
        text="status 429 for everything, with `Retry-After: 3600`",
        kind=Class.ERRORS,
        breaks=spoil_all(lambda: status(429, retry_after=3600)),
        shown="status 429",
        is_lasting=True,
    ),
    *(_errors(code, f"the upstream answered {code}") for code in (401, 403, 407)),
    # --- what comes is not what was asked for -----------------------------------------------------
    Outage(
        name="login",
        text="a login page, with status 200",
        kind=Class.NONSENSE,
        breaks=spoil_all(login_page),
        shown="the upstream's answer is not what was asked for",
    ),
    Outage(
        name="content-type",
        text="everything under a wrong content type",
        kind=Class.NONSENSE,
        breaks=spoil_all(lambda: change_headers({"Content-Type": "image/png"})),
        shown="",
        known=Row.of(Outcome.FRESH, Outcome.HELD),
        unknown=_SOUND,
    ),
    *(
        Outage(
            name=f"garbage-{what}",
            text=text,
            kind=Class.NONSENSE,
            breaks=spoil_all(partial(garbage, what)),
            shown=shown,
        )
        for what, text, shown in _GARBAGE
    ),
    Outage(
        name="redirect-loop",
        text="redirects in a circle",
        kind=Class.NONSENSE,
        breaks=spoil_all(redirect_loop),
        shown="redirect-loop:",
    ),
    Outage(
        name="redirect-elsewhere",
        text="redirects to somewhere else, as in a hotel",
        kind=Class.NONSENSE,
        breaks=spoil_all(lambda: redirect_to("http://portal.invalid/login")),
        shown="the upstream redirects",
    ),
    # --- what comes is wrong, and looks right -----------------------------------------------------
    Outage(
        name="404",
        text="404 for everything",
        kind=Class.LIES,
        breaks=spoil_all(lambda: status(404)),
        shown="the upstream answers 404 for everything",
    ),
    Outage(
        name="410",
        text="410 for everything",
        kind=Class.LIES,
        breaks=spoil_all(lambda: status(410)),
        shown="the upstream answers 404 for everything",
    ),
    Outage(
        name="wiped",
        text="the storage is gone: an empty list, and 404 for the rest",
        kind=Class.LIES,
        breaks=wipe,
        shown="the upstream answers 404 for everything",
    ),
    Outage(
        name="empty",
        text="every page without files, and the list without projects",
        kind=Class.LIES,
        breaks=lambda upstream: upstream.fault(is_page, empty_page()),
        shown="the upstream has no files any more",
        unknown=Row.of(Outcome.RETRY, Outcome.FRESH),
    ),
    Outage(
        name="shrunken",
        text="a page without its newest version, once",
        kind=Class.LIES,
        breaks=lambda upstream: upstream.fault("page", shrunken, times=1),
        shown="",
        known=Row.of(Outcome.STALE, Outcome.HELD, Outcome.FRESH),
        unknown=Row.of(Outcome.TOLD, Outcome.FRESH, Outcome.FRESH),
    ),
    Outage(
        name="older",
        text="a state from before, as a mirror that lags has it",
        kind=Class.LIES,
        breaks=lambda upstream: upstream.fault(is_page, older_serial()),
        shown="",
        unknown=_BELIEVED,
    ),
    # --- files that are broken --------------------------------------------------------------------
    Outage(
        name="reset-within",
        text="connections are reset in the middle of an answer",
        kind=Class.CORRUPT,
        breaks=cut_short(reset_after),
        shown="reset:",
        unknown=_RESUMED,
    ),
    Outage(
        name="truncated",
        text="answers are shorter than they say",
        kind=Class.CORRUPT,
        breaks=cut_short(truncate),
        shown="truncated:",
        unknown=_RESUMED,
    ),
    Outage(
        name="short",
        text="answers are too short, and end as if they were whole",
        kind=Class.CORRUPT,
        breaks=cut_short(short_chunked),
        shown="the upstream's answer is not what was asked for",
        also_shown="the upstream cannot be asked whether it has anything at all",
        unknown=_RESUMED,
    ),
    Outage(
        name="wrong-bytes",
        text="files have the right length and the wrong bytes",
        kind=Class.CORRUPT,
        breaks=lambda upstream: [upstream.fault(kind, zeros()) for kind in ("metadata", "file")],
        shown="",
        known=Row.of(Outcome.FRESH, Outcome.HELD),
        unknown=_CORRUPT,
    ),
    Outage(
        name="files-down",
        text="the host of the files refuses connections, the index is well",
        kind=Class.CORRUPT,
        breaks=shut_files,
        shown="refused:",
        known=Row.of(Outcome.FRESH, Outcome.HELD),
        unknown=Row.of(Outcome.FRESH, Outcome.RETRY),
    ),
)
