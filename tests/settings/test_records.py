"""The records that components are built from."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

import wheelyard
from wheelyard.settings import (
    TABLE,
    ConnectionSettings,
    FreshnessSettings,
    LogSettings,
    Row,
    ServerSettings,
    Settings,
    StoreSettings,
    UpstreamSettings,
)
from wheelyard.settings.kinds import Place
from wheelyard.settings.patterns import ROUTES


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.default is not None], ids=lambda row: row.key
)
def test_default_is_a_value_that_could_be_given(row: Row) -> None:
    """Writing the default into the file changes nothing."""
    written = list(row.default) if isinstance(row.default, tuple) else row.default
    if row.kind is ROUTES:
        written = {}

    assert row.kind.read(written, Place(Path("/"), {})) == row.default


def test_records_need_only_what_has_no_default() -> None:
    """Tests and embedders name what they care about; a store has to be somewhere."""
    assert ServerSettings() == ServerSettings(host="127.0.0.1", port=8765)
    assert UpstreamSettings(name="a").urls == ()
    with pytest.raises(TypeError):
        StoreSettings()  # type: ignore[call-arg]  # the point of the test


@pytest.mark.parametrize(
    ("server", "upstream", "is_offline"),
    [(False, False, False), (True, False, True), (False, True, True)],
)
def test_nobody_is_asked_if_either_says_so(
    *, server: bool, upstream: bool, is_offline: bool
) -> None:
    """The server as a whole, or the upstream that there is."""
    settings = Settings(
        server=ServerSettings(offline=server),
        connections=ConnectionSettings(),
        logs=LogSettings(),
        store=StoreSettings(data=Path("/data")),
        freshness=FreshnessSettings(),
        upstreams=(UpstreamSettings(name="a", offline=upstream),),
    )

    assert settings.is_offline is is_offline


def test_record_cannot_be_changed() -> None:
    """Settings are read once."""
    settings = ServerSettings()

    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]  # the point of the test


def test_settings_load_no_library_that_is_slow() -> None:
    """Every command reads settings, so they must be quick to import."""
    code = "import sys, wheelyard.settings; print(*sys.modules)"
    source = Path(wheelyard.__file__).parents[1]
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True
    )

    slow = {"aiohttp", "anyio", "click", "msgspec", "packaging", "rich", "sqlalchemy", "structlog"}
    assert slow & set(answer.stdout.split()) == set()
