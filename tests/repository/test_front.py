"""Front: our own first, the others behind a fence, and no document from beyond it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import msgspec
import pytest

from pages.repository import FakeRepository
from support.fakes import BytesBlob, make_file, make_project, opened_catalog
from wheelyard.blobs import Blob
from wheelyard.catalog import Catalog
from wheelyard.clock import FrozenClock
from wheelyard.decide.ownership import Ownership
from wheelyard.errors import Absent, Refused, Unavailable, WheelyardError
from wheelyard.model import FileRef, Project, ProjectStatus
from wheelyard.names import Filename, ProjectName
from wheelyard.repository.base import DocumentWanted
from wheelyard.repository.compose import Chain
from wheelyard.repository.contradictions import Contradictions
from wheelyard.repository.front import Front, FrontParts, compose_front
from wheelyard.repository.keepers import KeptDocument
from wheelyard.repository.keeping import Answered
from wheelyard.settings import Route, parse_pattern

pytestmark = pytest.mark.anyio

ACME, FLASK, TORCH = (ProjectName(name) for name in ("acme", "flask", "torch"))
OURS, THEIRS = make_file("acme-1.0.tar.gz"), make_file("acme-99.0.tar.gz")


@dataclass(slots=True)
class FakeOwn(FakeRepository):
    """Projects of our own, in memory."""

    owner: str = "hosted:main"

    def has(self, name: ProjectName) -> bool:
        """Say whether the name is ours; raises what was prepared."""
        if self.error is not None:
            raise self.error
        return name in self.pages

    async def provenance(self, name: ProjectName, filename: Filename) -> Blob:
        """Return the provenance object of a file."""
        return BytesBlob(f"provenance of {name}/{filename}".encode())


@dataclass(slots=True)
class FakeGroup:
    """A group of doors: its pages, and what was asked of it beside them."""

    owner: str
    repository: FakeRepository
    asked: list[str] = field(default_factory=list)

    async def document(self, wanted: DocumentWanted) -> Answered[KeptDocument]:
        """Return a document."""
        self.asked.append(wanted.name)
        return Answered(KeptDocument(self.owner.encode()), self.repository.known)

    async def provenance(self, name: ProjectName, filename: Filename) -> Answered[KeptDocument]:
        """Return a provenance object."""
        self.asked.append(f"{name}/{filename}")
        return Answered(KeptDocument(self.owner.encode()), self.repository.known)

    async def missing(self, ref: FileRef) -> WheelyardError:
        """Return what to say about a file that is listed and not there."""
        self.asked.append(ref.project)
        return Unavailable(f"`{ref.file.filename}`")


@dataclass(slots=True)
class Bench:
    """An index of our own over two groups of doors, the second for what a route names."""

    catalog: Catalog
    clock: FrozenClock
    own: FakeOwn
    usual: FakeGroup
    routed: FakeGroup

    def front(self, ownership: Ownership | None = None, *, upstream: str = "usual") -> Front:
        """Return the index."""

        async def names() -> frozenset[ProjectName]:
            return frozenset(ProjectName(name) for name in self.own.pages)

        outside = {"usual": self.usual, "routed": self.routed}
        parts = FrontParts(
            catalog=self.catalog,
            clock=self.clock,
            ownership=ownership or Ownership(),
            own=[self.own],
            is_hosted=self.own.has,
            hosted_names=names,
            contradictions=Contradictions(),
            outside={name: cast("Chain", group) for name, group in outside.items()},
            upstream=upstream,
        )
        return compose_front(parts)


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Have `acme` on both sides, and a public project on each group."""

    def group(owner: str, *projects: Project) -> FakeGroup:
        return FakeGroup(owner, FakeRepository(clock, {each.name: each for each in projects}))

    async with opened_catalog(tmp_path, clock) as catalog:
        yield Bench(
            catalog,
            clock,
            FakeOwn(clock, {ACME: make_project("acme", OURS)}),
            group("usual", make_project("acme", THEIRS), make_project("flask"), TORCHES),
            group("routed", TORCHES),
        )


TORCHES = make_project("torch", make_file("torch-2.0.tar.gz"))
TORCH_IS_ROUTED = Ownership(routes=[Route(parse_pattern("torch*"), "routed")])


async def test_project_of_our_own_is_ours_alone(bench: Bench) -> None:
    """The public twin is neither shown nor asked for."""
    project = await bench.front().repository.project(ACME)

    assert project.files == (OURS,)
    assert bench.usual.repository.asked == []


