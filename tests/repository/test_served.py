"""Served: a directory of archives, as the owner of the names in it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from repository.served_bench import PATIENCE_SECONDS, ServedBench, opened_served, until
from support.packages import Package, make_sdist, make_wheel
from wheelyard.catalog import Catalog
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.model import File, Project
from wheelyard.names import ProjectName, Sha256
from wheelyard.repository.served import Served

pytestmark = pytest.mark.anyio

WHEEL = make_wheel("Foo.Bar", "1.0", requires_python=">=3.9")
SDIST = make_sdist("foo_bar", "1.10", requires_python=">=3.10")
FOO_BAR = ProjectName("foo-bar")


@pytest.fixture
async def bench(tmp_path: Path, catalog: Catalog) -> AsyncIterator[ServedBench]:
    """Yield a directory that has nothing yet."""
    async with opened_served(tmp_path, catalog) as opened:
        yield opened


async def read(served: Served, project: Project, file: File) -> bytes:
    """Return the bytes of a file that a page lists."""
    blob = await served.file(project.ref(file))
    return b"".join([chunk async for chunk in blob.read()])


async def page_of(served: Served, name: ProjectName, *filenames: str) -> Project:
    """Return the page of a project as soon as it lists exactly these files."""
    with anyio.fail_after(PATIENCE_SECONDS):
        while True:
            try:
                project = await served.project(name)
            except WheelyardError:
                project = Project(name)
            if sorted(file.filename for file in project.files) == sorted(filenames):
                return project
            await anyio.sleep(0.01)


async def test_spellings_of_a_name_are_one_project(bench: ServedBench) -> None:
    """`Foo.Bar` and `foo_bar` lie side by side, in any folder, with all that a page tells."""
    bench.put(WHEEL)
    path = bench.put(SDIST, "deep/er")
    os.utime(path, (1_700_000_000.5, 1_700_000_000.5))
    await bench.served.start()

    project = await page_of(bench.served, FOO_BAR, WHEEL.filename, SDIST.filename)

    assert [entry.name for entry in (await bench.served.projects()).projects] == ["foo-bar"]
    by_name = {str(file.filename): file for file in project.files}
    wheel, sdist = by_name[WHEEL.filename], by_name[SDIST.filename]
    assert (wheel.sha256, wheel.size, wheel.requires_python) == (WHEEL.sha256, WHEEL.size, ">=3.9")
    assert (sdist.sha256, sdist.requires_python) == (SDIST.sha256, ">=3.10")
    assert sdist.upload_time == "2023-11-14T22:13:20.500000Z"
    assert await read(bench.served, project, sdist) == SDIST.content
    assert sdist.core_metadata is None
    metadata = await bench.served.metadata(project.ref(wheel))
    assert b"".join([chunk async for chunk in metadata.read()]) == WHEEL.metadata


async def test_name_without_a_file_is_absent(bench: ServedBench) -> None:
    """Whoever comes next may be asked for it."""
    bench.put(WHEEL)
    await bench.served.start()

    with pytest.raises(Absent):
        await bench.served.project(ProjectName("other"))


async def test_half_a_file_keeps_its_name_and_is_not_shown(
    bench: ServedBench, caplog: pytest.LogCaptureFixture
) -> None:
    """A name that is being copied in is not asked for elsewhere meanwhile."""
    for package in (WHEEL, make_sdist("half", "1.0")):
        half = package.content[: len(package.content) // 2]
        bench.directory.joinpath(package.filename).write_bytes(half)
    await bench.served.start()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.served.run, bench.expired.extend)
        await until(lambda: caplog.text.count("is not complete") == 2)
        for name in (FOO_BAR, ProjectName("half")):
            with pytest.raises(Unavailable):
                await bench.served.project(name)
        bench.directory.joinpath(WHEEL.filename).write_bytes(WHEEL.content)
        await page_of(bench.served, FOO_BAR, WHEEL.filename)
        tasks.cancel_scope.cancel()

    told = [record.message for record in caplog.records if WHEEL.filename in record.message]
    assert len(told) == 1, "said once"


async def test_changes_show_and_are_told(bench: ServedBench) -> None:
    """Added, renamed and removed files are seen without asking."""
    await bench.served.start()
    later = make_wheel("foo-bar", "2.0")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.served.run, bench.expired.extend)
        bench.put(WHEEL)
        await page_of(bench.served, FOO_BAR, WHEEL.filename)
        assert FOO_BAR in bench.expired
        bench.put(later, "new folder")
        await page_of(bench.served, FOO_BAR, WHEEL.filename, later.filename)
        bench.directory.joinpath(WHEEL.filename).unlink()
        await page_of(bench.served, FOO_BAR, later.filename)
        bench.directory.joinpath("new folder").rename(bench.directory / "renamed")
        project = await page_of(bench.served, FOO_BAR, later.filename)
        assert await eventually_read(bench.served, later) == later.content
        tasks.cancel_scope.cancel()

    assert project.known is not None


async def eventually_read(served: Served, package: Package) -> bytes:
    """Return the bytes of a file as soon as it can be read where it is now."""
    with anyio.fail_after(PATIENCE_SECONDS):
        while True:
            try:
                project = await served.project(FOO_BAR)
                return await read(served, project, project.files[0])
            except WheelyardError:
                await anyio.sleep(0.01)


async def test_revision_grows_if_and_only_if_the_page_changes(bench: ServedBench) -> None:
    """A page that says the same is not rendered again."""
    bench.put(WHEEL)
    await bench.served.start()
    first = await page_of(bench.served, FOO_BAR, WHEEL.filename)
    same = await bench.served.project(FOO_BAR)
    listed = (await bench.served.projects()).known
    bench.put(SDIST)
    await bench.served.start()

    more = await page_of(bench.served, FOO_BAR, WHEEL.filename, SDIST.filename)
    listed_more = (await bench.served.projects()).known

    assert listed is not None
    assert listed_more is not None
    assert listed.revision < listed_more.revision, "the list stands for all of them"
    assert first.known is not None
    assert same.known is not None
    assert more.known is not None
    assert first.known.revision == same.known.revision < more.known.revision


async def test_replaced_file_is_never_given_out_as_the_old_one(bench: ServedBench) -> None:
    """Who holds the old page gets an error; the new page tells the new digest."""
    bench.put(WHEEL)
    await bench.served.start()
    old = await page_of(bench.served, FOO_BAR, WHEEL.filename)
    other = make_wheel("Foo.Bar", "1.0", requires=["more"])
    bench.put(other)

    with pytest.raises(Unavailable):
        await read(bench.served, old, old.files[0])
    await bench.served.start()
    with pytest.raises(Unavailable):
        await bench.served.metadata(old.ref(old.files[0]))

    new = await page_of(bench.served, FOO_BAR, WHEEL.filename)
    assert new.files[0].sha256 == other.sha256
    assert await read(bench.served, new, new.files[0]) == other.content


async def test_file_is_read_once_for_ever(bench: ServedBench) -> None:
    """After a restart the digest is known without reading, and proven before it is given out."""
    path = bench.put(WHEEL)
    await bench.served.start()
    await page_of(bench.served, FOO_BAR, WHEEL.filename)
    rows = await bench.catalog.served.of_directory(str(bench.directory))
    path.chmod(0o400)  # another stamp, so that it would be read again
    status = path.stat()
    stamp = f"{status.st_ino}-{status.st_ctime_ns}-{status.st_size}"
    row = rows[WHEEL.filename]
    await bench.catalog.served.save([type(row)(row.directory, row.path, stamp, row.sha256, 1)])

    served = await bench.again()
    project = await served.project(FOO_BAR)

    assert project.files[0].size == 1, "as it was written down"
    assert await read(served, project, project.files[0]) == WHEEL.content


async def test_bytes_that_rotted_are_not_given_out(bench: ServedBench) -> None:
    """What looks the same and is not what was written down is noticed, and read anew."""
    path = bench.put(WHEEL)
    await bench.served.start()
    await page_of(bench.served, FOO_BAR, WHEEL.filename)
    rows = await bench.catalog.served.of_directory(str(bench.directory))
    row = rows[WHEEL.filename]
    wrong = type(row)(row.directory, row.path, row.stamp, SDIST_DIGEST, row.size)
    await bench.catalog.served.save([wrong])
    served = await bench.again()
    project = await served.project(FOO_BAR)

    with pytest.raises(WheelyardError, match="corrupt"):
        await read(served, project, project.files[0])

    healed = await page_of(served, FOO_BAR, WHEEL.filename)
    assert healed.files[0].sha256 == WHEEL.sha256
    assert path.read_bytes() == WHEEL.content, "it is not ours to change"


async def test_directory_that_is_gone_makes_nothing_absent(bench: ServedBench) -> None:
    """Unmounted is not empty: nobody knows whose the names are."""
    bench.put(WHEEL)
    await bench.served.start()
    aside = bench.directory.rename(bench.directory.with_name("aside"))
    await bench.served.start()

    for name in (FOO_BAR, ProjectName("other")):
        with pytest.raises(Unavailable, match="not there"):
            await bench.served.project(name)
    bench.directory.mkdir()
    await bench.served.start()
    with pytest.raises(Unavailable, match="mounted"):
        await bench.served.projects()
    bench.directory.rmdir()
    aside.rename(bench.directory)
    await bench.served.start()
    await page_of(bench.served, FOO_BAR, WHEEL.filename)


async def test_directory_that_was_emptied_is_empty(bench: ServedBench) -> None:
    """Taking the last file away takes its project away; so does an empty directory at first."""
    await bench.served.start()
    assert (await bench.served.projects()).projects == ()
    path = bench.put(WHEEL)
    await bench.served.start()
    await page_of(bench.served, FOO_BAR, WHEEL.filename)
    path.unlink()

    await bench.served.start()

    with pytest.raises(Absent):
        await bench.served.project(FOO_BAR)


SDIST_DIGEST = Sha256(make_sdist("any", "1").sha256)
