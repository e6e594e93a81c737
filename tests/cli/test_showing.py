"""The state of a server on a terminal of 80 columns."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from wheelyard.catalog import OutageRow, ReadinessRow
from wheelyard.cli.holding import Holding
from wheelyard.cli.showing import show_holding, show_report
from wheelyard.clock import Instant
from wheelyard.decide.circuit import State
from wheelyard.monitor import (
    ConnectionSnapshot,
    DoorSnapshot,
    Health,
    Held,
    ServerFacts,
    StatusReport,
    WebhookSnapshot,
    WorkerSnapshot,
    build_status,
)

STARTED = 1_790_000_000.0
FACTS = ServerFacts("1.2.3", "abc", STARTED, "/srv/wheelyard", Held(1234, 1, 5 * 1024**3, 2**40))
WHERE = "http://127.0.0.1:8765"


@pytest.fixture(autouse=True)
def terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the width that of the smallest terminal people use, whatever runs the tests."""
    for name in ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def report(
    health: Health | None = None,
    uptime: float = 93_784.0,
    outages: tuple[OutageRow, ...] = (),
    **counted: object,
) -> StatusReport:
    """Return what a server says of itself."""
    facts = msgspec.structs.replace(FACTS, outages=outages)
    snapshot = WorkerSnapshot(STARTED, **counted)  # type: ignore[arg-type]  # fields of the snapshot
    return build_status(facts, snapshot, health or Health(), STARTED + uptime)


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was written, without the spaces at the ends of lines."""
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    return "\n".join(line.rstrip() for line in lines)


def test_report_of_a_server_at_work(capsys: pytest.CaptureFixture[str]) -> None:
    """As text, to be seen in review."""
    just_now = STARTED + 93_780
    doors = (
        DoorSnapshot(
            "main", "https://index.example/simple/", {"2xx": 1200}, (1200,),
            received_bytes=3_500_000, last_success_at=just_now, kind="json",
            recent=(0.012, 0.034, 9.0), serial=32_118_204,
        ),
        DoorSnapshot(
            "main", "https://mirror.example/a/long/path/that/does/not/fit/simple/",
            {"timeout": 7}, (0,), last_failure_at=just_now, last_error="timed out",
        ),
    )  # fmt: skip

    show_report(
        WHERE,
        report(
            Health((), ("https://mirror.example/ does not answer: timed out",)),
            requests={"page|200": 12_000, "file|503": 2},
            sent_bytes={"page": 10**9},
            cache_answers={"page|hit": 9, "page|miss": 1},
            doors=doors,
            connections=ConnectionSnapshot(open=3),
            fills_running=1,
            spool_bytes=2048,
            workers=2,
        ),
    )

    assert (
        shown(capsys)
        == """\
Wheelyard 1.2.3 is ready on http://127.0.0.1:8765, up 1 d 2 h.

Data      /srv/wheelyard
Holds     1,234 pages, 1 file (5.0 GiB); 1.0 TiB free
Answered  12,002 requests (2 failed), 953.7 MiB sent
Cache     90.0 % answered without asking: 9 hit, 0 renewed, 0 stale, 1 miss, 0
          absent
Now       2 workers, 3 connections, 1 download (2.0 KiB reserved)

up    https://index.example/simple/ (json)
      last answer 4 s ago, latency 34 ms, serial 32118204
      1,200 requests, 0 failed, 3.3 MiB received, there 100 % of 2026-09
down  https://mirror.example/a/long/path/that/does/not/fit/simple/
      no answer yet
      7 requests, 7 failed, 0 bytes received, there 100 % of 2026-09
      last error 4 s ago: timed out

https://mirror.example/ does not answer: timed out"""
    )


def test_outages_that_last_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    """As text, to be seen in review: what lasts, and the five that were last."""
    url, now = "https://index.example/simple/", STARTED + 93_784
    over = tuple(
        OutageRow("main", url, Instant(now - 86_400 * n), Instant(now - 86_000 * n), "5xx", "", n)
        for n in range(2, 9)
    )
    lasting = OutageRow("main", url, Instant(now - 312), None, "refused", "", 1412, 3)

    show_report(WHERE, report(outages=(*over, lasting)))

    assert (
        shown(capsys).split("\n\n")[2]
        == """\
Out since (UTC)   For                Cause    Stale  Failed
2026-09-22 16:11  5 min 12 s, lasts  refused  1,412       3
2026-09-20 16:16  13 min 20 s        5xx          2       0
2026-09-19 16:16  20 min             5xx          3       0
2026-09-18 16:16  26 min 40 s        5xx          4       0
2026-09-17 16:16  33 min 20 s        5xx          5       0
2026-09-16 16:16  40 min             5xx          6       0"""
    )


