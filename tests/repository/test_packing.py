"""Models as they are kept."""

import pytest

from support.fakes import make_file, make_project
from wheelyard.model import ProjectEntry, ProjectList
from wheelyard.repository.packing import pack, unpack_list, unpack_project

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("files", [0, 1, 300])
async def test_project_survives_packing(files: int) -> None:
    """What was packed is what is unpacked, large or small."""
    listed = [make_file(f"flask-{number}.tar.gz") for number in range(files)]
    project = make_project("flask", *listed, serial=7)

    assert await unpack_project(await pack(project)) == project


@pytest.mark.parametrize("names", [0, 2, 5_000])
async def test_list_survives_packing(names: int) -> None:
    """The list of projects keeps names and serials."""
    listed = ProjectList(tuple(ProjectEntry(f"name-{n}", n) for n in range(names)), serial=9)

    assert await unpack_list(await pack(listed)) == listed


async def test_equal_models_have_equal_bytes() -> None:
    """Whether a page changed is seen by comparing bytes."""
    first = make_project("flask", make_file("flask-1.0.tar.gz"))
    second = make_project("flask", make_file("flask-1.0.tar.gz"))

    assert await pack(first) == await pack(second)
