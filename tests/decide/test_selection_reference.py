"""A selection of two hundred projects is what a naive computation says it is."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from random import Random

import pytest

from chaos.campaign import count
from support.many_projects import MadeProject, make_projects
from support.reference_selection import selected_by_hand
from wheelyard.clock import Instant
from wheelyard.decide.selection import Sdists, Selection, select
from wheelyard.expressions import Expression
from wheelyard.settings import TagPattern
from wheelyard.tags import parse_platform

PLATFORMS = (
    *(
        "manylinux_2_28_x86_64",
        "manylinux2014_aarch64",
        "win_amd64",
        "win32",
        "musllinux_1_2_x86_64",
    ),
    *("macosx_14_0_arm64", "macosx_10_15_x86_64", "linux", "win_arm64"),
)
TAGS = (
    *("*-*-win*", "cp311-*", "py3-none-any", "*-abi3-*", "*manylinux*", "*-none-any"),
    *("*musllinux*", "cp3*-cp3*-*x86_64", "pp*"),
)
EXPRESSIONS = (
    *(r"\.whl$", r"-1\.", r"^[a-f]", r"(rc|a|b)\d", r"\.(egg|exe|msi|rpm)$", r"\.tar\.(gz|bz2)$"),
    *("django", r"^.{10,40}$", r"[^0-9]2\.0"),
)
RANGES = ("==1.0", ">=1.0,<3", "~=1.0", "!=2.0", ">=4.0a1", "<2", "==2.0.*", "===1.2", ">2.0rc1")


@cache
def projects() -> tuple[MadeProject, ...]:
    """Return the fixture."""
    return make_projects(Random(20_261_121))


def some(random: Random, among: tuple[str, ...]) -> list[str]:
    """Return a few of them; mostly none."""
    return random.sample(among, random.choice([1, 1, 2, 3])) if random.random() < 0.3 else []


def any_selection(random: Random) -> Selection:
    """Return filters by chance, mostly two or three of them."""
    year = random.randrange(2009, 2028)
    moment = Instant(datetime(year, 5, 17, 11, tzinfo=UTC).timestamp())
    sdists: tuple[Sdists, ...] = ("always", "always", "if-no-wheel", "never")
    return Selection(
        versions=tuple(some(random, RANGES)),
        pythons=tuple(some(random, ("3.7", "3.10", "3.11", "3.11.3", "3.12", "3.13"))),
        platforms=tuple(parse_platform(each) for each in some(random, PLATFORMS)),
        tags=tuple(TagPattern(each) for each in some(random, TAGS)),
        without_tags=tuple(TagPattern(each) for each in some(random, TAGS)),
        sdists=random.choice(sdists),
        keep_versions=random.choice([0, 0, 1, 2, 3, 7]),
        prereleases=random.random() < 0.7,
        yanked=random.random() < 0.7,
        uploaded_after=random.choice([None, None, None, moment]),
        max_file_bytes=random.choice([None, None, None, 1_000, 5_000_000]),
        filenames=tuple(Expression(each) for each in some(random, EXPRESSIONS)),
        without_filenames=tuple(Expression(each) for each in some(random, EXPRESSIONS)),
        statuses=random.choice([Selection().statuses, frozenset({"active"})]),
    )


@pytest.mark.parametrize("seed", range(count(8)))
def test_selection_of_two_hundred_projects_equals_the_naive_computation(seed: int) -> None:
    """A-34: whatever filters are combined, for every shape of file name."""
    selection = any_selection(Random(seed))

    for made in projects():
        found = [file.filename for file in select(made.project, selection)]
        assert found == selected_by_hand(made, selection), made.project.name


@pytest.mark.parametrize(
    "field",
    [
        *("versions", "pythons", "platforms", "tags", "without_tags", "sdists", "keep_versions"),
        *("prereleases", "yanked", "uploaded_after", "max_file_bytes", "filenames"),
        *("without_filenames", "statuses"),
    ],
)
def test_each_filter_alone_equals_the_naive_computation(field: str) -> None:
    """And leaves something out, and something in."""
    chance = Random(field)
    value = next(
        value
        for value in (getattr(any_selection(chance), field) for _ in range(100))
        if value != getattr(Selection(), field)
    )
    selection = Selection(**{field: value})

    found = [[file.filename for file in select(made.project, selection)] for made in projects()]

    assert found == [selected_by_hand(made, selection) for made in projects()]
    assert 0 < sum(map(len, found)) < sum(len(made.files) for made in projects())


def test_default_selects_everything_of_projects_that_are_not_in_quarantine() -> None:
    """Every shape of file, readable or not."""
    for made in projects():
        gone = made.project.status.status == "quarantined"
        assert select(made.project, Selection()) == (() if gone else made.project.files)


def test_key_is_the_same_in_every_process() -> None:
    """With other hashes of texts, too: a restart does not look at every project again."""
    code = (
        "import sys, json; sys.path[:0] = json.loads(sys.argv[1])\n"
        "from wheelyard.decide.selection import Selection\n"
        "from wheelyard.settings import TagPattern\n"
        "print(Selection(tags=(TagPattern('b-*'), TagPattern('a-*')), keep_versions=2,\n"
        "  statuses=frozenset({'active', 'archived'})).key)"
    )
    run = [sys.executable, "-c", code, json.dumps(sys.path)]

    keys = {
        subprocess.check_output(run, text=True, env={"PYTHONHASHSEED": seed}).strip()
        for seed in ("1", "2")
    }

    assert keys == {"2d0023ce6ca271675c21009dd3adfc45"}
