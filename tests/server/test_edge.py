"""The edge: who answers which path, what is refused before, and what becomes of errors."""

import io
import logging
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from pages.repository import FakeRepository
from server.asgi import Call
from server.chain import FakeChain, index_over
from support.fakes import make_file, make_project
from wheelyard.app import MAIN, App, Index
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Corrupt, Refused, Unavailable
from wheelyard.model import Project
from wheelyard.monitor import Counters
from wheelyard.names import IndexName, ProjectName
from wheelyard.server.access_log import AccessLog
from wheelyard.server.edge import Edge
from wheelyard.server.exchange import Exchange
from wheelyard.server.operation import Operation
from wheelyard.settings import (
    ConnectionSettings,
    FreshnessSettings,
    LogSettings,
    ServerSettings,
    Settings,
    StoreSettings,
)

pytestmark = pytest.mark.anyio

INSTANCE = "0123456789abcdef"


@dataclass(slots=True)
class FailingRepository(FakeRepository):
    """A repository that answers for some names in its own ways."""

    errors: dict[str, Exception] = field(default_factory=dict)

    async def project(self, name: ProjectName) -> Project:
        """Return a page, or raise what was prepared for it."""
        if name in self.errors:
            raise self.errors[name]
        # Not `super()`: a dataclass with slots is made anew, and that form does not find it.
        return await FakeRepository.project(self, name)


async def operate(exchange: Exchange, parts: list[str]) -> None:
    """Answer for the state of the server."""
    await exchange.answer(200, [], "/".join(parts).encode())


@dataclass(slots=True)
class Site:
    """An edge over an index in memory, and a second index beside it."""

    repository: FailingRepository
    other: FakeRepository
    counters: Counters = field(default_factory=Counters)
    server: ServerSettings = field(default_factory=ServerSettings)
    log: AccessLog | None = None

    @property
    def edge(self) -> Edge:
        """What answers."""
        indexes: dict[IndexName, Index] = {
            MAIN: index_over(FakeChain(self.repository)),
            IndexName("other"): index_over(FakeChain(self.other)),
        }
        settings = Settings(
            server=self.server,
            connections=ConnectionSettings(),
            logs=LogSettings(),
            store=StoreSettings(data=Path("data")),
            freshness=FreshnessSettings(),
        )
        app = SimpleNamespace(
            settings=settings,
            directory=SimpleNamespace(instance=INSTANCE),
            indexes=indexes,
            counters=self.counters,
            clock=self.repository.clock,
            access=None,
            tally=None,
            uses=SimpleNamespace(note=lambda _: None),
            catalog=SimpleNamespace(change_feed=None),
            elsewhere=SimpleNamespace(publishing=None, logins=(), sessions=None),
        )
        return Edge(cast("App", app), cast("Operation", operate), self.log)


@pytest.fixture
def site(clock: FrozenClock) -> Site:
    """A site with a project on each index."""
    main = make_project("foo-bar", make_file("foo_bar-1.0.tar.gz"))
    other = make_project("other", make_file("other-1.0.tar.gz"))
    return Site(
        FailingRepository(clock, {"foo-bar": main}), FakeRepository(clock, {"other": other})
    )


