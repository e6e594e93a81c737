"""The caches of one ``[publish.INDEX]``, ready to be told."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wheelyard.clock import Clock
from wheelyard.errors import ConfigError
from wheelyard.publish.purging.aws_signature import AwsCredentials
from wheelyard.publish.purging.cloudfront import (
    CLOUDFRONT_URL,
    CloudFrontPurger,
    invalidation_url,
)
from wheelyard.publish.purging.fastly import FASTLY_URL, FastlyPurger, purge_url
from wheelyard.publish.purging.purger import Purger
from wheelyard.publish.purging.webhook import WebhookPurger
from wheelyard.settings import PublishSettings, Secret
from wheelyard.transport import Proxies, WebhookClient, WebhookRules

__all__ = ["Endpoints", "PurgerParts", "open_purgers"]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the services are asked; tests have them on this machine."""

    cloudfront: str = CLOUDFRONT_URL
    fastly: str = FASTLY_URL


@dataclass(frozen=True, slots=True)
class PurgerParts:
    """What purgers work with, apart from the settings.

    ``secret`` signs what webhooks are told. ``credentials`` are for AWS, ``has_views`` says whether
    the target has views now.
    """

    clock: Clock
    proxies: Proxies = field(default_factory=Proxies)
    secret: Secret | None = None
    credentials: AwsCredentials | None = None
    has_views: bool = False
    endpoints: Endpoints = field(default_factory=Endpoints)
    total_seconds: float = 10.0


@asynccontextmanager
async def open_purgers(
    settings: PublishSettings, parts: PurgerParts
) -> AsyncIterator[tuple[Purger, ...]]:
    """Open whatever an index has to be told of its changes; nothing is sent by that.

    Raises:
        ConfigError: an address or the credentials for one cannot be used.
    """
    async with AsyncExitStack() as stack:
        opened: list[Purger] = []
        for purger, client in _purgers(settings, parts):
            await stack.enter_async_context(client)
            opened.append(purger)
        yield tuple(opened)


def _purgers(
    settings: PublishSettings, parts: PurgerParts
) -> Iterator[tuple[Purger, WebhookClient]]:
    """Yield each purger with the client that it sends with."""
    for hook in settings.purge_hooks:
        client = _client(hook.reveal(), parts)
        digest = hashlib.blake2b(hook.reveal().encode(), digest_size=16).hexdigest()
        yield WebhookPurger(client, f"webhook:{digest}", client.shown, parts.secret), client
    if settings.purge_cloudfront:
        url = invalidation_url(settings.purge_cloudfront, parts.endpoints.cloudfront)
        client = _client(url, parts)
        yield _cloudfront(settings, parts, client, url), client
    if settings.purge_fastly and settings.purge_fastly_token is not None:
        client = _client(purge_url(settings.purge_fastly, parts.endpoints.fastly), parts)
        yield (
            FastlyPurger(
                client,
                settings.purge_fastly,
                settings.purge_fastly_token,
                is_soft=settings.purge_fastly_soft,
            ),
            client,
        )


def _cloudfront(
    settings: PublishSettings, parts: PurgerParts, client: WebhookClient, url: str
) -> CloudFrontPurger:
    """Return what invalidates paths of a distribution.

    Raises:
        ConfigError: there is nothing to sign requests with.
    """
    if parts.credentials is None:
        raise ConfigError(
            f"`purge_cloudfront` of `[publish.{settings.name}]` needs credentials: set "
            "`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` in the environment."
        )
    return CloudFrontPurger(
        client,
        settings.purge_cloudfront,
        parts.credentials,
        parts.clock,
        url,
        prefix=urlsplit(settings.base_url).path.rstrip("/").removesuffix("/simple"),
        has_views=parts.has_views,
    )


def _client(url: str, parts: PurgerParts) -> WebhookClient:
    """Return a client for one address."""
    return WebhookClient(WebhookRules(url, parts.proxies, parts.total_seconds))
