"""Doors: where they come from, and what is recorded of them."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fakes import opened_catalog
from wheelyard.catalog import Catalog, DoorRow, open_catalog
from wheelyard.clock import FrozenClock
from wheelyard.errors import ConfigError
from wheelyard.names import IndexName
from wheelyard.repository.doors import resolve_upstream
from wheelyard.settings import (
    ConnectionSettings,
    DoorSettings,
    FreshnessSettings,
    LogSettings,
    Secret,
    ServerSettings,
    Settings,
    StoreSettings,
    UpstreamSettings,
)
from wheelyard.transport import Credentials, PipSettings, default_index_url

pytestmark = pytest.mark.anyio

MAIN = IndexName("main")
CORP = "https://index.example/simple/"
PIPS = "https://pip.example/simple"
SECRET = "hunter2"
NOTHING = PipSettings()


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with open_catalog(tmp_path, clock) as opened:
        yield opened


def settings(*upstreams: UpstreamSettings) -> Settings:
    """Return settings with these upstreams and otherwise nothing said."""
    return Settings(
        server=ServerSettings(),
        connections=ConnectionSettings(),
        logs=LogSettings(),
        store=StoreSettings(data=Path("data")),
        freshness=FreshnessSettings(),
        upstreams=upstreams,
    )


def upstream(*urls: str, name: str = "corp") -> UpstreamSettings:
    """Return an upstream with doors at these addresses."""
    return UpstreamSettings(name=name, doors=tuple(DoorSettings(url=url) for url in urls))


async def resolve(
    catalog: Catalog, *upstreams: UpstreamSettings, pip: PipSettings = NOTHING
) -> UpstreamSettings:
    """Return the upstream of the one index there is."""
    return await resolve_upstream(settings(*upstreams), catalog, MAIN, pip)


# --- which doors count ---------------------------------------------------------------------------


async def test_configured_doors_count_and_are_recorded_in_order(catalog: Catalog) -> None:
    """What a person says counts, and a later start without those words goes on with it."""
    configured = upstream(CORP, "https://second.example/simple/")

    resolved = await resolve(catalog, configured, pip=PipSettings(index_url=PIPS))

    assert resolved is configured
    assert await catalog.doors.load(MAIN) == (
        DoorRow("corp", CORP),
        DoorRow("corp", "https://second.example/simple/"),
    )


async def test_configured_doors_replace_recorded_ones(catalog: Catalog) -> None:
    """A person who names other doors does not have to delete anything."""
    await resolve(catalog, upstream("https://old.example/simple/", name="old"))

    await resolve(catalog, upstream(CORP))

    assert await catalog.doors.load(MAIN) == (DoorRow("corp", CORP),)


async def test_doors_for_once_count_and_are_not_recorded(catalog: Catalog) -> None:
    """A command that is told another door does not decide what the server asks tomorrow."""
    await resolve(catalog, upstream(CORP))

    chosen = settings(upstream(PIPS))
    found = await resolve_upstream(chosen, catalog, MAIN, NOTHING, records=False)

    assert [door.url for door in found.doors] == [PIPS]
    assert [row.url for row in await catalog.doors.load(MAIN)] == [CORP]


async def test_recorded_doors_count_before_those_of_pip(catalog: Catalog) -> None:
    """An index does not change its upstream because somebody reconfigured pip."""
    await catalog.doors.record(MAIN, [DoorRow("corp", CORP, {"plain_url": "https://a.example/"})])

    resolved = await resolve(catalog, pip=PipSettings(index_url=PIPS))

    assert resolved.name == "corp"
    assert resolved.doors == (DoorSettings(url=CORP, plain_url="https://a.example/"),)


async def test_doors_survive_a_restart(tmp_path: Path, clock: FrozenClock) -> None:
    """Name, addresses, other spellings and order are those of the first start."""
    path = tmp_path / "survivor"
    path.mkdir()
    doors = (
        DoorSettings(url=CORP, plain_url="https://index.example/"),
        DoorSettings(url="https://second.example/simple/"),
    )
    async with opened_catalog(path, clock) as catalog:
        await resolve(catalog, UpstreamSettings(name="corp", doors=doors))

    async with opened_catalog(path, clock) as catalog:
        resolved = await resolve(catalog)

    assert (resolved.name, resolved.doors) == ("corp", doors)


async def test_doors_of_pip_are_recorded_at_the_first_start(catalog: Catalog) -> None:
    """Where this machine's pip installs from is the upstream, and stays it without pip."""
    first = await resolve(catalog, pip=PipSettings(index_url=PIPS))

    second = await resolve(catalog)

    assert first.doors == second.doors == (DoorSettings(url=f"{PIPS}/"),)
    assert first.name == second.name == "main"


