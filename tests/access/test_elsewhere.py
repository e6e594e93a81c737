"""What issuers are good for, out of the settings."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.catalogs import new_catalog
from wheelyard.access.elsewhere import ElsewhereRules, open_elsewhere
from wheelyard.catalog import Catalog
from wheelyard.clock import FrozenClock
from wheelyard.errors import ConfigError
from wheelyard.settings import AccessSettings, OidcSettings

pytestmark = pytest.mark.anyio

PIPELINES = OidcSettings(name="github", issuer="https://ci.example")
PEOPLE = OidcSettings(name="sso", issuer="https://sso.example", client_id="wheelyard")


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with new_catalog(tmp_path, clock) as opened:
        yield opened


def rules(*issuers: OidcSettings, is_offline: bool = False) -> ElsewhereRules:
    """Return rules with these issuers."""
    access = AccessSettings(audience="here", session_seconds=60.0)
    return ElsewhereRules(issuers, access, "", bytes(32), is_offline=is_offline)


async def test_issuers_with_a_client_id_sign_people_in(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """Every one vouches for pipelines; nobody is asked anything before it is needed."""
    async with open_elsewhere(catalog, clock, rules(PIPELINES, PEOPLE)) as opened:
        assert [issuer.name for issuer in opened.publishing.issuers] == ["github", "sso"]
        assert [login.name for login in opened.logins] == ["sso"]
        assert opened.publishing.audience == "here"
        assert opened.sessions.parts.seconds == 60


async def test_nobody_vouches_for_anybody_offline(catalog: Catalog, clock: FrozenClock) -> None:
    """Offline means that nobody is asked."""
    async with open_elsewhere(catalog, clock, rules(PEOPLE, is_offline=True)) as opened:
        assert not opened.publishing.is_on
        assert opened.logins == ()


async def test_issuer_over_plain_http_stops_the_start(catalog: Catalog, clock: FrozenClock) -> None:
    """Better than to be signed in as anybody."""
    wrong = OidcSettings(name="sso", issuer="http://sso.example")

    with pytest.raises(ConfigError, match="plain HTTP"):
        async with open_elsewhere(catalog, clock, rules(wrong)):
            pass
