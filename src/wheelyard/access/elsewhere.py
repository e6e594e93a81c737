"""What is known elsewhere, opened: issuers that vouch for pipelines and for people."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from wheelyard.access.issuers import Issuer
from wheelyard.access.login import Login, LoginParts
from wheelyard.access.publishing import TrustedPublishing
from wheelyard.access.sessions import SessionParts, Sessions
from wheelyard.catalog import Catalog
from wheelyard.clock import Clock
from wheelyard.settings import AccessSettings, OidcSettings
from wheelyard.settings.access import default_audience
from wheelyard.transport import IssuerClient, IssuerRules, Proxies

__all__ = ["Elsewhere", "ElsewhereRules", "open_elsewhere"]


@dataclass(frozen=True, slots=True)
class ElsewhereRules:
    """Whom to ask, and what for. ``key`` is that of the data directory.

    With ``is_offline`` nobody is asked, and so nobody vouches for anybody.
    """

    issuers: tuple[OidcSettings, ...]
    access: AccessSettings
    base_url: str
    key: bytes = field(repr=False)
    proxies: Proxies = field(default_factory=Proxies)
    is_offline: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Trusted publishing, the logins by name of their issuer, and the sessions they lead to."""

    publishing: TrustedPublishing
    logins: tuple[Login, ...]
    sessions: Sessions


@asynccontextmanager
async def open_elsewhere(
    catalog: Catalog, clock: Clock, rules: ElsewhereRules
) -> AsyncIterator[Elsewhere]:
    """Yield what issuers are good for, with connections to them that are closed at the end.

    Raises:
        ConfigError: the address of an issuer is none, or plain HTTP to another machine.
    """
    issuers, logins = [], []
    async with AsyncExitStack() as stack:
        for settings in () if rules.is_offline else rules.issuers:
            where = IssuerRules(settings.issuer, settings.name, settings.ca, rules.proxies)
            client = await stack.enter_async_context(IssuerClient(where))
            issuer = Issuer(settings.name, settings.issuer, client, clock)
            issuers.append(issuer)
            if settings.client_id:
                logins.append(Login(LoginParts(issuer, client, settings, rules.key, clock)))
        audience = default_audience(rules.access.audience, rules.base_url)
        seconds = rules.access.session_seconds
        sessions = SessionParts(
            catalog.bearers, catalog.tokens, catalog.arrivals, rules.key, clock, seconds
        )
        publishing = TrustedPublishing(
            catalog.publishers, tuple(issuers), audience, rules.key, clock
        )
        yield Elsewhere(publishing, tuple(logins), Sessions(sessions))
