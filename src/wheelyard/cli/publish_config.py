"""``wheelyard publish --config-for``: what a web server or a CDN needs to give out a tree."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click

from wheelyard.errors import BadInput
from wheelyard.settings import PublishSettings, ServerSettings

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.publish.serving import Kind, Site

__all__ = ["SERVERS", "show_configuration", "site_of"]

SERVERS: Final = ("nginx", "nginx-front", "apache", "caddy", "cloudfront")
"""What there is a configuration for, as ``publish/serving/`` has it."""


def show_configuration(
    kind: "Kind", target: str, wanted: PublishSettings, server: ServerSettings
) -> None:
    """Write the configuration on standard output; several files each with a line that names it.

    Raises:
        BadInput: the target is nothing that ``kind`` can serve.
    """
    from wheelyard.publish.serving import render_configuration

    files = render_configuration(kind, site_of(kind, target, wanted, server))
    for name, text in files.items():
        if len(files) > 1:
            click.echo(f"==> {name} <==")
        click.echo(text, nl=not text.endswith("\n"))


def site_of(kind: "Kind", target: str, wanted: PublishSettings, server: ServerSettings) -> "Site":
    """Return the values that the settings and the target tell; the rest are those of an example.

    Raises:
        BadInput: the target is nothing that ``kind`` can serve.
    """
    from wheelyard.publish.serving import Site

    host = f"[{server.host}]" if ":" in server.host else server.host
    site = Site(
        server=f"{host}:{server.port}",
        page_max_age_seconds=wanted.page_max_age_seconds,
        has_views=wanted.views == "always",
    )
    if kind == "cloudfront":
        site = replace(site, bucket=_bucket(target))
    else:
        site = replace(site, tree=_directory(kind, target))
    if wanted.base_url:
        url = urlsplit(wanted.base_url)
        site = replace(site, host=url.hostname or "", prefix=url.path.rstrip("/"))
    return site


def _bucket(target: str) -> str:
    """Return the bucket of an object store.

    Raises:
        BadInput: it is none that CloudFront can have.
    """
    url = urlsplit(target)
    if url.scheme != "s3" or not url.netloc:
        raise BadInput(
            f"CloudFront serves a bucket, and `{target}` is none: give `s3://bucket/prefix`."
        )
    return url.netloc


def _directory(kind: str, target: str) -> str:
    """Return the directory that a web server serves.

    Raises:
        BadInput: it is an object store.
    """
    if not target:
        raise BadInput(f"{kind} serves a directory: name the directory, as TARGET.")
    if "://" in target:
        raise BadInput(
            f"{kind} serves a directory, and `{target}` is an object store: name the directory, "
            "or give `--config-for cloudfront`."
        )
    return str(Path(target).absolute())
