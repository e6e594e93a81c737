"""A run goes on without a server that cannot take part, and says why."""

import shutil

import pytest
from bench.cases import FULL, QUICK, SMOKE, FileCase, Mode, PageCase
from bench.errors import CannotRunError
from bench.mirrors import MIRRORS
from bench.peers import HOSTS, PEERS, Launch, Site
from bench.places import ROOT
from bench.publishers import PUBLISHERS
from bench.run import Plan, measure


class Uninstallable:
    """A server that cannot be had."""

    name = "nowhere"

    def prepare(self) -> str:
        """Fail, with a place on this machine in the message."""
        raise CannotRunError(f"cannot be installed: {ROOT}/somewhere is empty\nmore")

    def launch(self, site: Site) -> Launch:
        """Never be called."""
        raise AssertionError

    def finish(self, site: Site) -> None:
        """Never be called."""
        raise AssertionError

    def page_path(self, project: str) -> str:
        """Never be called."""
        raise AssertionError


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_server_that_cannot_be_installed_is_left_out() -> None:
    """The reason is one line, and names nothing of this machine."""
    said: list[str] = []
    results = measure(Plan(mode=SMOKE, peers=(Uninstallable(),)), said.append)

    assert [each.reason for each in results.missing] == ["cannot be installed: somewhere is empty"]
    assert results.setting.versions == ()
    assert [each.server for each in results.cold] == ["(direct)"]


@pytest.mark.parametrize("mode", [FULL, QUICK, SMOKE], ids=lambda mode: mode.name)
def test_mode_names_servers_that_exist(mode: Mode) -> None:
    """A mistyped name would measure nothing."""
    known = {peer.name for peer in (*PEERS, *HOSTS)}
    known |= {mirror.name for mirror in MIRRORS} | {each.name for each in PUBLISHERS}

    assert set(mode.servers) <= known


def test_full_mode_measures_what_was_promised() -> None:
    """Pages of both sizes, in every form; files of three sizes; one case with many clients."""
    pages = {(case.files, case.format, case.compressed) for case in FULL.pages}

    assert pages == {
        (files, form, compressed)
        for files in (20, 3000)
        for form in ("json", "html")
        for compressed in (True, False)
    }
    assert [case.size for case in FULL.files] == [50 * 2**10, 5 * 2**20, 100 * 2**20]
    assert {case.connections for case in FULL.pages if case.files == 20} == {16, 64}
    assert FULL.root.names == 700_000


def test_cases_have_names_of_their_own() -> None:
    """Figures are found by the name of their case."""
    cases: list[PageCase | FileCase] = [*FULL.pages, *FULL.files]

    assert len({str(case) for case in cases}) == len(cases)
