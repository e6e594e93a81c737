"""The view: one wheel for each release, in the place of what the target would take."""

from dataclasses import replace

import pytest

from support.closures import LINUX, MACOS, WINDOWS, PackageIndex
from support.packages import Package, make_sdist, make_wheel
from wheelyard.closure import Target
from wheelyard.closure.asked import Formats
from wheelyard.closure.shop import Shop
from wheelyard.closure.view import View
from wheelyard.errors import BadInput, Unavailable
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo-project")
TAG = "cp311-cp311-manylinux_2_17_x86_64"
SHOWN = "demo_project-1.0-py3-none-any.whl"


def view_of(*packages: Package, target: Target = LINUX, formats: Formats | None = None) -> View:
    """Return a view of an index with these packages."""
    return View(Shop(PackageIndex(*packages)), target, formats or Formats())


async def shown(view: View) -> list[str]:
    """Return the names of the files that are shown."""
    page = await view.page(DEMO)
    assert page is not None
    return [file.filename for file in page.files]


async def test_release_is_shown_as_one_wheel() -> None:
    """The resolver need not know platforms: the choice among files is made here."""
    view = view_of(
        make_wheel("Demo.Project", "1.0", tag=TAG, requires=["of-wheel"]),
        make_wheel("Demo.Project", "1.0", requires=["of-pure-wheel"]),
        make_sdist("Demo.Project", "1.0", requires=["of-sdist"]),
    )

    assert await shown(view) == [SHOWN]
    assert b"Requires-Dist: of-wheel" in (await view.metadata(DEMO, SHOWN) or b"")


async def test_sdist_stands_in_for_a_wheel() -> None:
    """Its metadata are what it states."""
    view = view_of(make_sdist("Demo.Project", "1.0", requires=["of-sdist"]))

    assert await shown(view) == [SHOWN]
    assert b"Requires-Dist: of-sdist" in (await view.metadata(DEMO, SHOWN) or b"")
    assert view.doubts == {}


async def test_wheel_for_others_speaks_for_the_sdist() -> None:
    """So does uv; what a wheel says is certain."""
    view = view_of(
        make_wheel("Demo.Project", "1.0", tag=TAG, requires=["of-wheel"]),
        make_sdist("Demo.Project", "1.0", requires=["of-sdist"]),
        target=WINDOWS,
    )

    assert await shown(view) == [SHOWN]
    assert b"Requires-Dist: of-wheel" in (await view.metadata(DEMO, SHOWN) or b"")


async def test_release_of_which_nothing_fits_is_shown_as_it_is() -> None:
    """The resolver's explanation then names the platform."""
    wheel = make_wheel("Demo.Project", "1.0", tag=TAG)

    assert await shown(view_of(wheel, target=MACOS)) == [wheel.filename]


async def test_yanked_file_is_shown_as_yanked_only_without_others() -> None:
    """Whether it may be used is for the resolver."""
    wheel, sdist = make_wheel("Demo.Project", "1.0"), make_sdist("Demo.Project", "1.0")
    one = View(Shop(PackageIndex(wheel, sdist, yanked=[wheel.filename])), LINUX, Formats())
    both = View(
        Shop(PackageIndex(wheel, sdist, yanked=[wheel.filename, sdist.filename])),
        LINUX,
        Formats(),
    )

    pages = [await one.page(DEMO), await both.page(DEMO)]

    assert [page.files[0].yanked for page in pages if page] == [False, True]


@pytest.mark.parametrize(
    ("formats", "kind"),
    [
        (Formats(no_binary=frozenset({DEMO})), b"of-wheel"),
        (Formats(only_binary=frozenset({":all:"})), b"of-wheel"),
    ],
)
async def test_forbidden_formats_are_not_shown(formats: Formats, kind: bytes) -> None:
    """`--no-binary` and `--only-binary` limit what the target would take."""
    wheel = make_wheel("Demo.Project", "1.0", requires=["of-wheel"])
    newer = make_sdist("Demo.Project", "2.0", requires=["of-sdist"])
    sdist = make_sdist("Demo.Project", "1.0", requires=["of-sdist"])
    view = view_of(wheel, sdist, newer, formats=formats)

    names = await shown(view)

    assert kind in (await view.metadata(DEMO, SHOWN) or b"")
    assert ("demo_project-2.0-py3-none-any.whl" in names) is not formats.forbids_sdists(DEMO)


async def test_sdist_that_says_nothing_is_a_failure_with_the_reason() -> None:
    """The sentence names package, target, file and what to do."""
    silent = make_sdist("Demo.Project", "1.0", metadata_version="1.0")
    view = view_of(silent)
    await view.page(DEMO)

    with pytest.raises(BadInput, match="Have a wheel of it in the index"):
        await view.metadata(DEMO, SHOWN)

    assert silent.filename in view.failures[DEMO]


async def test_doubtful_requirements_are_noted() -> None:
    """They are told if the release is chosen."""
    view = view_of(make_sdist("Demo.Project", "1.0", metadata_version="2.1", requires=["one"]))
    await view.page(DEMO)

    await view.metadata(DEMO, SHOWN)

    assert [*view.doubts] == [(DEMO, "1.0")]


async def test_unknown_project_is_none_and_an_outage_is_noted() -> None:
    """Absent is not unavailable."""
    index = PackageIndex()
    view = View(Shop(index), LINUX, Formats())
    assert await view.page(DEMO) is None
    index.failing["other"] = Unavailable("The page", "silent")

    with pytest.raises(Unavailable):
        await view.page(ProjectName("other"))

    assert view.failures == {"other": "The page cannot be had now: silent"}


async def test_metadata_of_what_was_not_shown_are_none() -> None:
    """A resolver asks only for what it saw."""
    assert await view_of().metadata(DEMO, SHOWN) is None


async def test_file_without_a_version_is_not_shown() -> None:
    """No resolver could choose it."""
    wheel = make_wheel("Demo.Project", "1.0")
    odd = replace(wheel, filename="demo_project-odd.tar.gz")

    assert await shown(view_of(wheel, odd)) == [SHOWN]
