"""nginx: the tree alone, or before a running server that has the rest.

Types come from locations, never from extensions: of ``x.tar.gz`` nothing is to be guessed. Pages
are found by an inner address per form, because a type cannot come from a variable.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wheelyard.publish.serving import accepting, contents
from wheelyard.publish.serving.contents import Content
from wheelyard.publish.serving.nginx_maps import render_maps
from wheelyard.publish.serving.site import Site
from wheelyard.wire import tree
from wheelyard.wire.negotiate import Form

__all__ = ["render_front", "render_nginx"]

_ALONE: Final = """\
# A published tree of Wheelyard, served by nginx: negotiated pages, compressed ones as they were
# published, files that are kept for ever. It belongs where `http` is, such as in
# /etc/nginx/conf.d/. What is yours to change is marked CHANGE.

{maps}

server {{
    listen {listen};  # CHANGE, and add TLS
    server_name {host};  # CHANGE
    root {tree};  # CHANGE: the directory that was published to

    # Links are relative and so are redirects: they hold behind any proxy, below any path.
    absolute_redirect off;
    # What is compressed was compressed when it was published; a wheel never is.
    gzip off;

    location / {{
        return 404;
    }}
    location = {prefix}/ {{
        return 302 simple/;
    }}
{locations}
}}
"""

_FRONT: Final = """\
# A published tree of Wheelyard, served by nginx in front of the running server. What the tree has
# is sent from it, at the speed of nginx; all the rest (projects that are not in the tree, uploads,
# other indexes, pages for people) is asked of the server. It belongs where `http` is, such as in
# /etc/nginx/conf.d/. What is yours to change is marked CHANGE.
#
# Only an index that everybody may read belongs here: nothing asks for credentials before the tree.

{maps}

# What changes something is never answered from the tree.
map $request_method $wheelyard_elsewhere {{
    default .elsewhere;
    GET "";
    HEAD "";
}}

upstream wheelyard {{
    server {server};  # CHANGE: where `wheelyard serve` listens
    keepalive 32;
}}

server {{
    listen {listen};  # CHANGE, and add TLS
    server_name {host};  # CHANGE
    root {tree};  # CHANGE: the directory that is published to

    absolute_redirect off;
    gzip off;
    client_max_body_size 0;

    location / {{
        try_files /.elsewhere @wheelyard;
    }}
    location @wheelyard {{
        proxy_pass http://wheelyard$request_uri;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_buffering off;
        proxy_request_buffering off;
        proxy_read_timeout 300s;
        error_page 502 504 = @wheelyard_away;
    }}
    # That nobody answers does not mean that it does not exist.
    location @wheelyard_away {{
        default_type "text/plain; charset=utf-8";
        add_header Retry-After 5 always;
        return 503 "The tree does not have this, and the server behind it does not answer.\\n";
    }}
{locations}
}}
"""

_FRONT_PAGES: Final = "no-cache"
"""What people upload behind the front must be seen at once; asking again costs a 304."""

_VARY: Final = "Accept, Accept-Encoding"


@dataclass(frozen=True, slots=True)
class _Plan:
    """What differs: the beginning of a path to try, what to do without it, how pages are kept."""

    prefix: str
    pages: str
    start: str = "/"
    otherwise: str = "=404"

    def matching(self, expression: str) -> str:
        """Return a location of all addresses of that kind."""
        return f'~ "^{re.escape(self.prefix)}/{expression}$"'

    def kept(self, content: Content) -> str:
        """Return how long caches may use it."""
        return contents.FOR_EVER if content.is_for_ever else self.pages

    def sending(
        self, path: str, content_type: str, kept: str, more: Sequence[str] = ()
    ) -> list[str]:
        """Return the lines that send what is at a path of the tree."""
        return [
            "types { }",
            f'default_type "{content_type}";',
            f'add_header Cache-Control "{kept}";',
            'add_header Access-Control-Allow-Origin "*";',
            *more,
            f'try_files "{self.start}{path}" {self.otherwise};',
        ]


def render_nginx(site: Site) -> str:
    """Return a configuration of a server that has nothing but the tree."""
    pages = contents.cache_control(contents.content_of(tree.INFO), site.page_max_age_seconds)
    return _ALONE.format(
        maps=render_maps(),
        listen=site.listen,
        host=site.host,
        tree=site.tree,
        prefix=site.prefix,
        locations=_locations(_Plan(site.prefix, pages)),
    )


def render_front(site: Site) -> str:
    """Return a configuration of a server before a running one."""
    plan = _Plan(site.prefix, _FRONT_PAGES, "/$wheelyard_elsewhere/", "@wheelyard")
    return _FRONT.format(
        maps=render_maps(),
        listen=site.listen,
        host=site.host,
        tree=site.tree,
        server=site.server,
        locations=_locations(plan),
    )


def _locations(plan: _Plan) -> str:
    """Return everything that the tree has an answer to."""
    places = [*_pages(plan), *_forms(plan), *_files(plan)]
    lines = [
        f"    {line}"
        for place, content in places
        for line in (f"location {place} {{", *(f"    {each}" for each in content), "}")
    ]
    return "\n".join(lines)


def _pages(plan: _Plan) -> list[tuple[str, list[str]]]:
    """Return the addresses of pages, which lead to inner ones, and what leads to them."""
    to_page = [
        'add_header Cache-Control "public, max-age=600";',
        f'add_header Vary "{_VARY}";',
        "return 301 $wheelyard_last/$is_args$args;",
    ]
    name = f"(?<wheelyard_page>(?:{contents.NAME}/)?)"
    inner = "rewrite ^ /.wheelyard-$wheelyard_form/ last;"
    return [
        (
            plan.matching(f"(?:simple/)?(?<wheelyard_last>(?<=simple/){contents.NAME}|simple)"),
            to_page,
        ),
        (plan.matching(f"simple/{name}"), [inner]),
    ]


def _forms(plan: _Plan) -> list[tuple[str, list[str]]]:
    """Return the inner address of each form of a page."""
    vary = ["internal;", f'add_header Vary "{_VARY}";', "gzip_static on;", "gzip_proxied any;"]
    return [
        (
            f"= /.wheelyard-{name}/",
            plan.sending(
                f"simple/${{wheelyard_page}}index.{_suffix(form)}",
                form.media_type,
                plan.pages,
                vary,
            ),
        )
        for form, name in accepting.FORMS.items()
    ]


def _files(plan: _Plan) -> list[tuple[str, list[str]]]:
    """Return the addresses at which there is one thing."""
    return [
        (
            plan.matching(f"(?<wheelyard_path>{address.pattern})"),
            plan.sending(
                "$wheelyard_path", address.content.content_type, plan.kept(address.content)
            ),
        )
        for address in contents.ADDRESSES
    ]


def _suffix(form: Form) -> str:
    """Return what the name of a page ends in."""
    return "json" if form is Form.JSON else "html"
