"""lighttpd: the rules as a whole configuration, with its `mod_redirect`.

It checks nobody, and it has no way to answer a few words by itself: the first address of each kind
is the one that clients are sent to, and what is asked about the redirector itself is refused.

The first pattern that fits counts, and is compared with the path as lighttpd has tidied it, query
included. What it finds ambiguous there it refuses.
"""

from collections.abc import Iterator

from wheelyard.errors import ConfigError
from wheelyard.publish.redirecting.plan import OWN_PATHS, Plan

__all__ = ["render_lighttpd"]

_AS_IT_CAME = "${url.path}${qsa}"


def render_lighttpd(plan: Plan) -> str:
    """Return the whole configuration.

    Raises:
        ConfigError: TLS is asked for.
    """
    if plan.listen.tls_cert:
        message = (
            "TLS of lighttpd is in a module that is not everywhere: leave `--tls-cert` out, and "
            "add what your lighttpd needs for it."
        )
        raise ConfigError(message)
    return "\n".join([*_head(plan), *_rules(plan), ""])


def _head(plan: Plan) -> Iterator[str]:
    yield "# A redirector, as `wheelyard redirect --config-for lighttpd` writes it. lighttpd checks"
    yield "# nobody, so an address that is down is sent to all the same: name one that is always"
    yield "# there, such as a CDN."
    unused = [*plan.redirect.static[1:], *plan.redirect.dynamic[1:]]
    if unused:
        yield f"# Not used, because nothing would tell when: {', '.join(unused)}"
    listen = plan.listen
    yield "# In this order, or what is sent on would lack the headers."
    yield 'server.modules = ("mod_setenv", "mod_redirect", "mod_access")'
    yield f'server.bind = "{listen.uds or _bound(listen.host)}"'
    if not listen.uds:
        yield f"server.port = {listen.port}"
    yield "# There are no files here: whatever no rule sends on is refused."
    yield 'server.document-root = "/var/empty"'
    yield 'url.access-deny = ("")'
    yield "server.http-parseopts = ("
    yield '    "header-strict" => "enable", "host-strict" => "enable",'
    yield '    "url-normalize" => "enable", "url-normalize-unreserved" => "enable",'
    yield '    "url-ctrls-reject" => "enable", "url-path-backslash-trans" => "disable",'
    yield '    "url-path-2f-decode" => "disable", "url-path-2f-reject" => "enable",'
    yield '    "url-path-dotseg-remove" => "disable", "url-path-dotseg-reject" => "enable",'
    yield ")"
    yield 'server.tag = ""'
    yield "# True now and not a second later; and how redirectors know each other."
    yield 'setenv.set-response-header = ("Cache-Control" => "no-store",'
    yield '    "Wheelyard-Redirector" => "lighttpd")'
    yield "url.redirect-code = 307"


def _bound(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _rules(plan: Plan) -> Iterator[str]:
    own = [("^[^?]*%5C", ""), *((f"^{path}(?:\\?|$)", "") for path in OWN_PATHS)]
    server = f"{plan.servers[0].url}{_AS_IT_CAME}" if plan.servers else ""
    everything = [("^/", server)] if server else []
    yield from _redirects("", [*own, *everything])
    rules: list[tuple[str, str]] = [*own]
    for index in plan.indexes:
        tree = f"{plan.trees(index)[0].url}{_AS_IT_CAME}"
        rules += [
            (_with_query(plan.ways.documents(index)), server),
            (_with_query(plan.ways.pages(index)), tree),
            (_with_query(plan.ways.tree_files(index)), tree),
        ]
    yield '$HTTP["request-method"] =~ "^(?:GET|HEAD)$" {'
    yield "    # Whoever sends a body does not read, whatever the method says."
    yield '    $REQUEST_HEADER["content-length"] !~ "[1-9]" {'
    yield from _redirects("        ", [*rules, *everything])
    yield "    }"
    yield "}"


def _redirects(indent: str, rules: list[tuple[str, str]]) -> Iterator[str]:
    yield f"{indent}url.redirect = ("
    for pattern, target in rules:
        yield f'{indent}    "{pattern}" => "{target}",'
    yield f"{indent})"


def _with_query(pattern: str) -> str:
    """Return a pattern of paths as one of paths that a query may follow."""
    return pattern.replace("$", "(?:\\?|$)")
