"""One table of requests for every redirector: ours, and the programs that we write for.

A-25 and A-117. Each row is a request and where it leads. Where a program answers otherwise, the
row says how and why; nothing is left out in silence.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import cache

import pytest

from support.redirector import (
    RawReply,
    RedirectorWords,
    ask_raw,
    running_redirector,
    running_tool,
)
from support.server import RunningServer
from support.sites import Site, server_of, tree_of
from support.web_servers import RunningWebServer

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

EVERYONE = ("own", "nginx", "haproxy", "lighttpd")
SETTINGS: Mapping[str, object] = {
    "redirect.indexes": '["acme"]',
    "redirect.check_timeout_seconds": 60,
    "redirect.fall": 100,
}
"""Nobody goes away here, and nobody may seem to because this machine is busy."""


@dataclass(frozen=True, slots=True)
class Redirector:
    """One that runs, and where it sends to; both addresses have a path of their own."""

    name: str
    base_url: str
    tree: str
    server: str


@pytest.fixture(scope="module")
def sites() -> Iterator[tuple[Site, Site]]:
    """A tree with another one below it, and a server."""
    tree = {**tree_of(), "/acme/wheelyard.json": tree_of(index="acme")["/wheelyard.json"]}
    with Site(tree, "/the/tree") as static, Site(server_of(), "/py") as dynamic:
        yield static, dynamic


@pytest.fixture(scope="module")
def start(
    sites: tuple[Site, Site], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Redirector]]:
    """Return what starts each redirector once, in front of a tree and a server that are healthy."""
    tree, server = sites
    words: RedirectorWords = {
        "static": [tree.url],
        "dynamic": [server.url],
        "settings": SETTINGS,
    }
    with ExitStack() as stack:

        @cache
        def started(name: str) -> Redirector:
            folder = tmp_path_factory.mktemp(name)
            running: AbstractContextManager[RunningServer | RunningWebServer] = (
                running_redirector(folder, **words)
                if name == "own"
                else running_tool(name, folder, **words)
            )
            base_url = stack.enter_context(running).base_url
            return Redirector(name, base_url, tree.url, server.url)

        yield started


@dataclass(frozen=True, slots=True)
class Row:
    """A request, and where it leads: `tree`, `server`, or a status.

    `path` is what is asked for, and what has to follow the address of the target, unless `becomes`
    says otherwise. `otherwise` is what some programs make of it.
    """

    path: str
    leads_to: str | int
    method: str = "GET"
    headers: str = ""
    body: bytes = b""
    becomes: str = ""
    otherwise: Mapping[str, str | int] = field(default_factory=dict)
    becomes_otherwise: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path}{' with a body' if self.body else ''}"


BODY = b"a=b"

STATIC = [
    Row("/simple/", "tree"),
    Row("/simple", "tree"),
    Row("/simple/demo/", "tree"),
    Row("/simple/demo", "tree"),
    Row("/simple/demo/index.json", "tree"),
    Row("/simple/pypi/", "tree"),
    Row("/simple/demo/", "tree", "HEAD"),
    Row("/packages/ab/cd/ef/demo-1.0-py3-none-any.whl", "tree"),
    Row("/packages/ab/cd/ef/demo-1.0-py3-none-any.whl.metadata", "tree"),
    Row("/packages/ab/cd/ef/demo-1.0-py3-none-any.whl", "tree", "HEAD"),
    Row("/integrity/demo/1.0/demo-1.0-py3-none-any.whl/provenance", "tree"),
    Row("/-/manifest", "tree"),
    Row("/-/projects.jsonl.gz", "tree"),
    Row("/wheelyard.json", "tree"),
    Row("/snapshot.sqlite", "tree"),
    Row("/snapshot.sqlite.sha256", "tree"),
    Row("/acme/simple/demo/", "tree"),
    Row("/acme/packages/ab/cd/ef/demo-1.0.tar.gz", "tree"),
    Row("/acme/wheelyard.json", "tree"),
]
DYNAMIC = [
    Row("/", "server"),
    Row("/legacy/", "server", "POST", body=BODY),
    # lighttpd wants a length of whoever posts.
    Row("/legacy/", "server", "POST", otherwise={"lighttpd": 411}),
    Row("/legacy", "server", "POST", body=BODY),
    Row("/legacy/?waits", "server", "POST", "Content-Length: 3\nExpect: 100-continue", b"a=b"),
    Row("/legacy/?chunked", "server", "POST", "Transfer-Encoding: chunked", b"1\r\na\r\n0\r\n\r\n"),
    Row("/acme/legacy/", "server", "POST", body=BODY),
    Row("/legacy/", "server"),
    Row("/pypi", "server", "POST", body=BODY),
    Row("/pypi/demo/json", "server"),
    Row("/simple/pypi/demo/json", "server"),
    Row("/simple/pypi/demo/1.0/json", "server"),
    Row("/acme/simple/pypi/demo/json", "server"),
    Row("/search?q=x", "server"),
    Row("/-/api/projects", "server"),
    Row("/-/changes?since=1", "server"),
    Row("/-/manifest/acme", "server"),
    Row("/_/oidc/audience", "server"),
    Row("/_/oidc/mint-token", "server", "POST", body=BODY),
    Row("/+links/", "server"),
    Row("/simpleton/", "server"),
    Row("/other/simple/demo/", "server"),
    Row("/main@2026-11-01/simple/", "server"),
    Row("/simple/demo/", "server", "POST", body=BODY),
    Row("/simple/demo/", "server", "PUT", body=BODY),
    Row("/simple/demo/", "server", "DELETE"),
    # lighttpd takes no body with a GET.
    Row("/simple/demo/", "server", otherwise={"lighttpd": 400}, body=BODY),
    Row("/simple/demo/", "server", "OPTIONS"),
]
# What another program decodes, encodes or tidies is another address, or a broken one.
SPELLINGS = [
    Row("/simple/demo/?format=json&x=%2B+%20", "tree"),
    Row("/simple/?a?b=c/../d", "tree"),
    Row("/packages/a/b/c/demo-1.0+local.tar.gz", "tree"),
    Row("/packages/a/b/c/demo-1.0%2Blocal.tar.gz", "tree"),
    Row("/packages/a/b/c/d%20e%C3%A9.whl", "tree"),
    Row("/packages/a/b/c/100%25.whl", "tree"),
    Row("/packages/a/b/c/demo;v=1,2'(3)!~.whl", "tree"),
    Row("/simple/a%22b%3Cc/", "tree"),
    Row("/simple/demo/?next=https://evil.example/", "tree"),
    # lighttpd escapes what has to be escaped, which is the same address.
    Row(
        "/pypi/a&b=c:@/json?x=$1&y=${z}&w=\\1",
        "server",
        becomes_otherwise={"lighttpd": "/pypi/a&b=c:@/json?x=$1&y=$%7Bz%7D&w=%5C1"},
    ),
    # lighttpd refuses control characters in a query too.
    Row("/simple/demo/?x=%0d%0aset-cookie:%20a=b", "tree", otherwise={"lighttpd": 400}),
]
# Whatever is asked for in whatever form, and whomever it names. HAProxy and lighttpd refuse a host
# that is not the one of the `Host` header, nginx refuses a user; who has no path at all is taken
# for one who asks for the root by some.
STRICT_HOST: Mapping[str, str | int] = {"haproxy": 400, "lighttpd": 400}
FORMS = [
    Row(
        "http://evil.example/simple/demo/",
        "tree",
        becomes="/simple/demo/",
        otherwise=STRICT_HOST,
    ),
    Row(
        "http://evil.example/legacy/",
        "server",
        "POST",
        becomes="/legacy/",
        otherwise=STRICT_HOST,
        body=BODY,
    ),
    Row(
        "https://u:p@evil.example/pypi/x/json",
        "server",
        becomes="/pypi/x/json",
        otherwise={**STRICT_HOST, "nginx": 400},
    ),
    Row(
        "http://evil.example",
        400,
        otherwise={"nginx": "server"},
        becomes_otherwise={"nginx": "/"},
    ),
    Row(
        "//evil.example/simple/",
        "server",
        becomes="/evil.example/simple/",
        otherwise={"lighttpd": 400},
        becomes_otherwise=dict.fromkeys(("nginx", "haproxy"), "//evil.example/simple/"),
    ),
    Row(
        "//simple//demo/",
        "tree",
        becomes="/simple/demo/",
        otherwise={"lighttpd": 400, "nginx": "server", "haproxy": "server"},
        becomes_otherwise=dict.fromkeys(("nginx", "haproxy"), "//simple//demo/"),
    ),
    Row("///evil.example/%2e%2e", 400),
    Row(
        "*",
        400,
        "OPTIONS",
        otherwise={"haproxy": "server", "lighttpd": 403},
        becomes_otherwise={"haproxy": "/"},
    ),
    Row("evil.example:443", 400, "CONNECT"),
    # Behind an address without a final slash these would be other hosts.
    Row(".evil.example/simple/demo/", 400),
    Row("@evil.example/simple/demo/", 400),
    Row(":80@evil.example/", 400),
    Row("evil.example/simple/demo/", 400),
    Row("?next=/simple/", 400),
]
# lighttpd refuses a backslash because no rule sends it on, and takes what is not ASCII, or a space,
# for what it would be if it were escaped.
REFUSED = [
    Row("/simple/../legacy/", 400),
    Row("/simple/../../../secret/", 400),
    Row("/..", 400),
    Row("/simple/./demo/", 400),
    Row("/simple/%2e%2e/%2E%2e/secret", 400),
    Row("/simple/.%2e/secret", 400),
    Row("/packages/..%2f..%2fsecret", 400),
    Row("/packages/..%5c..%5csecret", 400, otherwise={"lighttpd": 403}),
    Row("/packages/..\\..\\secret", 400, otherwise={"lighttpd": 403}),
    Row("/\\evil.example/", 400, otherwise={"lighttpd": 403}),
    Row("/simple/%0d%0aLocation:%20https://evil.example/", 400),
    Row("/simple/demo%00/", 400),
    Row("/simple/demo/\x01", 400),
    Row(
        "/simple/d\xe9mo/",
        400,
        otherwise={"lighttpd": "tree"},
        becomes_otherwise={"lighttpd": "/simple/d%E9mo/"},
    ),
    Row(
        "/simple/demo/ x",
        400,
        otherwise={"lighttpd": "tree"},
        becomes_otherwise={"lighttpd": "/simple/demo/%20x"},
    ),
]
# lighttpd has no words of its own to answer with.
OWN = [
    Row("/-/live", 200, otherwise={"lighttpd": 403}),
    Row("/-/ready", 200, otherwise={"lighttpd": 403}),
    Row("/-/ready", 200, "HEAD", otherwise={"lighttpd": 403}),
    Row("/-/metrics", 200, otherwise={"nginx": 404, "haproxy": 404, "lighttpd": 403}),
]
TABLE = [*STATIC, *DYNAMIC, *SPELLINGS, *FORMS, *REFUSED, *OWN]


def asked(redirector: Redirector, row: Row) -> RawReply:
    """Return the answer to a row."""
    length = f"Content-Length: {len(row.body)}" if row.body else ""
    lines = [f"{row.method} {row.path} HTTP/1.1", row.headers or length]
    return ask_raw(redirector.base_url, "\n".join(filter(None, lines)), row.body)


@pytest.mark.parametrize("row", TABLE, ids=str)
@pytest.mark.parametrize("name", EVERYONE)
def test_request_leads_where_the_table_says(
    start: Callable[[str], Redirector], name: str, row: Row
) -> None:
    """Full scheme, host, path and query, with method and body kept; and never anywhere else."""
    redirector = start(name)

    answer = asked(redirector, row)

    leads_to = row.otherwise.get(name, row.leads_to)
    if isinstance(leads_to, int):
        assert (answer.status, answer.header("location")) == (leads_to, "")
        return
    becomes = row.becomes_otherwise.get(name, row.becomes or row.path)
    base = redirector.tree if leads_to == "tree" else redirector.server
    assert (answer.status, answer.header("location")) == (307, f"{base}{becomes}")
    assert answer.header("cache-control") == "no-store"
    assert answer.all("set-cookie") == []