async def test_index_of_pip_without_simple_gets_both_spellings(catalog: Catalog) -> None:
    """The likeliest address first; the address as it was given is kept beside it."""
    pip = PipSettings(index_url="https://pip.example/root/pypi")

    await resolve(catalog, pip=pip)
    resolved = await resolve(catalog)

    [door] = resolved.doors
    assert door.url == "https://pip.example/root/pypi/simple/"
    assert door.plain_url == "https://pip.example/root/pypi/"


async def test_without_any_word_the_door_is_pypi(catalog: Catalog) -> None:
    """Nothing is configured, nothing recorded, nothing known of pip: the library knows."""
    resolved = await resolve(catalog)

    assert resolved.doors == (DoorSettings(url=default_index_url()),)
    assert await catalog.doors.load(MAIN) == (DoorRow("main", default_index_url()),)


async def test_files_of_pip_go_with_doors_that_nobody_configured(catalog: Catalog) -> None:
    """Authority and client certificate are read from pip at each start, not from the record."""
    pip = PipSettings(index_url=PIPS, cert=Path("/ca.pem"), client_cert=Path("/me.pem"))
    await resolve(catalog, pip=PipSettings(index_url=PIPS))

    resolved = await resolve(catalog, pip=pip)
    configured = await resolve(catalog, upstream(CORP), pip=pip)

    assert (resolved.ca, resolved.client_cert) == (Path("/ca.pem"), Path("/me.pem"))
    assert (configured.ca, configured.client_cert) == (None, None)


async def test_client_certificate_of_pip_is_for_the_index_of_pip(catalog: Catalog) -> None:
    """Who we are is shown to the index that pip would show it to, and to no other."""
    pip = PipSettings(index_url=PIPS, client_cert=Path("/me.pem"))
    await resolve(catalog)  # PyPI is recorded

    resolved = await resolve(catalog, pip=pip)

    assert resolved.client_cert is None


async def test_directory_that_pip_installs_from_is_a_door(catalog: Catalog) -> None:
    """On a machine without a network pip's index is often one."""
    resolved = await resolve(catalog, pip=PipSettings(index_url="file://localhost/srv/wheels/"))

    assert [door.url for door in resolved.doors] == ["file:///srv/wheels/simple/"]


async def test_unusable_index_of_pip_is_not_recorded(catalog: Catalog) -> None:
    """Or it would be there still after somebody has corrected it."""
    pip = PipSettings(index_url="https://index.example:port/simple/")

    with pytest.raises(ConfigError, match="no usable address"):
        await resolve(catalog, pip=pip)

    assert await catalog.doors.load(MAIN) == ()


async def test_two_upstreams_are_refused_and_nothing_is_recorded(catalog: Catalog) -> None:
    """There is one index; the sentence names both sections and says what to write instead."""
    with pytest.raises(ConfigError, match=r"`\[upstream.a\]`, `\[upstream.b\]`.*`urls` of one"):
        await resolve(catalog, upstream(CORP, name="a"), upstream(PIPS, name="b"))

    assert await catalog.doors.load(MAIN) == ()


async def test_warnings_about_pip_are_given_once(
    catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    """What pip has and we do not take over is said when the doors come from pip, then no more."""
    pip = PipSettings(index_url=PIPS, warnings=("pip's `find-links` is not a door.",))

    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            await resolve(catalog, pip=pip)

    assert caplog.messages == ["pip's `find-links` is not a door."]


async def test_warnings_about_pip_are_not_for_who_names_doors(
    catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever says what counts need not hear about what does not."""
    with caplog.at_level(logging.WARNING):
        await resolve(catalog, upstream(CORP), pip=PipSettings(warnings=("A warning.",)))

    assert caplog.messages == []


# --- secrets -------------------------------------------------------------------------------------


async def test_no_secret_reaches_the_data_directory(tmp_path: Path, clock: FrozenClock) -> None:
    """Not those of the settings, nor those in an address, nor those of pip: in no file at all."""
    door = DoorSettings(
        url=f"https://someone:{SECRET}@index.example/simple/",
        plain_url=f"https://someone:{SECRET}@index.example/",
        credentials=Secret(f"someone:{SECRET}"),
    )
    pip = PipSettings(index_url=CORP, credentials=Credentials("someone", Secret(SECRET)))
    path = tmp_path / "data"
    path.mkdir()
    async with opened_catalog(path, clock) as catalog:
        await resolve(catalog, UpstreamSettings(name="corp", doors=(door,)), pip=pip)
        await resolve_upstream(settings(), catalog, IndexName("other"), pip)
        recorded = await catalog.doors.load(MAIN)
        texts = [file.read_bytes() for file in path.rglob("*") if file.is_file()]

    assert recorded == (DoorRow("corp", CORP, {"plain_url": "https://index.example/"}),)
    assert any(b"index.example" in text for text in texts)
    assert not any(SECRET.encode() in text or b"someone" in text for text in texts)
