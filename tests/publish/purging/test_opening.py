"""Settings become purgers, and what cannot be used is refused before anything is published."""

import pytest

from publish.purging.batches import batch_of
from support.told import Told
from wheelyard.clock import FrozenClock
from wheelyard.errors import ConfigError
from wheelyard.publish.purging.aws_signature import AwsCredentials
from wheelyard.publish.purging.cloudfront import CloudFrontPurger
from wheelyard.publish.purging.opening import Endpoints, PurgerParts, open_purgers
from wheelyard.settings import HookUrl, PublishSettings, Secret

pytestmark = pytest.mark.anyio

CREDENTIALS = AwsCredentials("id", Secret("hush"))


async def test_every_cache_of_the_settings_is_told(clock: FrozenClock) -> None:
    """Hooks, CloudFront and Fastly, each by its own address."""
    with Told() as told:
        told.replies = [200]
        settings = PublishSettings(
            name="main",
            purge_hooks=(HookUrl(f"{told.url}/one"), HookUrl(f"{told.url}/two")),
            purge_cloudfront="E1",
            purge_fastly="S1",
            purge_fastly_token=Secret("t"),
            purge_fastly_soft=True,
            base_url="https://index.example/python/",
        )
        endpoints = Endpoints(cloudfront=told.url, fastly=told.url)
        parts = PurgerParts(clock, credentials=CREDENTIALS, endpoints=endpoints)
        async with open_purgers(settings, parts) as purgers:
            for purger in purgers:
                await purger.purge(batch_of(["/simple/a/"]))

    paths = [each.path for each in told.heard]
    assert paths == [
        "/one",
        "/two",
        "/2020-05-31/distribution/E1/invalidation",
        "/service/S1/purge",
    ]
    names = [purger.name for purger in purgers]
    assert names[2:] == ["cloudfront:E1", "fastly:S1"]
    assert len(set(names)) == 4
    assert b"<Path>/python/simple/a/*</Path>" in told.heard[2].body
    assert told.heard[3].headers["fastly-soft-purge"] == "1"


async def test_name_of_a_hook_tells_nothing_of_its_address(clock: FrozenClock) -> None:
    """It stands in the catalog, and the address may be a key; the same address has the same."""
    settings = PublishSettings(name="main", purge_hooks=(HookUrl("https://h.example/hush"),))

    async with open_purgers(settings, PurgerParts(clock)) as (first,):
        pass
    async with open_purgers(settings, PurgerParts(clock)) as (second,):
        pass

    assert first.name == second.name
    assert "hush" not in first.name + first.shown
    assert first.shown == "https://h.example"


async def test_invalidations_without_credentials_are_refused(clock: FrozenClock) -> None:
    """Before anything is published, with the names of what is missing."""
    settings = PublishSettings(name="main", purge_cloudfront="E1")

    with pytest.raises(ConfigError, match="AWS_ACCESS_KEY_ID"):
        async with open_purgers(settings, PurgerParts(clock)):
            pass


async def test_views_of_the_target_are_known_to_cloudfront(clock: FrozenClock) -> None:
    """Then the objects have other names."""
    settings = PublishSettings(name="main", purge_cloudfront="E1")
    parts = PurgerParts(clock, credentials=CREDENTIALS, has_views=True)

    async with open_purgers(settings, parts) as (purger,):
        assert isinstance(purger, CloudFrontPurger)
        assert purger.has_views
        assert purger.prefix == ""


async def test_nothing_is_opened_without_a_cache(clock: FrozenClock) -> None:
    """Which is what most have."""
    async with open_purgers(PublishSettings(name="main"), PurgerParts(clock)) as purgers:
        assert purgers == ()
