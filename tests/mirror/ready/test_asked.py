"""What somebody means who names projects, releases or files."""

import pytest

from pages.repository import FakeRepository
from support.fakes import make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, BadInput
from wheelyard.mirror.ready.asked import Asked, find_files, parse_asked
from wheelyard.names import Filename, ProjectName

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
FILES = [
    make_file(name)
    for name in (
        "demo-1.0.tar.gz",
        "demo-1.0-py3-none-any.whl",
        "demo-2.0.tar.gz",
        "demo-3.0rc1.tar.gz",
        "demo-unversioned.tar.gz",
    )
]
YANKED = make_file("demo-2.5.tar.gz", yanked="broken")


@pytest.mark.parametrize(
    ("word", "asked"),
    [
        ("demo", Asked(DEMO)),
        (" Demo ", Asked(DEMO)),
        ("demo==1.0", Asked(DEMO, "1.0")),
        ("demo == 1.0", Asked(DEMO, "1.0")),
        ("demo===1.0", Asked(DEMO, "1.0")),
        ("demo-1.0.tar.gz", Asked(DEMO, filename=Filename("demo-1.0.tar.gz"))),
    ],
)
def test_word_is_a_project_a_release_or_a_file(word: str, asked: Asked) -> None:
    """As people write them."""
    assert parse_asked(word) == asked


@pytest.mark.parametrize("word", ["", "demo>=1", "demo==", "demo[x]", "demo@x", "x.tar.gz", "=="])
def test_word_that_is_none_of_them_is_bad_input(word: str) -> None:
    """The sentence says what can be given."""
    with pytest.raises(BadInput):
        parse_asked(word)


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("demo", ["demo-2.0.tar.gz"]),
        ("demo==1", ["demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"]),
        ("demo==2.5", ["demo-2.5.tar.gz"]),
        ("demo-1.0.tar.gz", ["demo-1.0.tar.gz"]),
    ],
)
async def test_files_are_found(clock: FrozenClock, word: str, names: list[str]) -> None:
    """Without a version the newest final release that nobody is warned of."""
    repository = FakeRepository(clock, {DEMO: make_project("demo", *FILES, YANKED)})

    found = await find_files(repository, parse_asked(word))

    assert [ref.file.filename for ref in found] == names


@pytest.mark.parametrize("word", ["demo==9", "demo-9.tar.gz", "other"])
async def test_what_is_not_there_is_absent(clock: FrozenClock, word: str) -> None:
    """A project, a release or a file."""
    repository = FakeRepository(clock, {DEMO: make_project("demo", *FILES)})

    with pytest.raises(Absent):
        await find_files(repository, parse_asked(word))


async def test_project_without_a_release_has_nothing_to_pin(clock: FrozenClock) -> None:
    """Everything is yanked: whoever wants it all the same names it."""
    repository = FakeRepository(clock, {DEMO: make_project("demo", YANKED)})

    with pytest.raises(Absent):
        await find_files(repository, parse_asked("demo"))