async def answered(edge: Edge, call: Call) -> Call:
    """Return ``call`` once the edge answered it."""
    await edge(call.scope, call.receive, call.send)
    return call


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/", b"Wheelyard"),
        ("", b"Wheelyard"),
        ("/simple/", b"foo-bar"),
        ("/simple/foo-bar/", b"foo_bar-1.0.tar.gz"),
        ("//simple//foo-bar//", b"foo_bar-1.0.tar.gz"),
        ("/simple/%66oo-bar/", b"foo_bar-1.0.tar.gz"),
        ("/%73imple/foo%2Dbar/", b"foo_bar-1.0.tar.gz"),
        ("/simple/foo-bar/%23sha256=00", b"foo_bar-1.0.tar.gz"),
        ("/main/simple/foo-bar/", b"foo_bar-1.0.tar.gz"),
        ("/other/simple/other/", b"other-1.0.tar.gz"),
        ("/other/simple/", b"other"),
        ("/pypi/foo-bar/json", b'"foo-bar"'),
        ("/simple/pypi/foo-bar/json", b'"foo-bar"'),
        ("/other/pypi/other/json", b'"other"'),
        ("/other/simple/pypi/other/json", b'"other"'),
        ("/-/a/b", b"a/b"),
    ],
)
async def test_path_leads_to_its_handler(site: Site, target: str, expected: bytes) -> None:
    """With single slashes and without needless escapes; each index has its own routes."""
    call = await answered(site.edge, Call(target))

    assert call.status == 200
    assert expected in call.body


async def test_project_named_pypi_has_its_page(site: Site) -> None:
    """The address that pip-tools makes must not hide it."""
    site.repository.pages["pypi"] = make_project("pypi", make_file("pypi-1.0.tar.gz"))

    assert b"pypi-1.0.tar.gz" in (await answered(site.edge, Call("/simple/pypi/"))).body


async def test_main_index_that_was_made_anew_answers_for_itself(site: Site) -> None:
    """A page that stood ready on the shelf of the one before is expired by nobody any more."""
    edge = site.edge
    for _ in range(2):
        await answered(edge, Call("/simple/foo-bar/"))
    made = make_project("foo-bar", make_file("foo_bar-2.0.tar.gz"))
    anew = FakeRepository(site.repository.clock, {"foo-bar": made})

    cast("dict[IndexName, Index]", edge._app.indexes)[MAIN] = index_over(FakeChain(anew))

    for _ in range(2):
        assert b"foo_bar-2.0.tar.gz" in (await answered(edge, Call("/simple/foo-bar/"))).body


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/nothing", 404),
        ("/other", 404),
        ("/other/", 404),
        ("/other/-/live", 404),
        ("/other/nothing/", 404),
        ("/simple/nothing/", 404),
        ("/simple/..", 400),
        ("/simple/%2e%2e/", 400),
        ("/simple/./foo-bar/", 400),
        ("/simple/foo%2Fbar/", 400),
        ("/simple/foo%5cbar/", 400),
        ("/simple/foo%00/", 400),
        ("/simple/foo%0a/", 400),
        ("/simple/foo%7f/", 400),
        ("/packages/../../secret", 400),
        ("/-/../simple/", 400),
        ("/simple%2Ffoo-bar/", 404),
    ],
)
async def test_path_that_leads_nowhere_is_explained(site: Site, target: str, status: int) -> None:
    """With a sentence, and never by going where it points."""
    call = await answered(site.edge, Call(target))

    assert call.status == status
    assert call.body.endswith(b".\n")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Absent("`spoiled`"), 404),
        (Refused("`spoiled`", "it is blocked"), 403),
        (Unavailable("`spoiled`"), 503),
        (Corrupt("`spoiled`", expected="1", actual="2"), 503),
    ],
)
async def test_error_becomes_its_answer(site: Site, error: Exception, status: int) -> None:
    """And is counted for the kind of thing that was asked for."""
    site.repository.errors["spoiled"] = error

    call = await answered(site.edge, Call("/simple/spoiled/"))

    assert (call.status, call.is_whole) == (status, True)
    assert site.counters.requests == {("page", status): 1}


