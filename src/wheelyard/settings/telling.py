"""Whom the server tells of outages and of what is published: the settings of webhooks."""

from dataclasses import dataclass
from typing import Annotated

from wheelyard.settings import kinds
from wheelyard.settings.hidden import HookUrl, Secret
from wheelyard.settings.words import Words

__all__ = ["TellingSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingSettings:
    """Who is told that an outage has begun or is over, and that a project of ours changed."""

    outage_webhooks: Annotated[
        tuple[HookUrl, ...],
        kinds.HOOKS,
        Words(
            "Addresses that get a POST when an outage of an upstream begins and when it is over; "
            "each is an address, or a reference to one."
        ),
    ] = ()
    outage_webhook_secret: Annotated[
        Secret | None,
        kinds.SECRET,
        Words("What the POSTs are signed with: HMAC-SHA256 of the body, in `X-Hub-Signature-256`."),
    ] = None
    publish_webhooks: Annotated[
        tuple[HookUrl, ...],
        kinds.HOOKS,
        Words(
            "Addresses that get a POST for each change of a project of our own, in whatever index: "
            "a file is uploaded, a release yanked, promoted or deleted. In order, and again until "
            "it is taken; each is an address, or a reference to one."
        ),
    ] = ()
    publish_webhook_secret: Annotated[
        Secret | None,
        kinds.SECRET,
        Words(
            "What these POSTs, and those of `purge_hooks`, are signed with, in "
            "`X-Hub-Signature-256`."
        ),
    ] = None
