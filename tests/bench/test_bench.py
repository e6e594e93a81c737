"""The whole bench, once, in its smallest mode: every figure is there and every answer a 200.

Nothing here depends on how fast this machine is; the figures of such a run mean nothing.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass

import msgspec
import pytest
from bench.cases import SMOKE
from bench.hosted import LINKS, LIST, PAGE
from bench.results import Results

from support.house import ROOT

pytestmark = [pytest.mark.slow]

SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin:/sbin:/usr/local/bin:/usr/bin"


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run left behind."""

    results: Results
    page: str
    progress: str


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Run the bench once, for all tests of this file."""
    for program in ("wrk", "nginx", "taskset"):
        if shutil.which(program, path=SYSTEM_FOLDERS) is None:
            pytest.skip(f"{program} is not installed")
    folder = tmp_path_factory.mktemp("bench")
    page, figures = folder / "page.md", folder / "figures.json"
    answer = subprocess.run(
        [sys.executable, "-m", "bench", "--smoke", "--write", page, "--json", figures],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == page.read_text("utf-8")
    results = msgspec.json.decode(figures.read_bytes(), type=Results)
    return Ran(results, answer.stdout, answer.stderr)


def test_nobody_is_left_out(ran: Ran) -> None:
    """Each server starts, and offers everything that is measured."""
    assert ran.results.missing == [], ran.progress


def test_every_case_is_measured_on_every_server(ran: Ran) -> None:
    """Pages and files that are held have a figure for each server."""
    cases = [str(case) for case in (*SMOKE.pages, *SMOKE.files)]
    measured = [(each.case, each.server) for each in ran.results.warm]

    assert sorted(measured) == sorted((case, name) for case in cases for name in SMOKE.servers)


def test_every_answer_is_whole(ran: Ran) -> None:
    """Nothing but 200 with all its bytes was counted as a request."""
    assert [each for each in ran.results.warm if each.errors or not each.requests] == []


def test_figures_are_possible(ran: Ran) -> None:
    """Time is spent, memory is used, and shares are between nothing and everything."""
    for each in ran.results.warm:
        assert each.processor_us > 0
        assert each.memory.proportional > 0
        assert 0 < each.p50_ms <= each.p99_ms
        assert 0 <= each.foreign <= 1


def test_nginx_sends_the_same_bytes(ran: Ran) -> None:
    """What is compared is the sending, so what is sent must not differ."""
    sizes = {(each.case, each.server): each.size for each in ran.results.warm}

    assert ran.results.setting.source == "wheelyard"
    for case in (*SMOKE.pages, *SMOKE.files):
        assert sizes[str(case), "wheelyard"] == sizes[str(case), "nginx static"]


def test_cold_file_and_herd_are_whole(ran: Ran) -> None:
    """Every client gets the file, and however many they are it is fetched once."""
    found = {each.server: each for each in ran.results.cold}

    assert set(found) == {"(direct)", "wheelyard", "nginx cache"}
    assert all(each.whole and each.seconds >= each.first_byte_seconds for each in found.values())
    herd = found["wheelyard"].herd
    assert herd is not None
    assert (herd.whole, herd.fetches) == (herd.clients, 1)


def test_list_of_projects_survives_restart(ran: Ran) -> None:
    """Every server answers with the list, in each form that it offers."""
    sizes = {(each.server, each.case): each.size for each in ran.results.root}

    assert {server for server, _ in sizes} == set(SMOKE.servers)
    assert min(sizes.values()) > 0


def test_every_upload_is_acknowledged(ran: Ran) -> None:
    """Uploads have figures of what each of them cost, and none of them is refused."""
    found = {each.server: each for each in ran.results.uploaded}

    assert set(found) == {"wheelyard"}
    own = found["wheelyard"]
    assert (own.uploads, own.errors) == (SMOKE.uploads.uploads, 0)
    assert own.uploads_per_second > 0
    assert 0 < own.p50_ms <= own.p99_ms


def test_own_projects_are_measured_with_few_and_with_many(ran: Ran) -> None:
    """Each answer, for each number of projects; what it says of them grows with them."""
    found = {(each.what, each.projects): each for each in ran.results.hosted}

    whats = (LIST, PAGE, LINKS)
    assert set(found) == {(what, count) for what in whats for count in SMOKE.hosted.projects}
    few, many = (found[LIST, count].size for count in SMOKE.hosted.projects)
    assert 0 < few < many


def test_mirror_is_filled_and_renewed(ran: Ran) -> None:
    """Each run ended well, and tells what it took."""
    found = ran.results.mirrored

    assert [each.step for each in found] == ["first", "nothing changed", "10.0% changed"]
    assert [each.projects for each in found] == [30, 0, 3]
    assert {each.tool for each in found} == {"wheelyard"}
    assert all(each.seconds > 0 and each.peak > 0 and each.catalog_size > 0 for each in found)


def test_index_is_published_and_published_again(ran: Ran) -> None:
    """Each run ended well, and tells what it took."""
    found = ran.results.published

    assert [each.step for each in found] == ["first", "10.0% changed"]
    assert [each.projects for each in found] == [20, 2]
    assert {each.tool for each in found} == {"wheelyard"}
    assert all(each.seconds > 0 and each.peak > 0 for each in found)
    assert 20 * 10 < found[0].objects < found[1].objects


def test_page_has_a_table_for_each_part(ran: Ran) -> None:
    """What was measured is what is shown."""
    headings = [line[3:] for line in ran.page.splitlines() if line.startswith("## ")]

    assert headings == [
        "This run",
        "Goals",
        "Pages that are held",
        "Files that are held",
        "A file that is not held",
        "A herd",
        "The list of all projects",
        "Uploads",
        "Projects of one's own",
        "A mirror",
        "A published tree",
        "At rest",
    ]


def test_profile_names_functions_of_the_server() -> None:
    """A figure that is too low can be explained."""
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not installed")
    command = [sys.executable, "-m", "bench", "profile", "page", "--seconds", "1"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert answer.returncode == 0, answer.stderr
    assert "lane.py" in answer.stdout
