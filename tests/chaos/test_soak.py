"""Real traffic while one thing after the other goes wrong: G18.

Five rounds have an upstream that is out of order, each time in another way, the next five a sound
one and a store in which files are damaged, and so on. In both a worker is frozen or killed now and
then. All the while clients ask, several at a time, for what is known and for what nobody has asked
for.

A damaged file can be healed only while somebody has the right bytes. So a round that damages one
begins with a sound upstream that both workers trust, and ends with every known file asked for: a
first request for a damaged file counts like any other.
Files are damaged between requests: bits that turn between a worker's look at a file and its reading
are seen at the next look (decision 11).

The older worker lives as long as the server, or nothing that leaks slowly would be seen; the
younger one is killed.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from pathlib import Path

import pytest

from chaos.campaign import Campaign, Round, count
from chaos.proc import Use, holders_of, sockets_of, use_of, workers_of
from contract.conformance.asking import JSON, Answer
from faults.yard import SHORT_LIVED, Yard, at_once, eventually, open_yard
from support.packages import Package, make_wheel
from support.simulator import (
    Fault,
    Simulator,
    empty_page,
    garbage,
    login_page,
    redirect_loop,
    refuse,
    reset_after,
    short_chunked,
    silent,
    stall_after,
    status,
    truncate,
    wrong_bytes,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc"),
]

ROUNDS = 30
PHASE = 5
KNOWN = 12
CLIENTS = 4
FILES_EACH = 6
LEAST = 0.9999
"""The share of requests for known files that are answered."""

SETTINGS: Mapping[str, object] = {
    "upstream.default.connect_seconds": 0.3,
    "upstream.default.read_seconds": 0.5,
    "freshness.patience_seconds": 0.5,
}
GROWTH_BYTES = 16 * 1024**2
GROWTH_BYTES_PER_HOUR = 1024**2
"""What the allocator may need; then what a leak too small to see here would be."""

NAME_BYTES = 8 * 1024
MOST_NAMES = 20_000
"""What is remembered of a project that was asked for (6 KiB were measured), and of how many."""

FAULTS: Mapping[str, Callable[[random.Random], Fault]] = {
    "500": lambda _: status(500),
    "503": lambda _: status(503, retry_after=1),
    "429": lambda _: status(429, retry_after=1),
    "404": lambda _: status(404),
    "403": lambda _: status(403),
    "login": lambda _: login_page(),
    "redirects": lambda _: redirect_loop(),
    "refuse": lambda _: refuse(),
    "silent": lambda _: silent(),
    "stall": lambda chance: stall_after(chance.randrange(100_000)),
    "reset": lambda chance: reset_after(chance.randrange(100_000)),
    "truncate": lambda chance: truncate(chance.randrange(100_000)),
    "short": lambda chance: short_chunked(chance.randrange(100_000)),
    "garbage": lambda _: garbage("status-line"),
    "wrong": lambda _: wrong_bytes(),
    "empty": lambda _: empty_page(),
}
WHERE = ("*", "page", "file", "metadata")
DAMAGE = ("flip", "cut", "remove")
PROCESS = ("freeze", "kill")
TEMPORARY = {".part", ".room", ".new", ".lock"}


@dataclass(slots=True)
class Soak:
    """A server, what it is known to know, and the tally."""

    yard: Yard
    known: list[tuple[Package, str]] = field(default_factory=list)
    missing: list[Package] = field(default_factory=list)
    """What nobody had asked for, and what did not come."""
    tally: Counter[str] = field(default_factory=Counter)
    """How often each thing went wrong, and how many requests there were of each kind."""
    unanswered: list[str] = field(default_factory=list)
    is_sound: bool = True
    """Whether nothing has gone wrong upstream since both workers trusted it."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def step(self, each: Round) -> None:
        """Have one thing go wrong, and some requests."""
        chance = each.random
        damages = each.number // PHASE % 2 == 1
        if damages and not self.is_sound:
            self.have_sound_upstream()
        kind = chance.choice([*DAMAGE, *PROCESS] if damages else ["down", *FAULTS, *PROCESS])
        self.count(kind)
        with self.traffic(each) if kind not in DAMAGE else self.quiet_then_traffic(each):
            self.go_wrong(kind, chance)
        if damages:
            for known in self.known:
                self.take_known_file(*known)

    def go_wrong(self, kind: str, chance: random.Random) -> None:
        """Have this go wrong: here if it is about a file or a process, else upstream."""
        if kind in DAMAGE:
            package, _ = chance.choice(self.known)
            damage(kind, self.yard.data / "blobs", package, chance)
        elif kind == "freeze":
            freeze(chance.choice(self.team()), chance.random() * 0.2)
        elif kind == "kill":
            os.kill(self.team()[-1], signal.SIGKILL)
        else:
            self.go_wrong_upstream(kind, chance)

    def go_wrong_upstream(self, kind: str, chance: random.Random) -> None:
        """Have this go wrong upstream: alone, or on top of what is wrong already."""
        self.is_sound = False
        if chance.random() < 0.5:
            self.mend_upstream()
        if kind == "down":
            self.yard.upstream.down()
        else:
            self.yard.upstream.fault(chance.choice(WHERE), FAULTS[kind](chance))

    def team(self) -> list[int]:
        """Return both workers, the older one first."""
        pid = self.yard.server.process.pid
        eventually(lambda: len(workers_of(pid)) == 2, "two workers")
        return sorted(workers_of(pid), key=born_at)

    def mend_upstream(self) -> None:
        """Have a sound upstream, the pages of which are out of date at once."""
        self.yard.upstream.clear_faults()
        self.yard.upstream.up()
        for names in ("known-*", "cold-*"):
            self.yard.upstream.fault(f"/simple/{names}", SHORT_LIVED)

    def have_sound_upstream(self) -> None:
        """Have one that both workers trust: a worker alone knows whether its circuit is open."""
        self.mend_upstream()
        eventually(self.is_trusted, "an upstream that is trusted")
        self.is_sound = True
        missing, self.missing = self.missing, []
        for package in missing:
            eventually(partial(self.take_cold, package), f"{package.filename} comes")
        self.yard.upstream.forget()

    def is_trusted(self) -> bool:
        """Say whether whatever is asked for is had, whoever is asked."""
        had = at_once(*[self.take_something_cold] * (2 * CLIENTS))
        doors = self.ask("/-/status").json()["doors"]
        return all(had) and {door["circuit"] for door in doors} == {"closed"}

    @contextmanager
    def traffic(self, each: Round) -> Iterator[None]:
        """Have clients ask during the block and after it."""
        seeds = [each.random.random() for _ in range(CLIENTS)]
        begun = threading.Event()
        with ThreadPoolExecutor(CLIENTS) as threads:
            jobs = [threads.submit(self.ask_around, random.Random(seed), begun) for seed in seeds]
            for job in jobs:
                job.add_done_callback(lambda _: begun.set())
            begun.wait()
            yield
            for job in jobs:
                job.result()

    @contextmanager
    def quiet_then_traffic(self, each: Round) -> Iterator[None]:
        """Have clients ask after the block."""
        yield
        with self.traffic(each):
            pass

    def ask_around(self, chance: random.Random, begun: threading.Event) -> None:
        """Ask for files and pages that are known, and for something that is not."""
        for number in range(FILES_EACH):
            self.take_known_file(*chance.choice(self.known))
            if number == 1:
                begun.set()
        self.take_known_page(chance.choice(self.known)[0])
        self.take_something_cold()

    def take_known_file(self, package: Package, path: str) -> None:
        """Ask for a file that is known: it should come, and it must be what it is."""
        answer = self.ask(path)
        self.count("known_files")
        if answer.status != 200:
            self.unanswered.append(f"{package.filename}: {answer.text}")
        else:
            assert answer.body == package.content, f"other bytes as {package.filename}"

    def take_known_page(self, package: Package) -> None:
        """Ask for a page that is known: it must come, and be whole."""
        answer = self.ask(f"/simple/{package.name}/")
        self.count("pages")
        assert answer.status == 200, answer.text
        assert answer.json()["versions"] == [package.version], answer.text

    def take_something_cold(self) -> bool:
        """Ask for what nobody has asked for; say whether it came."""
        number = self.count("cold")
        length = number * 7919 % (100_000 if number % 8 == 0 else 2000)
        package = make_wheel(f"cold-{number}", "1.0", payload_bytes=length)
        self.yard.upstream.add(package)
        has_come = self.take_cold(package)
        if not has_come:
            self.missing.append(package)
        return has_come

    def take_cold(self, package: Package) -> bool:
        """Ask for a file that may never have come; it comes right, or not now."""
        page = self.ask(f"/simple/{package.name}/")
        assert page.status in {200, 503}, page.text
        # Nobody can know that a project is not as empty as it is said to be.
        if page.status == 503 or page.json()["versions"] == []:
            return False
        assert page.json()["versions"] == ["1.0"]
        try:
            file = self.ask(str(page.file(package.filename)["url"]), "cold_cut")
        except (ConnectionError, HTTPException):
            return False  # what came was wrong, and some of it had been passed on
        assert file.status in {200, 503}, file.text
        assert file.status == 503 or file.body == package.content
        return file.status == 200

    def ask(self, target: str, broken: str = "asked_again") -> Answer:
        """Ask as installers do: again if the connection broke, which is counted, and then only."""
        for _ in range(4):
            try:
                return self.yard.client.ask(target, {"Accept": JSON})
            except (ConnectionError, HTTPException):
                self.count(broken)
        return self.yard.client.ask(target, {"Accept": JSON})

    def count(self, what: str) -> int:
        """Count something, and return how often it was so far."""
        with self.lock:
            self.tally[what] += 1
            return self.tally[what]

    def settle(self) -> Use:
        """Return what the older worker has once nothing is going on."""
        port, team = self.yard.client.address[1], self.team()
        eventually(lambda: not any(sockets_of(pid, port) for pid in team), "nobody is connected")
        eventually(lambda: not holders_of(team, ".part"), "nothing is fetched")
        return use_of(team[0])

    def litter(self) -> list[str]:
        """Return the temporary files in the data directory that nobody has open."""
        files = [path for path in self.yard.data.rglob("*") if path.is_file()]
        found = [path for path in files if path.parent.name == "spool" or path.suffix in TEMPORARY]
        team = self.team()  # the one that scrubs has a lock for as long as it lives
        left = [path for path in found if not holders_of(team, path.name)]
        return [str(path.relative_to(self.yard.data)) for path in left]

    def figures(self) -> dict[str, object]:
        """Return what the last line of the campaign says."""
        kinds = [kind for kind in self.tally if kind in {"down", *FAULTS, *DAMAGE, *PROCESS}]
        requests = ("known_files", "pages", "cold", "cold_cut", "asked_again")
        return {
            "kinds_of_fault": len(kinds),
            "damages": sum(self.tally[kind] for kind in DAMAGE),
            "kills": self.tally["kill"],
            **{what: self.tally[what] for what in requests},
            "not_answered": len(self.unanswered),
        }


