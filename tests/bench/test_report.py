"""The page: goals judged, every figure in its table, nothing invented where there is none."""

from dataclasses import replace

import pytest
from bench.cases import FULL, MIB
from bench.cold import DIRECT
from bench.goals import judge
from bench.machine import Memory
from bench.report import render_report
from bench.results import Cold, Herd, Missing, Rest, Results, Setting, Warm

SETTING = Setting(mode="full", day="2026-11-21", machine="2 processors.", seconds=2, rounds=3)
WARM = Warm(
    server="wheelyard",
    kind="page",
    case=str(FULL.pages[0]),
    size=2_700,
    requests=60_000,
    requests_per_second=20_000,
    p50_ms=0.8,
    p99_ms=2.5,
    processor_us=40.0,
    spread=0.03,
    foreign=0.01,
    errors=0,
    memory=Memory(proportional=50 * MIB, resident=60 * MIB),
)
NGINX = replace(WARM, server="nginx static", processor_us=20.0)
HERD = Herd(
    clients=50,
    whole=50,
    redirected=0,
    seconds=2.4,
    fetches=1,
    fetched_bytes=52_428_800,
    server_seconds=1.2,
    growth=8 * MIB,
    foreign=0.02,
)
COLD = Cold(
    server="wheelyard",
    case="at 25 MB/s",
    size=50 * MIB,
    first_byte_seconds=0.025,
    seconds=2.2,
    whole=True,
    redirected=False,
    herd=HERD,
)
REST = Rest(server="wheelyard", start_seconds=0.5, processor_seconds=0.4, memory=WARM.memory)
DIRECTLY = replace(COLD, server=DIRECT, first_byte_seconds=0.021, seconds=2.1, herd=None)


def verdicts(results: Results) -> dict[str, tuple[str, bool]]:
    """Return what is said about each goal."""
    found = judge(results)
    return {goal.work: (verdict.measured, verdict.reached) for goal, verdict in found}


def test_page_is_judged_by_processor_time() -> None:
    """Twice nginx's work per request is half as good: enough now, and not with the hot lane."""
    found = verdicts(Results(setting=SETTING, warm=[WARM, NGINX]))

    assert found == {
        "warm page, 20 files, gzip JSON": ("0.50", True),
        "the same, with the hot lane": ("0.50", False),
    }


def test_cold_file_is_judged_by_a_direct_fetch() -> None:
    """First byte and total are compared with what a client gets without a server between."""
    found = verdicts(Results(setting=SETTING, cold=[DIRECTLY, COLD]))

    assert found["file not held, first byte"] == ("+4.0 ms", True)
    assert found["file not held, total"] == ("1.05", True)
    assert found["herd: last client"] == ("1.09", True)
    assert found["herd: more memory"] == ("8.0 MiB", True)


@pytest.mark.parametrize("herd", [replace(HERD, fetches=2), replace(HERD, whole=49)])
def test_herd_is_served_whole_by_one_fetch(herd: Herd) -> None:
    """One fetch is no achievement if somebody went without."""
    found = verdicts(Results(setting=SETTING, cold=[DIRECTLY, replace(COLD, herd=herd)]))

    assert not found["herd: upstream fetches"][1]


def test_goal_without_figures_is_not_judged() -> None:
    """A run of one part says nothing about the others."""
    assert verdicts(Results(setting=SETTING)) == {}


def test_page_has_a_row_for_every_figure() -> None:
    """Servers stand below each other, with the ratio to nginx, and the left out with a reason."""
    results = Results(
        setting=SETTING,
        warm=[WARM, NGINX],
        cold=[DIRECTLY, COLD],
        rest=[REST],
        missing=[Missing(server="devpi", what="everything", reason="no | network")],
    )
    text = render_report(results)

    assert f"| {WARM.case} | wheelyard | 40 | 0.50 | 20,000 | 54 | 0.8 | 2.5 | 2,700 |" in text
    assert f"| {WARM.case} | nginx static | 20 | 1.00 |" in text
    assert "| at 25 MB/s | wheelyard | 25 | +4.0 | 2.2 | 1.05 | yes | no |" in text
    assert (
        "| at 25 MB/s | wheelyard | 1 | 52.4 | 50 of 50 | 0 | 2.4 | 1.09 | 1.2 | 8 | 2% |" in text
    )
    assert "| wheelyard | 500 | 400 | 50 | 60 |" in text
    assert "| devpi | everything | no / network |" in text


def test_page_has_as_many_cells_as_headings() -> None:
    """A table with a crooked row is no table for a Markdown reader."""
    results = Results(setting=SETTING, warm=[WARM, NGINX], cold=[DIRECTLY, COLD])
    blocks = render_report(results).split("\n\n")
    tables = [block.splitlines() for block in blocks if block.startswith("| ")]

    assert tables
    for table in tables:
        assert len({line.count("|") for line in table}) == 1


@pytest.mark.parametrize(("foreign", "warned"), [(0.05, False), (0.4, True)])
def test_page_warns_of_busy_machine(foreign: float, *, warned: bool) -> None:
    """Figures from a machine that others used are not to be believed, and the page says so."""
    results = Results(setting=SETTING, warm=[replace(WARM, foreign=foreign), NGINX])

    assert ("Other programs took up to 40%" in render_report(results)) == warned


def test_page_without_figures_has_no_empty_tables() -> None:
    """A section stands for something that was measured."""
    text = render_report(Results(setting=SETTING))

    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## This run"]
