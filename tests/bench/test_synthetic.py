"""A made-up index is one that an index reader takes: pages, digests, files, serials."""

import io
import zipfile
from hashlib import sha256
from pathlib import Path

import msgspec
from bench.simulated_index import SimulatedIndex
from bench.synthetic import SIZE, SyntheticIndex, SyntheticProject

from wheelyard.names import ProjectName
from wheelyard.wire.simple_json import parse_project, parse_project_list

URL = "http://127.0.0.1:1"
PAGE = f"{URL}/simple/bench-project-000007/"
NAME = ProjectName("bench-project-000007")


def test_page_is_one_that_loses_nothing() -> None:
    """Every file is usable, with digest, size and metadata; its release shows in the serial."""
    project = SyntheticProject(7, revision=1)

    page = parse_project(project.page(URL), PAGE, NAME)

    assert page.dropped == 0
    assert len(page.files) == 6
    assert page.versions == ("1.0", "1.1", "1.2")
    assert page.serial == project.serial > SyntheticProject(7).serial
    assert all(file.sha256 and file.size == SIZE for file in page.files)


def test_files_are_the_ones_that_the_page_states(tmp_path: Path) -> None:
    """Down to the metadata in the wheels."""
    index = SyntheticIndex(tmp_path, URL, 8)
    index.write()
    index.change([7])
    page = parse_project((tmp_path / "simple" / NAME / "index.json").read_bytes(), PAGE, NAME)
    for file in page.files:
        content = (tmp_path / file.url.removeprefix(f"{URL}/")).read_bytes()
        assert (sha256(content).hexdigest(), len(content)) == (file.sha256, SIZE)
        if file.filename.endswith(".whl"):
            wheel = zipfile.ZipFile(io.BytesIO(content))
            [member] = wheel.namelist()
            assert sha256(wheel.read(member)).hexdigest() == file.metadata_sha256

    document = msgspec.json.decode((tmp_path / "pypi" / NAME / "json").read_bytes())

    assert document["last_serial"] == page.serial
    assert sum(map(len, document["releases"].values())) == len(page.files)


def test_list_has_the_serial_of_each_project(tmp_path: Path) -> None:
    """Also after a change, which shows in that of the list."""
    index = SyntheticIndex(tmp_path, URL, 8, has_files=False)
    index.write()
    index.change([2])

    listed = parse_project_list((tmp_path / "simple" / "index.json").read_bytes())

    serials = {entry.name: entry.serial for entry in listed.projects}
    assert len(serials) == 8
    assert serials["bench-project-000002"] == listed.serial == max(filter(None, serials.values()))


def test_index_that_is_made_up_while_it_is_asked_is_the_same() -> None:
    """Page for page; what does not exist has none."""
    index = SimulatedIndex(URL, 8, every=7)

    assert index.answer("/simple/bench-project-000007/") == SyntheticProject(7, 1).page(URL)
    assert index.answer("/simple/bench-project-000003/") == SyntheticProject(3).page(URL)
    assert index.answer("/simple/bench-project-000008/") is None
    assert index.answer("/simple/other/") is None
    assert len(parse_project_list(index.answer("/simple/") or b"").projects) == 8
