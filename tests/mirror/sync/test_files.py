"""Files of a page: which are missing, and what becomes of each."""

from dataclasses import dataclass, field
from typing import cast

import anyio
import anyio.lowlevel
import msgspec
import pytest

from support.patience import until
from wheelyard.catalog.mirrored import Filled
from wheelyard.clock import Instant
from wheelyard.errors import Absent, Corrupt, Unavailable, WheelyardError
from wheelyard.mirror.bulk import Bulk
from wheelyard.mirror.sync.files import Fetching, FetchingParts, FileJob, missing_files
from wheelyard.mirror.sync.patience import Patience
from wheelyard.mirror.sync.report import Account, Amount
from wheelyard.model import File, FileRef, Project
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.repository.base import DocumentWanted

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
DIGEST = "1" * 64
UNTOLD_BYTES = 7
WHEEL = File(Filename("demo-1.0-py3-none-any.whl"), "u", (("sha256", DIGEST),), size=10)
SDIST = File(Filename("demo-1.0.tar.gz"), "u", (("sha256", "2" * 64),), size=20)
TOLD = File(
    Filename("demo-2.0-py3-none-any.whl"), "u", size=5, core_metadata=(), provenance="https://p"
)


@dataclass
class Door:
    """Gives files and what belongs to them, or raises what it is told to."""

    broken: dict[str, WheelyardError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    held_back: set[str] = field(default_factory=set)

    async def file(self, ref: FileRef) -> int:
        """Have the bytes held."""
        await self._give(ref.file.filename)
        while ref.file.filename in self.held_back:
            await anyio.lowlevel.checkpoint()
        return ref.file.size or UNTOLD_BYTES

    async def metadata(self, ref: FileRef) -> None:
        """Have the core metadata held."""
        await self._give(f"{ref.file.filename}.metadata")

    async def provenance(self, wanted: DocumentWanted) -> None:
        """Have the provenance held."""
        await self._give(wanted.name)

    async def _give(self, name: str) -> None:
        await anyio.lowlevel.checkpoint()
        self.asked.append(name)
        if name in self.broken:
            raise self.broken[name]


def fetching(door: Door, seconds: float = 60.0) -> Fetching:
    """Return who fetches from ``door``."""
    return Fetching(FetchingParts(cast("Bulk", door), door.provenance, Patience(seconds)))


def job(*files: File, filled: Filled | None = None) -> FileJob:
    """Return the work on a page that lists ``files``."""
    return FileJob(Project(DEMO, files), files, filled or Filled())


def account() -> Account:
    """Return an account."""
    return Account("main", Instant(0.0))


def test_held_file_is_missing_if_its_bytes_are_others() -> None:
    """Or if something that belongs to it is not here."""
    held = Filled({WHEEL.filename: Sha256(DIGEST), SDIST.filename: Sha256("9" * 64)})
    whole = Filled(
        {TOLD.filename: Sha256(DIGEST)},
        metadata=frozenset({TOLD.filename}),
        provenance=frozenset({TOLD.filename}),
    )

    assert missing_files([WHEEL, SDIST, TOLD], held) == (SDIST, TOLD)
    assert missing_files([TOLD], whole) == ()
    assert missing_files([TOLD], Filled(whole.files)) == (TOLD,)


async def test_file_comes_with_what_belongs_to_it() -> None:
    """Metadata after the bytes, which may tell it; and the provenance that the page names."""
    door, told = Door(), account()
    problems = await fetching(door).fetch(job(TOLD), told)

    assert problems == []
    assert door.asked == [TOLD.filename, f"{TOLD.filename}.metadata", f"demo/{TOLD.filename}"]
    assert (told.wanted, told.fetched) == (Amount(1, 5), Amount(1, 5))


async def test_size_that_the_page_does_not_state_is_what_came() -> None:
    """A page of bare links says no sizes; what is to be fetched is then not said to be nothing."""
    unsized, told = msgspec.structs.replace(WHEEL, size=None), account()
    await fetching(Door()).fetch(job(unsized, SDIST), told)

    assert told.wanted == Amount(2, 20, unsized=1)
    assert told.fetched == Amount(2, 20 + UNTOLD_BYTES)


async def test_held_file_is_not_fetched_for_its_metadata() -> None:
    """Only what is missing is asked for."""
    door = Door()
    filled = Filled({TOLD.filename: Sha256(DIGEST)}, provenance=frozenset({TOLD.filename}))
    await fetching(door).fetch(job(TOLD, filled=filled), account())

    assert door.asked == [f"{TOLD.filename}.metadata"]


async def test_file_that_fails_is_told_and_the_others_are_fetched() -> None:
    """Each is by itself."""
    corrupt = Corrupt(f"`{WHEEL.filename}`", expected="1", actual="2")
    door, told = Door({WHEEL.filename: corrupt}), account()
    problems = await fetching(door).fetch(job(WHEEL, SDIST), told)

    assert problems == [str(corrupt)]
    assert told.fetched == Amount(1, 20)


async def test_metadata_that_nobody_has_is_no_failure() -> None:
    """The wheel installs without; so does one whose announced provenance is not there."""
    door = Door(
        {
            f"{TOLD.filename}.metadata": Unavailable("metadata", "it contradicts the wheel"),
            f"demo/{TOLD.filename}": Absent("provenance"),
        }
    )

    assert await fetching(door).fetch(job(TOLD), account()) == []


async def test_provenance_that_cannot_be_had_now_is_a_failure() -> None:
    """It is wanted, and may be there at the next run."""
    door = Door({f"demo/{TOLD.filename}": Unavailable("provenance", "no answer")})

    assert len(await fetching(door).fetch(job(TOLD), account())) == 1


async def test_large_files_do_not_hold_up_small_ones() -> None:
    """However many of them are on their way."""
    large = [
        File(Filename(f"demo-{number}.tar.gz"), "u", size=1024**3, hashes=())
        for number in range(200)
    ]
    door = Door(held_back={file.filename for file in large})
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(fetching(door).fetch, job(*large, WHEEL), account())
        await until(lambda: WHEEL.filename in door.asked)
        asked = len(door.asked)
        door.held_back.clear()

    assert asked < len(large)


async def test_files_are_given_up_when_nobody_gives_any() -> None:
    """Each is told; not each is asked for."""
    files = [File(Filename(f"demo-{number}.tar.gz"), "u") for number in range(100)]
    out = Unavailable("a file", "no answer", retry_seconds=3_600)
    door = Door({file.filename: out for file in files})
    problems = await fetching(door, seconds=1).fetch(job(*files), account())

    assert len(problems) == len(files)
    assert len(door.asked) < len(files)
