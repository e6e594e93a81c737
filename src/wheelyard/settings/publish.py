"""Where an index is published to, and when: ``[publish.INDEX]``."""

from dataclasses import dataclass
from typing import Annotated, Literal

from wheelyard.settings import kinds
from wheelyard.settings.hidden import HookUrl, Secret
from wheelyard.settings.words import Words

__all__ = ["PublishSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishSettings:
    """Where one index is published to, when, and who is told of it."""

    name: str
    target: Annotated[
        str,
        kinds.TEXT,
        Words(
            "Where the server publishes it: a directory, or an object store such as "
            "`s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`. Its "
            "credentials come from the environment.",
            shown_default="nowhere",
        ),
    ] = ""
    watch: Annotated[
        bool,
        kinds.SWITCH,
        Words("Publish within seconds of a change.", flag="--watch"),
    ] = False
    every_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words(
            "How often the server publishes by itself, counted from start to start, whether it "
            "heard of a change or not; 0 means never.",
            "seconds",
        ),
    ] = 900.0
    reconcile_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words(
            "How often a publish compares all of the target with what it should be, and repairs "
            "it; 0 means only when it is asked to.",
            "seconds",
        ),
    ] = 86_400.0
    views: Annotated[
        Literal["auto", "always", "never"],
        kinds.choice("auto", "always", "never"),
        Words(
            "Whether pages are laid out twice, so that a publish becomes visible, and is taken "
            "back, in one step; `auto` means in directories."
        ),
    ] = "auto"
    files_url: Annotated[
        str,
        kinds.URL,
        Words(
            "Address that links to files begin with.",
            shown_default="links are relative",
        ),
    ] = ""
    base_url: Annotated[
        str,
        kinds.URL,
        Words(
            "Address at which the tree is served; links to provenance need it, with `https://`.",
            shown_default="unknown",
        ),
    ] = ""
    page_max_age_seconds: Annotated[
        int,
        kinds.whole(0),
        Words("How long caches may use a page without asking again.", "seconds"),
    ] = 600
    removal_delay_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words(
            "How long a file stays after its page has lost it; at least as long as caches use the "
            "page. Files of a project in quarantine go at once.",
            "seconds",
        ),
    ] = 3_600.0
    members: Annotated[
        bool,
        kinds.SWITCH,
        Words(
            "Publish an index that only members may read: whoever can read the target can read "
            "all of it.",
            flag="--members",
        ),
    ] = False
    snapshot_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words(
            "How old `snapshot.sqlite` may become while pages change; 0 means that each publish "
            "makes it anew.",
            "seconds",
        ),
    ] = 0.0
    manifest_days: Annotated[
        float,
        kinds.DAYS,
        Words("How long the signed manifest counts.", "days"),
    ] = 7.0
    max_concurrency: Annotated[
        int,
        kinds.whole(1, 256),
        Words("How many objects are sent at the same time at most."),
    ] = 32
    purge_hooks: Annotated[
        tuple[HookUrl, ...],
        kinds.HOOKS,
        Words(
            "Addresses that are told, by POST, which paths and keys have changed. Give one with a "
            "secret in it by reference."
        ),
    ] = ()
    purge_cloudfront: Annotated[
        str,
        kinds.TEXT,
        Words(
            "CloudFront distribution in which the changed paths are invalidated; its credentials "
            "come from the environment.",
            shown_default="none",
        ),
    ] = ""
    purge_fastly: Annotated[
        str,
        kinds.TEXT,
        Words(
            "Fastly service in which the changed surrogate keys are purged.",
            shown_default="none",
        ),
    ] = ""
    purge_fastly_token: Annotated[
        Secret | None,
        kinds.SECRET,
        Words("Token for that.", shown_default="none"),
    ] = None
    purge_fastly_soft: Annotated[
        bool,
        kinds.SWITCH,
        Words(
            "Whether what is purged there counts as stale instead of gone: it may be given out "
            "while the origin is down, and for a moment after a change."
        ),
    ] = False
