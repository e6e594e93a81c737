"""The page: goals judged, every figure in its table, nothing invented where there is none."""

from dataclasses import replace

import pytest
from bench.cases import FULL, MIB
from bench.cold import DIRECT
from bench.goals import judge
from bench.hosted import LIST
from bench.machine import Memory
from bench.report import render_report
from bench.results import Cold, Herd, Hosted, Missing, Rest, Results, Setting, Uploaded, Warm

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
UPLOADED = Uploaded(
    server="wheelyard",
    case="wheels of 50 KiB, c=8",
    uploads=2_400,
    uploads_per_second=300,
    p50_ms=25.0,
    p99_ms=60.0,
    processor_ms=3.5,
    spread=0.05,
    foreign=0.02,
    errors=0,
    memory=WARM.memory,
)
OF_DEVPI = replace(UPLOADED, server="devpi", uploads_per_second=100)
FEW = Hosted(
    server="wheelyard",
    projects=100,
    what=LIST,
    size=400,
    after_upload_seconds=0.003,
    warm_seconds=0.004,
    foreign=0.01,
)
MANY = replace(FEW, projects=10_000, size=40_000, warm_seconds=0.005)
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


@pytest.mark.parametrize(
    ("uploaded", "verdict"),
    [
        (UPLOADED, ("3.0 times", False)),
        (replace(UPLOADED, uploads_per_second=500), ("5.0 times", True)),
        (replace(UPLOADED, uploads_per_second=500, errors=1), ("5.0 times", False)),
    ],
)
def test_uploads_are_judged_beside_devpi(uploaded: Uploaded, verdict: tuple[str, bool]) -> None:
    """So many times as many; losing one is no way to be fast."""
    found = verdicts(Results(setting=SETTING, uploaded=[uploaded, OF_DEVPI]))

    assert found == {"uploads, 8 clients, each durable": verdict}


@pytest.mark.parametrize(
    ("many", "verdict"),
    [
        (MANY, ("1.25, +1.0 ms", True)),
        (replace(MANY, warm_seconds=0.0055), ("1.38, +1.5 ms", True)),
        (replace(MANY, warm_seconds=0.04), ("10.00, +36.0 ms", False)),
    ],
)
def test_own_projects_are_judged_by_what_more_of_them_cost(
    many: Hosted, verdict: tuple[str, bool]
) -> None:
    """An answer that is a little longer takes a little longer; looking at all of them shows."""
    found = verdicts(Results(setting=SETTING, hosted=[FEW, many]))

    assert found == {f"many own projects: {LIST}": verdict}


def test_goal_without_figures_is_not_judged() -> None:
    """A run of one part says nothing about the others."""
    assert verdicts(Results(setting=SETTING)) == {}


def test_page_has_a_row_for_every_figure() -> None:
    """Servers stand below each other, with the ratio to nginx, and the left out with a reason."""
    results = Results(
        setting=SETTING,
        warm=[WARM, NGINX],
        cold=[DIRECTLY, COLD],
        uploaded=[UPLOADED],
        hosted=[FEW],
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
    assert f"| {UPLOADED.case} | wheelyard | 300 | 3.5 | 25 | 60 | 50 | 5% | 2% | 0 |" in text
    assert f"| {LIST} | wheelyard | 100 | 400 | 3 | 4 | 1% |" in text
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
