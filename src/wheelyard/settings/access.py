"""Who people are: the settings of signing in, and of pipelines that publish."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from wheelyard.settings import kinds
from wheelyard.settings.hidden import Secret
from wheelyard.settings.patterns import WORDS
from wheelyard.settings.words import Words

__all__ = ["AccessSettings", "OidcSettings", "access_contradictions", "default_audience"]

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_NOT_A_USER = frozenset({"authorization", "cookie", "forwarded", "host", "origin", "user-agent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    """How people and programs show who they are."""

    user_header: Annotated[
        str,
        kinds.TEXT,
        Words(
            "Header in which a trusted proxy (`trusted_proxies`) names the user that it has signed "
            "in; from anybody else it is ignored.",
            shown_default="none",
        ),
    ] = ""
    audience: Annotated[
        str,
        kinds.TEXT,
        Words(
            "What the tokens of pipelines that publish have to be made for, so that those made for "
            "another server are of no use here.",
            shown_default="the host of `base_url`, else `wheelyard`",
        ),
    ] = ""
    session_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words(
            "How long people who signed in with OIDC stay so, and the tokens that they are handed "
            "out are good for.",
            "seconds",
        ),
    ] = 43_200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """One issuer of identities, for people who sign in or for pipelines that publish."""

    name: str
    issuer: Annotated[
        str,
        kinds.URL,
        Words("Address of the issuer, exactly as its tokens name it; HTTPS, or on this machine."),
    ] = ""
    ca: Annotated[
        Path | None,
        kinds.FILE,
        Words(
            "Certificates in PEM form that are trusted for this issuer.",
            shown_default="the system's",
        ),
    ] = None
    client_id: Annotated[
        str,
        kinds.TEXT,
        Words(
            "Name under which this server is known to the issuer: with it, people sign in there. "
            "Without it the issuer is for pipelines alone.",
            shown_default="none",
        ),
    ] = ""
    client_secret: Annotated[
        Secret | None,
        kinds.SECRET,
        Words("Secret that goes with `client_id`, if the issuer gave one."),
    ] = None
    user_claim: Annotated[
        str,
        kinds.TEXT,
        Words(
            "Claim that is the user's name here: one that people cannot choose for themselves. "
            "`email` counts only if it was verified."
        ),
    ] = "preferred_username"
    add_users: Annotated[
        bool,
        kinds.SWITCH,
        Words(
            "Add whoever signs in for the first time as a user without any role; otherwise users "
            "are added with `wheelyard user add`."
        ),
    ] = False
    link_users: Annotated[
        bool,
        kinds.SWITCH,
        Words(
            "Let somebody who signs in there be the user of that name even if that user has a "
            "password here or is an administrator: only for an issuer at which nobody can choose "
            "their own name."
        ),
    ] = False
    groups_claim: Annotated[
        str,
        kinds.TEXT,
        Words("Claim that lists the groups of the user."),
    ] = "groups"
    groups: Annotated[
        tuple[str, ...],
        WORDS,
        Words(
            "Groups in which a user is, from each login on, if and only if the claim says so; "
            "other groups are left as they are."
        ),
    ] = ()


def default_audience(audience: str, base_url: str) -> str:
    """Return what tokens of pipelines have to be made for on a server with these settings."""
    return audience or urlsplit(base_url).hostname or "wheelyard"


def access_contradictions(
    values: Mapping[tuple[str, str], Mapping[str, object]],
) -> Iterator[str]:
    """Yield a sentence for each combination of usable values that is not usable.

    ``values`` are by section and name of the section, then by key.
    """
    header = values.get(("access", ""), {}).get("user_header")
    if header and not values.get(("server", ""), {}).get("trusted_proxies"):
        yield (
            "`access.user_header` needs `server.trusted_proxies`: name the proxy that sets it, "
            "because from nobody else it is believed."
        )
    if header and not _is_user_header(str(header)):
        yield f"`access.user_header`: `{str(header)[:80]}` is not a header that can name a user."
    for (section, name), given in values.items():
        if section != "oidc":
            continue
        if not given.get("issuer"):
            yield f"`[oidc.{name}]` has no issuer: give its address in `oidc.{name}.issuer`."
        if given.get("client_secret") and not given.get("client_id"):
            yield f"`oidc.{name}.client_secret` needs `oidc.{name}.client_id`."


def _is_user_header(name: str) -> bool:
    """Say whether a header of this name could be one that a proxy makes up. RFC 9110, 5.6.2."""
    lower = name.lower()
    if lower in _NOT_A_USER or lower.startswith("x-forwarded-for"):
        return False
    return _TOKEN.fullmatch(name) is not None
