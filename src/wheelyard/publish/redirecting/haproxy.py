"""HAProxy: the rules as a whole configuration, with checks of every target.

Each target is a backend that no request is ever given to: HAProxy checks its one server, and the
rules ask whether it is up. A check reads what a tree says of itself, or that a server is ready in
words of its own, so a login page is not healthy, and neither is another redirector.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from wheelyard.decide.redirecting import DOUBT, Role, Target
from wheelyard.errors import ConfigError
from wheelyard.publish.redirecting.plan import UNUSABLE, Plan

__all__ = ["render_haproxy"]

_PORTS = {"http": 80, "https": 443}
_TEXT = "content-type text/plain string"
_NOBODY = f'http-request return status 503 {_TEXT} "nobody is healthy\\n" hdr Retry-After 1'


def render_haproxy(plan: Plan) -> str:
    """Return the whole configuration.

    Raises:
        ConfigError: certificate and key are two files, which HAProxy does not take.
    """
    lines = [*_head(plan), *_frontend(plan)]
    for target in plan.targets:
        lines += _backend(plan, target)
    return "\n".join([*lines, ""])


def _head(plan: Plan) -> Iterator[str]:
    yield "# A redirector, as `wheelyard redirect --config-for haproxy` writes it."
    yield ""
    yield "defaults"
    yield "    mode http"
    yield "    timeout http-request 10s"
    yield "    timeout http-keep-alive 65s"
    yield "    timeout client 30s"
    yield "    timeout connect 5s"
    yield "    timeout server 30s"
    yield f"    timeout check {_milliseconds(plan.redirect.check_timeout_seconds)}"
    yield ""
    yield "resolvers wheelyard"
    yield "    parse-resolv-conf"


def _frontend(plan: Plan) -> Iterator[str]:
    yield ""
    yield "frontend wheelyard"
    yield f"    bind {_bind(plan)}"
    yield "    # True now and not a second later; and how redirectors know each other."
    yield "    http-after-response set-header Cache-Control no-store"
    yield "    http-after-response set-header Wheelyard-Redirector haproxy"
    yield ""
    yield "    # Dot segments and escapes that another program could read differently."
    for pattern in UNUSABLE:
        yield f"    http-request deny deny_status 400 if {{ path -i -m reg '{pattern}' }}"
    yield ""
    for target in plan.targets:
        yield f"    acl {_name(plan, target)} nbsrv({_name(plan, target)}) gt 0"
    yield from _own(plan)
    yield from _ways(plan)


def _own(plan: Plan) -> Iterator[str]:
    """Yield the rules for what is asked about the redirector itself."""
    yield ""
    yield f'    http-request return status 200 {_TEXT} "alive\\n" if {{ path /-/live }}'
    yield "    acl asks_ready path /-/ready"
    for target in plan.targets:
        condition = f"asks_ready {_name(plan, target)}"
        yield f'    http-request return status 200 {_TEXT} "redirecting\\n" if {condition}'
    yield f"    {_NOBODY} if asks_ready"
    yield "    # The numbers are HAProxy's own: `http-request use-service prometheus-exporter`."
    yield "    http-request deny deny_status 404 if { path /-/metrics }"


def _ways(plan: Plan) -> Iterator[str]:
    """Yield the rules that send clients on."""
    yield ""
    yield "    # Whoever sends a body does not read, whatever the method says."
    yield "    acl reads method GET HEAD"
    yield "    acl has_body req.hdr_val(content-length) gt 0"
    yield "    acl has_body req.hdr(transfer-encoding) -m found"
    yield "    http-request set-var(txn.path) path,url_dec"
    for number, index in enumerate(plan.indexes):
        yield f"    acl pages_{number} var(txn.path) -m reg '{plan.ways.pages(index)}'"
        yield f"    acl documents_{number} var(txn.path) -m reg '{plan.ways.documents(index)}'"
        yield f"    acl only_tree_{number} var(txn.path) -m reg '{plan.ways.tree_files(index)}'"
        for target in plan.trees(index):
            for condition in _tree_conditions(number):
                yield _redirect(target, f"{condition} {_name(plan, target)}")
    yield from _server_ways(plan)
    yield f"    {_NOBODY}"


def _server_ways(plan: Plan) -> Iterator[str]:
    """Yield the rules for what no tree took."""
    numbers = range(len(plan.indexes))
    elsewhere = "".join(f" !only_tree_{number}" for number in numbers)
    for target in plan.servers:
        name = _name(plan, target)
        yield _redirect(target, f"{name}{elsewhere}")
        if elsewhere:
            yield _redirect(target, f"{name} !reads")
            yield _redirect(target, f"{name} has_body")
    if not plan.servers:
        for number in numbers:
            for condition in _tree_conditions(number):
                yield f"    http-request set-var(txn.is_ours) bool(true) if {condition}"
        yield "    http-request deny deny_status 404 unless { var(txn.is_ours) -m bool }"


def _tree_conditions(number: int) -> tuple[str, str]:
    """Return when a request is for a tree: one of the two is enough."""
    reads = "reads !has_body"
    return f"{reads} pages_{number} !documents_{number}", f"{reads} only_tree_{number}"


def _redirect(target: Target, condition: str) -> str:
    return f"    http-request redirect prefix {target.url} code 307 if {condition}"


def _backend(plan: Plan, target: Target) -> Iterator[str]:
    """Yield the backend that exists to be checked."""
    parts = urlsplit(target.root)
    settings = plan.redirect
    path = "wheelyard.json" if target.role is Role.STATIC else "-/ready"
    yield ""
    yield f"backend {_name(plan, target)}"
    yield "    option httpchk"
    yield (
        f"    http-check send meth GET uri {parts.path}/{path} ver HTTP/1.1 hdr Host {parts.netloc}"
    )
    yield "    http-check expect status 200"
    if target.role is Role.STATIC:
        yield '    http-check expect rstring \'"tree" *: *"[0-9a-f]+"\''
        if target.index:
            yield f'    http-check expect rstring \'"index" *: *"{re.escape(target.index)}"\''
    else:
        yield "    http-check expect rstring '^ready[[:space:]]*$'"
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    interval = settings.check_seconds
    yield (
        f"    server target {place} check inter {_milliseconds(interval)} "
        f"fastinter {_milliseconds(interval / DOUBT)} rise {settings.rise} fall {settings.fall}"
        f"{_tls(plan, parts.scheme, host)}{_resolved(host)}"
    )


def _tls(plan: Plan, scheme: str, host: str) -> str:
    if scheme == "http":
        return ""
    authorities = plan.redirect.ca or "@system-ca"
    return f" ssl verify required ca-file {authorities} sni str({host}) check-sni {host}"


def _resolved(host: str) -> str:
    """Return how the name of a target is looked up: a name that is not known yet stops nothing."""
    is_name = bool(re.search(r"[g-z]", host.lower())) and ":" not in host
    return " resolvers wheelyard init-addr last,libc,none" if is_name else ""


def _bind(plan: Plan) -> str:
    listen = plan.listen
    if listen.tls_cert and listen.tls_key:
        message = (
            "HAProxy wants the certificate and its key in one file: put both into the one that "
            "`--tls-cert` names, and leave `--tls-key` out."
        )
        raise ConfigError(message)
    place = f"unix@{listen.uds}" if listen.uds else listen.address
    return f"{place} ssl crt {listen.tls_cert}" if listen.tls_cert else place


def _name(plan: Plan, target: Target) -> str:
    """Return what a target is called in the configuration."""
    kind = "tree" if target.role is Role.STATIC else "server"
    return f"{kind}_{plan.targets.index(target) + 1}"


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"