def test_outages_of_several_doors_name_the_door(capsys: pytest.CaptureFixture[str]) -> None:
    """With one door there is nothing to tell apart."""
    rows = tuple(
        OutageRow("main", url, Instant(STARTED), Instant(STARTED + 41), "dns", "")
        for url in ("https://index.example/", "https://mirror.example/")
    )

    show_report(WHERE, report(outages=rows))

    text = shown(capsys)
    assert "Door" in text
    assert "https://index.exam" in text
    assert "https://mirror.exa" in text


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.OPEN, "circuit open: left alone for now"),
        (State.HALF_OPEN, "circuit half-open: on trial"),
    ],
)
def test_door_that_is_left_alone_says_so(
    capsys: pytest.CaptureFixture[str], state: State, text: str
) -> None:
    """Below its address, so that the table stays as wide as it is."""
    door = DoorSnapshot("main", "https://index.example/simple/", circuit=state)

    show_report(WHERE, report(doors=(door,)))

    assert text in shown(capsys)


def test_report_of_a_new_server(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is claimed of what has not happened."""
    show_report(WHERE, report(uptime=0.4))

    text = shown(capsys)
    assert "is ready on http://127.0.0.1:8765, up 0 s." in text
    assert "Cache" not in text
    assert "Door" not in text


def test_report_of_a_server_that_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    """Why comes first."""
    show_report(WHERE, report(Health(("The server is stopping.",))))

    text = shown(capsys)
    assert "Wheelyard 1.2.3 is not ready on" in text
    assert text.splitlines()[1] == "  The server is stopping."


def test_text_of_others_is_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """A path or an error may look like a colour."""
    door = DoorSnapshot("a", "http://a/[red]/", last_failure_at=1.0, last_error="[bold]:smile:")

    show_report(WHERE, report(Health((), ("[blink]:heart:",)), doors=(door,)))

    text = shown(capsys)
    assert "[blink]:heart:" in text
    assert "[red]" in text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (0, "0 s ago"),
        (-50, "0 s ago"),
        (61, "1 min 1 s ago"),
        (86_400 * 400, "400 d ago"),
    ],
)
def test_moment_is_told_from_now(capsys: pytest.CaptureFixture[str], ago: int, text: str) -> None:
    """By the server's clock: that of the person who looks may be wrong."""
    door = DoorSnapshot("a", "http://a/", last_success_at=STARTED + 93_784 - ago)

    show_report(WHERE, report(doors=(door,)))

    assert text in shown(capsys)


def test_holding_of_a_directory_without_server(capsys: pytest.CaptureFixture[str]) -> None:
    """As text, to be seen in review."""
    held = Held(12, 34, 56 * 1024, None)

    show_holding(Path("/srv/wheelyard"), WHERE, Holding(held, ("https://index.example/simple/",)))

    assert (
        shown(capsys)
        == """\
No server is running on http://127.0.0.1:8765.

Data   /srv/wheelyard
Holds  12 pages, 34 files (56.0 KiB)
Door   https://index.example/simple/

Start the server with `wheelyard serve`."""
    )


def test_webhooks_and_what_was_sent_away_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Only where there is something to tell."""
    hook = WebhookSnapshot("https://hooks.example", 3, 1, 0, 2, STARTED, "it answered 500.")

    show_report(WHERE, report(webhooks=(hook,), shed_misses={"page": 7}))

    text = shown(capsys)
    assert "Sent away  7 requests: too many waited" in text
    assert "https://hooks.example: 3 delivered, 0 dropped, 2 waiting; last:" in text


def test_door_that_is_not_used_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    """Behind, or another index."""
    door = DoorSnapshot("main", "http://a/", is_behind=True, difference="other projects")

    show_report(WHERE, report(doors=(door,)))

    text = shown(capsys)
    assert "its copy of the index is older" in text
    assert "it leads to another index: other projects" in text


def test_mirror_tells_how_new_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """By index: what `/last-modified` says, as a person reads it."""
    state = msgspec.structs.replace(
        report(), last_modified={"main": datetime.fromtimestamp(STARTED + 93_484, UTC)}
    )

    show_report(WHERE, state)

    assert "Mirror    main: as the upstream was 5 min ago, or newer" in shown(capsys)


def test_what_would_install_says_how_old_that_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A judgement is as good as it is new."""
    rows = (
        ReadinessRow("app.txt", "Python 3.12 on win32", Instant(STARTED), 7, 0),
        ReadinessRow("app.txt", "Python 3.13 on win32", Instant(STARTED), 7, 2),
    )
    facts = msgspec.structs.replace(FACTS, readiness=rows)

    show_report(WHERE, build_status(facts, WorkerSnapshot(STARTED), Health(), STARTED + 7_200))

    out = shown(capsys)
    assert "Installs  app.txt, Python 3.12 on win32: ready, 2 h" in out
    assert "not ready, 2 of 7 missing" in out


def test_what_could_not_be_resolved_lacks_no_number_of_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nobody knows how many there would be; also without a server."""
    rows = (ReadinessRow("app.txt", "Python 3.12 on win32", Instant(STARTED), 0, 1),)
    facts = msgspec.structs.replace(FACTS, readiness=rows)
    told = build_status(facts, WorkerSnapshot(STARTED), Health(), STARTED + 60).readiness

    show_holding(Path("/srv/wheelyard"), WHERE, Holding(Held(1, 1, 1, None), readiness=told))

    assert "app.txt, Python 3.12 on win32: not ready, 1 min ago" in shown(capsys)