async def test_other_project_is_the_upstreams(bench: Bench) -> None:
    """A name that nobody claims is asked for where the index falls back to."""
    await bench.front().repository.project(FLASK)

    assert bench.usual.repository.asked == [FLASK]
    assert bench.routed.repository.asked == []


async def test_routed_project_is_of_its_upstream_alone(bench: Bench) -> None:
    """The usual upstream has one of that name too, and is not asked."""
    await bench.front(TORCH_IS_ROUTED).repository.project(TORCH)

    assert bench.routed.repository.asked == [TORCH]
    assert bench.usual.repository.asked == []


async def test_blocked_project_is_refused(bench: Bench) -> None:
    """With the reason, and without asking anybody."""
    front = bench.front(Ownership(blocked=[parse_pattern("fla*")]))

    with pytest.raises(Refused):
        await front.repository.project(FLASK)

    assert bench.usual.repository.asked == []


async def test_index_without_upstream_has_its_own_alone(bench: Bench) -> None:
    """`fallback = "none"`."""
    front = bench.front(upstream="")

    assert (await front.repository.project(ACME)).files == (OURS,)
    with pytest.raises(Absent):
        await front.repository.project(FLASK)
    assert front.owners == {"hosted:main"}


@pytest.mark.parametrize("name", [ACME, FLASK])
async def test_nobody_is_asked_while_nobody_knows_whose_a_name_is(
    bench: Bench, name: ProjectName
) -> None:
    """A catalog that cannot be read leaves every name unavailable; it is never a reason to ask."""
    bench.own.error = Unavailable("The catalog")
    front = bench.front()

    with pytest.raises(Unavailable):
        await front.repository.project(name)
    with pytest.raises(Unavailable):
        await front.document(DocumentWanted("json", name))
    with pytest.raises(Unavailable):
        await front.provenance(name, Filename("x.whl"))
    assert bench.usual.repository.asked + bench.usual.asked == []


async def test_document_of_our_own_project_is_asked_of_nobody(bench: Bench) -> None:
    """Neither for the project nor for one of its versions: it is made from the page."""
    front = bench.front()

    for name in ("acme", "acme/1.0"):
        with pytest.raises(Absent):
            await front.document(DocumentWanted("json", name))

    assert bench.usual.asked == []


@pytest.mark.parametrize("name", ["reserved-x", "acme"])
async def test_document_of_a_reserved_name_is_asked_of_nobody(bench: Bench, name: str) -> None:
    """Before the first upload as after it."""
    front = bench.front(Ownership(reserved=[parse_pattern("reserved-*")]))

    with pytest.raises(Absent):
        await front.document(DocumentWanted("json", name))

    assert bench.usual.asked == []


async def test_document_is_the_owners(bench: Bench) -> None:
    """As the page is: of the upstream that the route names."""
    front = bench.front(TORCH_IS_ROUTED)

    of_torch = await front.document(DocumentWanted("json", "torch/2.0"))
    of_flask = await front.document(DocumentWanted("json", "flask"))

    assert (of_torch.value.body, of_flask.value.body) == (b"routed", b"usual")


async def test_provenance_is_the_owners(bench: Bench) -> None:
    """Ours for ours, and theirs for theirs."""
    front = bench.front()

    ours = await front.provenance(ACME, OURS.filename)
    theirs = await front.provenance(FLASK, Filename("flask-1.0.tar.gz"))

    assert ours.value.body == b"provenance of acme/acme-1.0.tar.gz"
    assert ours.known.how == "own"
    assert theirs.value.body == b"usual"


async def test_quarantined_project_has_no_provenance(bench: Bench) -> None:
    """As it gives out no files; nobody else is asked for it."""
    front, page = bench.front(), bench.own.pages[ACME]
    status = ProjectStatus("quarantined", "malware")
    bench.own.pages[ACME] = msgspec.structs.replace(page, status=status)

    with pytest.raises(Absent):
        await front.provenance(ACME, OURS.filename)

    assert bench.usual.asked == []


async def test_missing_file_of_our_own_is_asked_of_nobody(bench: Bench) -> None:
    """What a page of ours lists and does not have, nobody else has."""
    front = bench.front()

    of_ours = await front.missing(FileRef(ACME, OURS))
    of_theirs = await front.missing(FileRef(FLASK, THEIRS))

    assert isinstance(of_ours, Absent)
    assert isinstance(of_theirs, Unavailable)
    assert bench.usual.asked == [FLASK]


async def test_merged_project_shows_both(bench: Bench) -> None:
    """Because somebody said so, for this name."""
    project = await bench.front(Ownership(merge=[ACME])).repository.project(ACME)

    assert {file.filename for file in project.files} == {OURS.filename, THEIRS.filename}