def damage(kind: str, blobs: Path, package: Package, chance: random.Random) -> None:
    """Flip a bit of a held file, cut it, or remove it."""
    digest = package.sha256
    (blob,) = blobs.rglob(digest)
    match kind:
        case "flip":
            content = bytearray(blob.read_bytes())
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            blob.write_bytes(content)
        case "cut":
            os.truncate(blob, chance.randrange(blob.stat().st_size))
        case _:
            blob.unlink()


def freeze(pid: int, seconds: float) -> None:
    """Stop a process, and have it go on after a while."""
    os.kill(pid, signal.SIGSTOP)
    try:
        threading.Event().wait(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


def born_at(pid: int) -> int:
    """Return when a process began, in ticks since the machine did."""
    return int(Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[19])


@pytest.fixture
def soak(tmp_path: Path, upstream: Simulator) -> Iterator[Soak]:
    """A server with two workers that knows twelve projects."""
    with open_yard(tmp_path / "data", upstream, workers=2, settings=SETTINGS) as yard:
        soak = Soak(yard)
        soak.mend_upstream()
        for number in range(KNOWN):
            package = make_wheel(f"known-{number}", "1.0", payload_bytes=20_000 * (number + 1))
            upstream.add(package)
            path = yard.path_of(package)
            assert yard.client.ask(path).body == package.content
            soak.known.append((package, path))
        yield soak


def test_known_files_come_whatever_goes_wrong(campaign: Campaign, soak: Soak) -> None:
    """G18: 99.99 % of the requests for known files are answered, every one rightly; no leaks.

    Whatever did not come comes when the upstream is back; nothing temporary is left.
    """
    warm, before, began, cold = count(ROUNDS) // 4, None, time.monotonic(), 0
    try:
        for each in campaign.rounds(ROUNDS):
            with each:
                soak.step(each)
            if before is None and each.number >= warm:
                before, began, cold = soak.settle(), time.monotonic(), soak.tally["cold"]
    finally:
        campaign.note(**soak.figures())
    soak.have_sound_upstream()
    after, hours = soak.settle(), (time.monotonic() - began) / 3600
    campaign.note(minutes=round(hours * 60, 1), before=before, after=after)

    assert len(soak.unanswered) <= (1 - LEAST) * soak.tally["known_files"], soak.unanswered
    assert soak.tally["asked_again"] <= CLIENTS * soak.tally["kill"]
    eventually(lambda: not soak.litter(), lambda: f"{soak.litter()} are not left")
    assert before is not None
    assert after.descriptors <= before.descriptors + 20
    assert after.threads <= before.threads + 20
    names = min(soak.tally["cold"] - cold, MOST_NAMES)
    allowed = GROWTH_BYTES + NAME_BYTES * names + GROWTH_BYTES_PER_HOUR * hours
    assert after.memory_bytes <= before.memory_bytes + allowed