async def test_error_that_nobody_foresaw_is_logged_and_not_told(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """The client reads where to look, the log has the traceback."""
    site.repository.errors["spoiled"] = RuntimeError("a secret")

    call = await answered(site.edge, Call("/simple/spoiled/"))

    assert call.status == 503
    assert b"secret" not in call.body
    assert b"its log says why" in call.body
    assert caplog.records[0].exc_info is not None


async def test_error_after_the_first_byte_leaves_the_answer_unfinished(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """That is how the server is told to cut the connection."""

    async def break_off(exchange: Exchange, parts: list[str]) -> None:
        await exchange.start(200, [])
        await exchange.write(b"half", more=True)
        raise Unavailable("`a.whl`", "the upstream went away")

    edge = site.edge
    edge._routes = {**edge._routes, "-": break_off}
    caplog.set_level(logging.WARNING)

    call = await answered(edge, Call("/-/live"))

    assert (call.status, call.body, call.is_whole) == (200, b"half", False)
    assert "cut off" in caplog.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize(
    "target", ["/simple/", "/simple/foo-bar/", "/packages/x", "/integrity/x", "/-/live"]
)
async def test_other_method_is_refused_with_those_that_are_taken(
    site: Site, target: str, method: str
) -> None:
    """But for the forms of old clients, which are posted to the root. Source: RFC 9110, 15.5.6."""
    call = await answered(site.edge, Call(target, method=method))

    assert (call.status, call.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_root_takes_forms_and_nothing_else_that_changes(site: Site, method: str) -> None:
    """Old clients post their forms there; see `test_uploads.py`."""
    call = await answered(site.edge, Call("/", method=method))

    assert (call.status, call.headers["allow"]) == (405, "GET, HEAD")


async def test_request_of_our_own_is_a_loop(site: Site) -> None:
    """Directly or through others. A page that stands ready is no exception."""
    edge = site.edge
    await answered(edge, Call("/simple/foo-bar/"))

    call = Call("/simple/foo-bar/", {"Via": f"1.1 proxy, 1.1 wheelyard-{INSTANCE}"})

    assert (await answered(edge, call)).status == 508


async def test_request_of_another_server_is_served(site: Site) -> None:
    """One of us may be the upstream of another."""
    call = Call("/simple/foo-bar/", {"Via": "1.1 wheelyard-another"})

    assert (await answered(site.edge, call)).status == 200


@pytest.mark.parametrize(
    "target", ["/py/simple/foo-bar/", "/simple/foo-bar/", "//py//simple/foo-bar/"]
)
async def test_sub_path_may_be_there_or_not(site: Site, target: str) -> None:
    """Some proxies take it away, others leave it."""
    site.server = ServerSettings(base_url="https://index.example/py")

    assert (await answered(site.edge, Call(target))).status == 200


async def test_sub_path_is_a_whole_segment(site: Site) -> None:
    """`/python` is not below `/py`."""
    site.server = ServerSettings(base_url="https://index.example/py")

    assert (await answered(site.edge, Call("/python/simple/"))).status == 404


async def test_page_is_counted_the_same_warm_or_not(site: Site) -> None:
    """The short way counts what the long way counts."""
    edge = site.edge
    calls = [await answered(edge, Call("/simple/foo-bar/")) for _ in range(3)]

    assert site.counters.requests == {("page", 200): 3}
    assert site.counters.sent_bytes == {"page": sum(len(call.body) for call in calls)}
    assert site.counters.cache_answers == {("page", "miss"): 1, ("page", "hit"): 2}


async def test_every_request_is_in_the_access_log(site: Site, clock: FrozenClock) -> None:
    """Warm, cold, refused: with status and length, and the client that a proxy names."""
    stream = io.StringIO()
    site.log = AccessLog(stream, clock)
    site.server = ServerSettings(trusted_proxies=(ip_network("127.0.0.0/8"),))
    edge = site.edge

    for target in ("/simple/foo-bar/", "/simple/foo-bar/", "/nothing"):
        await answered(edge, Call(target, {"X-Forwarded-For": "192.0.2.9"}))
    await site.log._flush()

    first, second, third = stream.getvalue().splitlines()
    assert first == second
    assert first.startswith("192.0.2.9 - - [")
    assert '"GET /simple/foo-bar/ HTTP/1.1" 200 ' in first
    assert '"GET /nothing HTTP/1.1" 404 ' in third
