"""The importer: every offer goes the way of an upload, unless it is there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import md5, sha256
from pathlib import Path

import pytest

from upload.importing.bench import Bench, FakeSource, held
from wheelyard.clock import Instant
from wheelyard.errors import BadInput, Conflict, Unavailable
from wheelyard.names import ProjectName
from wheelyard.upload.importing import Offer, Unusable, Wanted

pytestmark = pytest.mark.anyio

CONTENT = b"content"
DIGEST = sha256(CONTENT).hexdigest()
NAME = "demo-1.0.tar.gz"


class Reads:
    """Counts how often the bytes were asked for."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.count = 0
        self._content = content

    async def __call__(self) -> AsyncIterator[bytes]:
        """Yield the bytes in two pieces."""
        self.count += 1
        yield self._content[:2]
        yield self._content[2:]


def offer(read: Reads, **hashes: str) -> Offer:
    """Return an offer whose source states ``hashes``."""
    return Offer(NAME, "somewhere", ProjectName("demo"), read, tuple(hashes.items()))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return an importer into which nothing was imported yet."""
    return Bench(tmp_path)


async def test_offer_is_imported_with_what_its_source_says(bench: Bench) -> None:
    """Upload time and yank go with it; what was noticed is reported."""
    given = replace(offer(Reads(), sha256=DIGEST), uploaded_at=Instant(5.0), yanked="broken")

    report = await bench.importer().run(FakeSource(given), Wanted())

    [(candidate, content)] = bench.pipeline.taken
    assert (candidate.filename, content) == (NAME, CONTENT)
    assert (candidate.uploaded_at, candidate.yanked) == (5.0, "broken")
    [item] = report.of("imported")
    assert (item.reason, report.is_complete, bench.told) == ("noticed", True, [item])


async def test_offer_that_is_there_is_not_read(bench: Bench) -> None:
    """The stated digest is enough to go on where an import stopped."""
    read = Reads()
    bench.pipeline.there[NAME] = held(NAME, DIGEST, len(CONTENT))

    report = await bench.importer().run(FakeSource(offer(read, sha256=DIGEST)), Wanted())

    assert (read.count, len(report.of("skipped")), bench.pipeline.taken) == (0, 1, [])


async def test_near_offer_without_digest_is_compared(bench: Bench) -> None:
    """Its bytes are read, and written nowhere."""
    read = Reads()
    bench.pipeline.there[NAME] = held(NAME, DIGEST, len(CONTENT))
    near = replace(offer(read), size=len(CONTENT), is_near=True)

    report = await bench.importer().run(FakeSource(near), Wanted())

    assert (read.count, len(report.of("skipped")), bench.pipeline.taken) == (1, 1, [])


@pytest.mark.parametrize(
    "hashes",
    [{"sha256": "0" * 64}, {"md5": md5(b"other", usedforsecurity=False).hexdigest()}],
    ids=["sha256", "md5"],
)
async def test_bytes_that_the_source_does_not_mean_are_rejected(
    bench: Bench, hashes: dict[str, str]
) -> None:
    """Whatever digest it states."""
    report = await bench.importer().run(FakeSource(offer(Reads(), **hashes)), Wanted())

    [item] = report.of("rejected")
    assert "corrupt" in item.reason
    assert bench.pipeline.taken == []


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (BadInput("no metadata"), "rejected"),
        (Conflict("File already exists", "other bytes"), "rejected"),
        (Unavailable("The store of files", "the disk is full"), "failed"),
    ],
)
async def test_error_is_reported_and_stops_nothing(
    bench: Bench, error: Exception, outcome: str
) -> None:
    """What will be refused again is told from what may succeed later."""
    bench.pipeline.error = error
    unusable = Unusable("x", "somewhere", "no name")
    later = Unusable("y", "somewhere", "no answer", may_come=True)

    report = await bench.importer().run(FakeSource(offer(Reads()), unusable, later), Wanted())

    assert not report.is_complete
    outcomes = {item.filename: item.outcome for item in report.items}
    assert outcomes == {NAME: outcome, "x": "rejected", "y": "failed"}


async def test_source_that_cannot_be_read_is_an_error(bench: Bench) -> None:
    """Not an empty report."""
    source = FakeSource(offer(Reads()), error=Unavailable("The project list", "no answer"))

    with pytest.raises(Unavailable, match="project list"):
        await bench.importer().run(source, Wanted())


async def test_dry_run_reads_and_changes_nothing(bench: Bench) -> None:
    """It says what would come, and what would be refused for its name."""
    read = Reads()
    other = replace(offer(read, sha256="1" * 64), filename="other-1.0.tar.gz")
    bench.pipeline.there[other.filename] = held(other.filename, DIGEST, 1)

    report = await bench.importer(is_dry=True).run(
        FakeSource(offer(read, sha256=DIGEST), other), Wanted()
    )

    assert (len(report.of("planned")), len(report.of("rejected"))) == (1, 1)
    assert (read.count, bench.pipeline.taken) == (0, [])


async def test_wanted_project_without_a_file_is_reported(bench: Bench) -> None:
    """A name that was misspelled is not imported silently."""
    wanted = Wanted(frozenset({ProjectName("demo"), ProjectName("dmeo")}))

    report = await bench.importer().run(FakeSource(offer(Reads())), wanted)

    [missing] = report.of("rejected")
    assert (missing.filename, missing.reason) == ("dmeo", "there is no file of such a project")
    assert len(report.of("imported")) == 1
