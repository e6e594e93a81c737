"""nginx: the rules as a part of its `http` block.

It has no checks of its own without its commercial edition, so the first address of each kind is the
one that clients are sent to, whoever answers there.

The path that is judged and sent on is `$request_uri`, which is as the client sent it: `$uri` has
its escapes undone, and a location made of that would not be what was asked for.
"""

from collections.abc import Iterator

from wheelyard.publish.redirecting.plan import UNUSABLE, Plan

__all__ = ["render_nginx"]


def render_nginx(plan: Plan) -> str:
    """Return what belongs into the `http` block."""
    return "\n".join([*_head(plan), *_maps(plan), *_server(plan), ""])


def _head(plan: Plan) -> Iterator[str]:
    yield "# A redirector, as `wheelyard redirect --config-for nginx` writes it: a file of its own"
    yield "# in the `http` block (on Debian, in /etc/nginx/conf.d/). nginx checks nobody, so an"
    yield "# address that is down is sent to all the same: name one that is always there, such as a"
    yield "# CDN."
    unused = [*plan.redirect.static[1:], *plan.redirect.dynamic[1:]]
    if unused:
        yield f"# Not used, because nothing would tell when: {', '.join(unused)}"


def _maps(plan: Plan) -> Iterator[str]:
    """Yield what is made of a request: 1 if it only reads, and the address to send it to."""
    yield ""
    yield "# Whoever sends a body does not read, whatever the method says."
    yield 'map "$request_method:$http_content_length:$http_transfer_encoding" $wheelyard_reads {'
    yield "    default 0;"
    yield '    "~^(?:GET|HEAD):0*:$" 1;'
    yield "}"
    yield ""
    yield 'map "$wheelyard_reads$request_uri" $wheelyard_target {'
    server = plan.servers[0].url if plan.servers else ""
    yield f'    default "{server}";'
    for index in plan.indexes:
        tree = plan.trees(index)[0].url
        documents, pages, files = (
            _on_request(pattern(index))
            for pattern in (plan.ways.documents, plan.ways.pages, plan.ways.tree_files)
        )
        yield f'    "~{documents}" "{server}";'
        yield f'    "~{pages}" "{tree}";'
        yield f'    "~{files}" "{tree}";'
    yield "}"
    yield ""
    yield "# Dot segments and escapes that another program could read differently."
    yield "map $request_uri $wheelyard_unusable {"
    yield "    default 0;"
    for pattern in UNUSABLE:
        yield f'    "~*{_escaped(pattern)}" 1;'
    yield "}"


def _on_request(pattern: str) -> str:
    """Return a pattern of paths as one of a 1, the path as it was sent, and maybe a query."""
    return _escaped(pattern.replace("^/", "^1/").replace("$", r"(?:\?|$)"))


def _escaped(pattern: str) -> str:
    """Return a pattern as it stands between quotes."""
    return pattern.replace("\\", "\\\\")


def _server(plan: Plan) -> Iterator[str]:
    listen = plan.listen
    tls = " ssl" if listen.tls_cert else ""
    yield ""
    yield "server {"
    yield f"    listen {f'unix:{listen.uds}' if listen.uds else listen.address}{tls};"
    if listen.tls_cert:
        yield f"    ssl_certificate {listen.tls_cert};"
        yield f"    ssl_certificate_key {listen.tls_key or listen.tls_cert};"
    yield "    server_tokens off;"
    yield "    client_max_body_size 0;  # a body is never taken, so it is never too large"
    yield "    large_client_header_buffers 4 16k;"
    yield "    default_type text/plain;"
    yield "    # True now and not a second later; and how redirectors know each other."
    yield "    add_header Cache-Control no-store always;"
    yield "    add_header Wheelyard-Redirector nginx always;"
    yield "    if ($wheelyard_unusable) { return 400; }"
    yield '    location = /-/live { return 200 "alive\\n"; }'
    yield '    location = /-/ready { return 200 "redirecting\\n"; }'
    yield "    location = /-/metrics { return 404; }"
    yield "    location / {"
    if not plan.servers:
        yield '        if ($wheelyard_target = "") { return 404; }'
    yield "        return 307 $wheelyard_target$request_uri;"
    yield "    }"
    yield "}"
