"""Wrong bytes from anywhere: never a complete answer, and right ones the next time. G3, F19 to F23.

Each round spoils one file in one place and one way, both chosen by chance: on its way from one door
or from both, in the spool while it arrives, or in the store. Whoever asks then gets the right bytes
or less than all of them; once there is a good source, the next one who asks gets the right ones.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from chaos.campaign import Campaign
from faults.yard import HASTY, Yard, eventually, open_yard
from support.packages import Package, make_wheel
from support.simulator import Context, Fault, Simulator, reset_after, stall_after, wrong_length
from support.simulator.message import Answer, Flat, Window

ROUNDS = 60
SIZES = (2_000, 70_000, 200_000, 600_000)
LEAST = 0.999
"""The share of rounds of which the very next request has to be answered rightly."""


def flip(content: bytes, random: Random) -> bytes:
    """Change one bit."""
    at = random.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << random.randrange(8)]) + content[at + 1 :]


def truncate(content: bytes, random: Random) -> bytes:
    """Lose the end."""
    return content[: random.randrange(len(content))]


def extend(content: bytes, random: Random) -> bytes:
    """Add to the end."""
    return content + random.randbytes(random.randint(1, 5_000))


def swap(content: bytes, random: Random) -> bytes:
    """Be another valid wheel."""
    return make_wheel("swapped", "1.0", payload_bytes=random.randrange(len(content))).content


def zero(content: bytes, random: Random) -> bytes:
    """Lose a page of the disk, or what is left of one."""
    at = random.randrange(len(content))
    gone = min(4096, len(content) - at)
    return content[:at] + bytes(gone) + content[at + gone :]


def reorder(content: bytes, random: Random) -> bytes:
    """Have two parts change places."""
    at = random.randrange(1, len(content))
    return content[at:] + content[:at]


SPOILERS: tuple[Callable[[bytes, Random], bytes], ...] = (
    flip,
    truncate,
    extend,
    swap,
    zero,
    reorder,
)


@dataclass(frozen=True, slots=True)
class Site:
    """A server with two doors."""

    yard: Yard
    second: Simulator

    @property
    def doors(self) -> tuple[Simulator, Simulator]:
        """Both, the preferred one first."""
        return self.yard.upstream, self.second

    def publish(self, name: str, size: int) -> tuple[Package, str]:
        """Return a wheel that both doors have, and its path."""
        package = make_wheel(name, "1.0", payload_bytes=size)
        for door in reversed(self.doors):
            door.add(package)
        return package, self.yard.path_of(package)

    def is_quiet(self) -> bool:
        """Say whether nothing is being fetched."""
        return bool(self.yard.client.ask("/-/status").json()["fills_running"] == 0)

    def blob(self, package: Package) -> Path:
        """Return where the bytes of a package are kept."""
        digest = package.sha256
        return self.yard.data / "blobs" / digest[:2] / digest[2:4] / digest

    def take(self, path: str, package: Package) -> bool:
        """Ask, and say whether the right bytes came, all of them.

        Raises:
            AssertionError: what came is a complete answer, and wrong.
        """
        head, body = self.yard.take_cut(path)
        fields = dict(
            line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
        )
        if not head.startswith(b"HTTP/1.1 200 "):
            assert head.startswith(b"HTTP/1.1 503 "), head
            return False
        length = fields.get(b"content-length")
        assert length is not None, "an answer without a length has no end that could be missed"
        if len(body) < int(length):
            return False
        assert body == package.content, f"a complete answer with {len(body)} wrong bytes"
        return True


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all rounds."""
    with (
        Simulator() as first,
        Simulator() as second,
        open_yard(
            tmp_path_factory.mktemp("wrong") / "data",
            first,
            upstreams=[first.url, second.url],
            settings=HASTY,
        ) as yard,
    ):
        yield Site(yard, second)


def sending(content: bytes) -> Fault:
    """Have this in place of the true bytes, whichever part is asked for."""

    def spoil(_: Context, answer: Answer) -> Answer:
        part = answer.body
        if isinstance(part, Window):
            part = Window(Flat(content), part.start, max(part.start, min(part.stop, len(content))))
            return replace(answer, body=part)
        return replace(answer, body=Flat(content))

    return spoil


@contextlib.contextmanager
def upstream(site: Site, package: Package, random: Random, doors: int) -> Iterator[None]:
    """Spoil a file on its way from so many doors."""
    where = f"*/{package.filename}"
    for door in site.doors[:doors]:
        door.fault(where, sending(random.choice(SPOILERS)(package.content, random)))
        if random.random() < 0.2:
            door.fault(where, wrong_length(random.choice([-1, 1, 5_000])))
        if random.random() < 0.2:
            door.fault(where, reset_after(random.randrange(package.size)))
    yield
    for door in site.doors:
        door.clear_faults()


def spool(site: Site, package: Package, path: str, random: Random) -> None:
    """Spoil what has arrived while the rest is awaited; whoever waits gets no wrong answer."""
    handles = [
        door.fault(f"*/{package.filename}", stall_after(package.size // 2)) for door in site.doors
    ]
    caught: list[BaseException] = []

    def read() -> None:
        try:
            site.take(path, package)
        except AssertionError as error:
            caught.append(error)

    reader = Thread(target=read)
    reader.start()
    parts: list[Path] = []

    def has_come() -> bool:
        found = (site.yard.data / "spool").glob("*.part")
        parts[:] = [part for part in found if part.stat().st_size >= package.size // 2]
        return bool(parts) or not reader.is_alive()

    eventually(has_come, "half of the file is in the spool")
    for part in parts:
        with contextlib.suppress(FileNotFoundError):
            part.write_bytes(random.choice(SPOILERS)(part.read_bytes(), random))
    for handle in handles:
        handle.clear()
    reader.join()
    assert not caught, caught[0]


def disk(site: Site, package: Package, path: str, random: Random) -> None:
    """Spoil what is held."""
    blob = site.blob(package)
    eventually(lambda: site.take(path, package) and blob.is_file(), "it is held")
    blob.write_bytes(random.choice(SPOILERS)(package.content, random))


def test_wrong_bytes_are_no_complete_answer_and_heal(site: Site, campaign: Campaign) -> None:
    """0 complete answers with wrong bytes; the next request is answered with the right ones."""
    late: list[str] = []
    for each in campaign.rounds(ROUNDS):
        with each:
            random = each.random
            size = random.choice(SIZES)
            package, path = site.publish(f"spoilt-{each.number}", size)
            place = random.choice(("one door", "one door", "both doors", "spool", "store"))
            if place == "spool" and size > 100_000:
                spool(site, package, path, random)
            elif place == "store":
                disk(site, package, path, random)
                site.take(path, package)
            else:
                with upstream(site, package, random, 2 if place == "both doors" else 1):
                    site.take(path, package)
            # A download that began while no source was good may have readers who must fail.
            eventually(site.is_quiet, "nothing is being fetched")
            if not site.take(path, package):
                late.append(f"{each.number} ({place})")
            eventually(partial(site.take, path, package), "the right bytes come")
            assert site.blob(package).read_bytes() == package.content
    campaign.note(healed_late=len(late))

    assert len(late) <= (1 - LEAST) * campaign.done, late
