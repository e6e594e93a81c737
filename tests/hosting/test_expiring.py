"""Expiring: by command, and once a day by the server."""

import logging

import anyio
import pytest

from support.hosted_files import MAIN_OWNER, SOMEBODY, publish
from wheelyard.catalog import Catalog
from wheelyard.clock import Instant
from wheelyard.errors import Unavailable
from wheelyard.hosting import Expirer, Place, expire, retention_of
from wheelyard.names import ProjectName
from wheelyard.settings import IndexSettings

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")


def place(*, daily: bool = False, name: str = "main") -> Place:
    """Return an index that keeps one development build."""
    rules = IndexSettings(name=name, keep_development_builds=1, expire_daily=daily)
    return Place(rules, "configuration")


@pytest.fixture
async def built(catalog: Catalog) -> Catalog:
    """Return a catalog with two development builds of a project."""
    for number in range(2):
        await publish(catalog, f"demo-1.0.dev{number}.tar.gz", uploaded_at=Instant(number))
    return catalog


async def versions(catalog: Catalog) -> list[str]:
    """Return the versions that are there."""
    loaded = await catalog.hosting.load(MAIN_OWNER, DEMO)
    return [file.version for file in loaded[1]] if loaded else []


def test_retention_is_what_the_index_says() -> None:
    """Each setting in its place."""
    rules = IndexSettings(
        name="x",
        keep_prereleases=1,
        keep_prereleases_days=2.5,
        keep_development_builds=3,
        keep_development_builds_days=4.5,
    )

    found = retention_of(rules)

    assert (found.prereleases, found.prerelease_days) == (1, 2.5)
    assert (found.development_builds, found.development_build_days) == (3, 4.5)


async def test_dry_run_says_what_would_go(built: Catalog) -> None:
    """And nothing goes."""
    expired = await expire(built, place(), SOMEBODY, dry_run=True)

    assert [each.version for each in expired.releases] == ["1.0.dev0"]
    assert not expired.is_done
    assert await versions(built) == ["1.0.dev0", "1.0.dev1"]


async def test_expiring_deletes_and_says_what(built: Catalog) -> None:
    """The second time there is nothing more to do."""
    expired = await expire(built, place(), SOMEBODY)

    assert [each.version for each in expired.releases] == ["1.0.dev0"]
    assert expired.is_done
    assert await versions(built) == ["1.0.dev1"]
    assert (await expire(built, place(), SOMEBODY)).releases == ()


async def test_many_releases_go_in_several_transactions(
    built: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uploads get their turn in between; all of them go."""
    monkeypatch.setattr("wheelyard.hosting.expiring._BATCH", 2)
    for number in range(2, 8):
        await publish(built, f"demo-1.0.dev{number}.tar.gz", uploaded_at=Instant(number))

    expired = await expire(built, place(), SOMEBODY)

    assert len(expired.releases) == 7
    assert await versions(built) == ["1.0.dev7"]


async def test_server_expires_only_what_it_is_told_to(
    built: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    """Once a day where the configuration says so; in the name of the rules, and with a line."""
    await Expirer(built, lambda: [place()]).once()
    assert len(await versions(built)) == 2

    with caplog.at_level(logging.INFO):
        await Expirer(built, lambda: [place(daily=True)]).once()

    assert await versions(built) == ["1.0.dev1"]
    assert "Expired in the index `main`: 1 releases." in caplog.text
    line = (await built.audit.since())[-1]
    assert (line.actor, line.action, line.origin) == ("wheelyard", "release.deleted", "retention")


async def test_index_that_fails_does_not_stop_the_others(
    built: Catalog, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has its turn tomorrow."""
    expiring = built.curator.expiring

    async def fail_once(owner: str, rules: object) -> object:
        if owner == "hosted:broken":
            raise Unavailable("The catalog", "it is being restored")
        return await expiring(owner, rules)  # type: ignore[arg-type]  # passed on as it is

    monkeypatch.setattr(built.curator, "expiring", fail_once)
    places = [place(daily=True, name="broken"), place(daily=True)]

    await Expirer(built, lambda: places).once()

    assert "Nothing expired in the index `broken`" in caplog.text
    assert await versions(built) == ["1.0.dev1"]


async def test_server_begins_at_once_and_ends_with_the_program(built: Catalog) -> None:
    """A server that is restarted every night expires, too."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Expirer(built, lambda: [place(daily=True)]).run)
        with anyio.fail_after(180):
            while len(await versions(built)) > 1:
                await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()

    assert await versions(built) == ["1.0.dev1"]
