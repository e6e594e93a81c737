"""Every configuration by its kind: the one place that names them all."""

from collections.abc import Mapping
from typing import assert_never

from wheelyard.publish.serving.apache import render_apache
from wheelyard.publish.serving.caddy import render_caddy
from wheelyard.publish.serving.cloudfront import render_cloudfront
from wheelyard.publish.serving.nginx import render_front, render_nginx
from wheelyard.publish.serving.site import KINDS, Kind, Site

__all__ = ["deployed_files", "render_configuration"]


def render_configuration(kind: Kind, site: Site | None = None) -> Mapping[str, str]:
    """Return the files of a configuration by their names; most have one."""
    site = site or Site()
    match kind:
        case "nginx":
            return {"published-tree.conf": render_nginx(site)}
        case "nginx-front":
            return {"tree-before-server.conf": render_front(site)}
        case "apache":
            return {"published-tree.conf": render_apache(site)}
        case "caddy":
            return {"Caddyfile": render_caddy(site)}
        case "cloudfront":
            return render_cloudfront(site)
        case _:
            assert_never(kind)


def deployed_files() -> Mapping[str, str]:
    """Return what stands in `deploy/`, by its path there."""
    return {
        f"{kind.partition('-')[0]}/{name}": text
        for kind in KINDS
        for name, text in render_configuration(kind).items()
    }
