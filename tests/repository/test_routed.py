"""Routed: one upstream has a name, and no other is ever asked for it."""

import pytest

from repository.owners import Owner
from support.fakes import make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import FileRef, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.routed import Routed
from wheelyard.settings import parse_pattern

pytestmark = pytest.mark.anyio

TORCH, FLASK = ProjectName("torchtriton"), ProjectName("flask")
FILES = {name: FileRef(name, make_file(f"{name}-1.0.tar.gz")) for name in (TORCH, FLASK)}


@pytest.fixture
def public(clock: FrozenClock) -> Owner:
    """Return an index that has both names."""
    return Owner(clock, *(make_project(name, ref.file) for name, ref in FILES.items()))


@pytest.fixture
def pytorch(clock: FrozenClock) -> Owner:
    """Return another one that has both names."""
    return Owner(clock, *(make_project(name, ref.file) for name, ref in FILES.items()))


@pytest.fixture
def routed(public: Owner, pytorch: Owner) -> Routed:
    """Return both behind a route."""
    return Routed(public, [(parse_pattern("torch*"), pytorch)])


@pytest.mark.parametrize("name", [TORCH, FLASK])
async def test_name_is_asked_for_where_it_belongs_and_nowhere_else(
    public: Owner, pytorch: Owner, routed: Routed, name: ProjectName
) -> None:
    """Page, file and metadata."""
    right, wrong = (pytorch, public) if name is TORCH else (public, pytorch)
    filename = FILES[name].file.filename

    page = await routed.project(name)
    blobs = await routed.file(FILES[name]), await routed.metadata(FILES[name])

    assert page == await right.project(name)
    assert blobs == (right.blobs[filename], right.blobs[f"{filename}.metadata"])
    assert wrong.asked == []


@pytest.mark.parametrize("error", [Absent("`torchtriton`"), Unavailable("`torchtriton`", "down")])
async def test_name_that_its_upstream_does_not_give_is_not_looked_for_elsewhere(
    public: Owner, pytorch: Owner, routed: Routed, error: Absent | Unavailable
) -> None:
    """Torchtriton 2022: it was found where it did not belong."""
    pytorch.error = error

    asking = routed.project(TORCH), routed.file(FILES[TORCH]), routed.metadata(FILES[TORCH])
    for ask in asking:
        with pytest.raises(type(error)) as caught:
            await ask
        assert caught.value is error

    assert public.asked == []


async def test_first_route_that_means_a_name_counts(
    clock: FrozenClock, public: Owner, pytorch: Owner
) -> None:
    """They come in the order in which they count; see ``Ownership.routes``."""
    special = Owner(clock, make_project(TORCH, make_file("torchtriton-2.0.tar.gz")))
    routes = [(parse_pattern("torchtriton"), special), (parse_pattern("torch*"), pytorch)]

    page = await Routed(public, routes).project(TORCH)

    assert page == await special.project(TORCH)
    assert (public.asked, pytorch.asked) == ([], [])


async def test_list_has_each_name_from_where_it_belongs(
    public: Owner, pytorch: Owner, routed: Routed
) -> None:
    """An upstream's names that it is not asked for are not there."""
    public.pages["Torch_Vision"] = public.pages[TORCH]
    pytorch.pages["TorchAudio"] = pytorch.pages[TORCH]

    listed = await routed.projects()

    assert [entry.name for entry in listed.projects] == ["flask", "torchtriton", "TorchAudio"]
    assert listed.known is not None
    assert listed.known.revision == public.revision + pytorch.revision


async def test_upstream_of_several_routes_is_asked_for_its_list_once(
    public: Owner, pytorch: Owner
) -> None:
    """Two patterns, one index."""
    routes = [(parse_pattern("torch*"), pytorch), (parse_pattern("flask"), pytorch)]

    listed = await Routed(public, routes).projects()

    assert {entry.name for entry in listed.projects} == {"flask", "torchtriton"}
    assert pytorch.asked == [""]


async def test_list_fails_rather_than_lack_the_names_of_an_upstream(
    pytorch: Owner, routed: Routed
) -> None:
    """As behind ``Priority``: what is not listed reads as "it does not exist"."""
    pytorch.error = Unavailable("The project list", "down")

    with pytest.raises(Unavailable):
        await routed.projects()


async def test_upstream_without_a_list_has_no_names(
    public: Owner, pytorch: Owner, routed: Routed
) -> None:
    """Some indexes of few projects have no root page; that ends nothing."""
    pytorch.error = Absent("The project list")

    listed: ProjectList = await routed.projects()

    assert [entry.name for entry in listed.projects] == ["flask"]
    public.error = pytorch.error
    with pytest.raises(Absent):
        await routed.projects()
