"""Uploads at the edge, without a socket: what is received, and how early something is refused."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from server.asgi import Call
from support.app import app_on, main_index
from support.own_files import ALICE, publish
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from support.spellings import heard
from support.uploads import Form, form_of
from wheelyard.access import ANONYMOUS, Action, Grant, Identity, Role, Scope
from wheelyard.access.signing_in import Access
from wheelyard.app import App
from wheelyard.names import Filename, IndexName, ProjectName
from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Message
from wheelyard.server.simple import SimplePages
from wheelyard.server.uploads import Uploads
from wheelyard.settings import UploadSettings

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking(reason="looks people and projects up in place, as requests do"),
]

DEMO = make_wheel("demo", "1.0")
ROOT = Identity("root", is_admin=True)
MARIA = Identity("maria", grants=frozenset({Grant(Role.UPLOADER, "main", "demo")}))
UPLOADER = Identity("ulla", grants=frozenset({Grant(Role.UPLOADER, "main")}))


@dataclass(slots=True)
class Post(Call):
    """An upload whose body comes in pieces, of which ``taken`` says how many were taken."""

    method: str = "POST"
    pieces: list[bytes] = field(default_factory=list)
    leaves: bool = False
    """The client goes away after the last piece, which is not the last of the body."""
    taken: int = 0

    async def receive(self) -> Message:
        """Give the next piece."""
        if self.taken == len(self.pieces):
            return {"type": "http.disconnect"}
        self.taken += 1
        is_last = self.taken == len(self.pieces) and not self.leaves
        return {
            "type": "http.request",
            "body": self.pieces[self.taken - 1],
            "more_body": not is_last,
        }

    @property
    def reason(self) -> str:
        """What stands in the status line, if anything does."""
        return bytes(self.messages[0].get("reason", b"")).decode("latin-1")


def post(form: Form, *, piece_bytes: int = 65_536, **fields: str) -> Post:
    """Return the request that sends a form."""
    content_type, body = form.render()
    pieces = [body[start : start + piece_bytes] for start in range(0, len(body), piece_bytes)]
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return Post("/legacy/", {"Content-Type": content_type, **named}, pieces=pieces)


@dataclass(slots=True)
class FakeAccess:
    """Whoever asks is ``identity``."""

    identity: Identity

    async def identify(self, authorization: str | None, origin: str) -> Identity:
        """Return who it is."""
        del authorization, origin
        return self.identity


@dataclass(frozen=True, slots=True)
class Desk:
    """A running program, and what takes uploads for its main index."""

    app: App

    async def take(self, call: Call, identity: Identity = ROOT) -> Call:
        """Have a request answered."""
        self.app.access = cast("Access", FakeAccess(identity))
        index = main_index(self.app)
        pages = SimplePages(index.shelf, self.app.clock, self.app.counters)
        uploads = Uploads(self.app, index, Addresses(""), pages)
        exchange = call.exchange
        await uploads(exchange, exchange.path.split("/")[1:])
        return call

    async def held(self, filename: str) -> bool:
        """Say whether a file of the project was published."""
        owner = main_index(self.app).owner
        hosting = self.app.catalog.hosting
        return await hosting.find(owner, ProjectName("demo"), Filename(filename)) is not None

    @property
    def spool(self) -> list[Path]:
        """Every file that is not complete."""
        return [path for path in self.app.directory.spool.iterdir() if path.is_file()]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Simulator]:
    """Run an upstream that has a project of a name that somebody may want."""
    with running_simulator() as simulator:
        simulator.add(make_wheel("public", "1.0"))
        yield simulator


@pytest.fixture
async def desk(upstream: Simulator, tmp_path: Path) -> AsyncIterator[Desk]:
    """Run the program on an empty directory."""
    async with app_on(tmp_path / "data", upstream) as app:
        yield Desk(app)


@pytest.mark.parametrize("piece_bytes", [7, 1_000, 1_000_000])
async def test_form_in_pieces_of_any_size_is_published(desk: Desk, piece_bytes: int) -> None:
    """Boundaries of pieces mean nothing."""
    call = await desk.take(post(form_of(DEMO), piece_bytes=piece_bytes))

    assert (call.status, call.body) == (200, b"")
    assert await desk.held(DEMO.filename)
    assert desk.spool == []


async def test_client_that_leaves_gets_no_answer_and_leaves_nothing(desk: Desk) -> None:
    """Nobody is there to read one."""
    call = replace(post(form_of(DEMO), piece_bytes=100), leaves=True)
    call.pieces.pop()

    await desk.take(call)

    assert call.messages == []
    assert desk.spool == []
    assert not await desk.held(DEMO.filename)


async def test_stranger_is_asked_before_anything_is_received(desk: Desk) -> None:
    """401, and not one piece of the body was taken."""
    call = post(form_of(DEMO))

    await desk.take(call, ANONYMOUS)

    assert call.status == 401
    assert call.headers["www-authenticate"].startswith("Basic realm=")
    assert call.taken == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://wiki.index.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_page_of_another_site_uploads_nothing(desk: Desk, fields: dict[str, str]) -> None:
    """Browsers add the password that they know for a host to forms of whatever page."""
    call = post(form_of(DEMO))
    call.fields = {**call.fields, **fields}

    await desk.take(call)

    assert (call.status, call.taken) == (403, 0)
    assert "page of another site" in call.reason
    assert not await desk.held(DEMO.filename)


@pytest.mark.parametrize(
    "identity",
    [
        Identity("rita", grants=frozenset({Grant(Role.READER)})),
        Identity("else", grants=frozenset({Grant(Role.MANAGER, "other")})),
        Identity("root", is_admin=True, scope=Scope(actions=frozenset({Action.READ}))),
    ],
    ids=["reader", "elsewhere", "token-to-read"],
)
async def test_user_who_may_upload_nothing_is_refused_before_anything_is_received(
    desk: Desk, identity: Identity
) -> None:
    """The name may stand behind a file of ten gigabytes, which takes everybody's room meanwhile."""
    call = post(form_of(DEMO).reversed())

    await desk.take(call, identity)

    assert (call.status, call.taken) == (403, 0)
    assert "uploader" in call.reason


async def test_right_that_ends_while_the_file_is_looked_at_counts_no_more(desk: Desk) -> None:
    """That may take a minute, and a right ends within a second."""
    app, inspect = desk.app, desk.app.pipeline.parts.inspector.inspect

    async def look(*words: object, **more: object) -> object:
        found = await inspect(*words, **more)  # type: ignore[arg-type]  # whatever it is given
        app.access = cast("Access", FakeAccess(Identity("maria")))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.pipeline.parts.inspector, "inspect", look)
        call = await desk.take(post(form_of(DEMO)), MARIA)

    assert call.status == 403
    assert not await desk.held(DEMO.filename)


async def test_index_that_is_removed_meanwhile_takes_nothing(desk: Desk) -> None:
    """Nobody would see the file, and its name would be ours for nothing."""
    app, staging = desk.app, IndexName("staging")
    await app.catalog.indexes.add(staging, {}, ALICE)
    await app.indexes.reload()
    index = app.indexes[staging]
    app.access = cast("Access", FakeAccess(ROOT))
    await app.catalog.indexes.remove(staging, ALICE)
    await app.indexes.reload()
    pages = SimplePages(index.shelf, app.clock, app.counters)
    call = post(form_of(DEMO))

    await Uploads(app, index, Addresses(""), pages)(call.exchange, [""])

    assert call.status == 404
    assert "removed while the file was sent" in call.reason
    assert "`wheelyard index add staging`" in call.reason
    assert await app.catalog.hosting.names() == frozenset()


async def test_user_without_the_right_is_refused_before_the_file_comes(desk: Desk) -> None:
    """The name stands in the form before the file: that is enough to know."""
    large = make_wheel("other", "1.0", payload_bytes=100_000)
    call = post(form_of(large), piece_bytes=1_000)

    await desk.take(call, MARIA)

    assert call.status == 403
    assert "`other`" in call.reason
    assert "uploader" in call.reason
    assert call.taken <= 2
    assert desk.spool == []


async def test_user_with_a_role_in_the_project_publishes(desk: Desk) -> None:
    """Also the first file of it."""
    call = await desk.take(post(form_of(DEMO)), MARIA)

    assert call.status == 200, call.body


async def test_name_that_is_public_is_for_managers(desk: Desk, upstream: Simulator) -> None:
    """Who installs the public project from here would get ours; upstream is not asked by name."""
    app = desk.app
    await main_index(app).shelf.page(ProjectName("public"))
    upstream.forget()
    wheel = make_wheel("public", "9.0")

    refused = await desk.take(post(form_of(wheel)), UPLOADER)
    taken = await desk.take(post(form_of(wheel)), ROOT)

    assert refused.status == 403
    assert "public project has this name" in refused.body.decode()
    assert taken.status == 200
    assert upstream.requests == []


async def test_name_of_a_list_that_nobody_has_asked_for_is_public_too(
    desk: Desk, upstream: Simulator
) -> None:
    """On the first day nothing is held: the whole list is fetched, and no name is told."""
    upstream.forget()

    refused = await desk.take(post(form_of(make_wheel("public", "9.0"))), UPLOADER)
    taken = await desk.take(post(form_of(DEMO)), UPLOADER)

    assert refused.status == 403
    assert "public project has this name" in refused.body.decode()
    assert taken.status == 200
    assert heard((upstream,), "public", "demo") == []


async def test_name_that_may_be_public_is_not_taken_while_nobody_can_tell(tmp_path: Path) -> None:
    """It is nobody's before it is known to be nobody's; a manager may take it."""
    with running_simulator() as down:
        down.down()
        async with app_on(tmp_path / "data", down) as app:
            refused = await Desk(app).take(post(form_of(DEMO)), UPLOADER)
            taken = await Desk(app).take(post(form_of(DEMO)), ROOT)

    assert (refused.status, taken.status) == (503, 200)


async def test_name_that_looks_like_one_is_told_to_who_may_read_that(desk: Desk) -> None:
    """What somebody may not read is not there, also not as what a name can be taken for."""
    closed = IndexName("closed")
    await desk.app.catalog.indexes.add(closed, {"read": "members"}, ALICE)
    await desk.app.indexes.reload()
    await publish(desk.app, make_wheel("secrets", "1.0"), closed)
    await publish(desk.app, make_wheel("billing", "1.0"))

    hidden = await desk.take(post(form_of(make_wheel("secretz", "1.0"))), UPLOADER)
    shown = await desk.take(post(form_of(make_wheel("biling", "1.0"))), UPLOADER)
    everything = await desk.take(post(form_of(make_wheel("secets", "1.0"))), ROOT)

    assert (hidden.status, hidden.body) == (200, b"")
    assert b"can be taken for `billing`" in shown.body
    assert b"can be taken for `secrets`" in everything.body


async def test_length_over_the_limit_is_refused_before_anything_is_received(desk: Desk) -> None:
    """Nobody sends a terabyte only to hear that it is too much."""
    call = post(form_of(DEMO), content_length=str(2**40))

    await desk.take(call)

    assert call.status == 400
    assert "max_file_bytes" in call.reason
    assert call.taken == 0


async def test_file_over_the_limit_is_refused_where_it_passes_it(desk: Desk) -> None:
    """Whatever length was told."""
    limited = replace(desk.app.settings, upload=UploadSettings(max_file_bytes=10_000))
    desk.app.settings = limited
    large = make_wheel("demo", "1.0", payload_bytes=100_000)
    call = post(form_of(large), piece_bytes=1_000)

    await desk.take(call)

    assert call.status == 400
    assert "10000 bytes" in call.reason
    assert call.taken < 15
    assert desk.spool == []


async def test_server_that_only_reads_takes_nothing(desk: Desk) -> None:
    """`--read-only` is said before anybody is asked who they are."""
    settings = desk.app.settings
    desk.app.settings = replace(settings, server=replace(settings.server, read_only=True))
    call = post(form_of(DEMO))

    await desk.take(call, ANONYMOUS)

    assert (call.status, call.taken) == (403, 0)
    assert "--read-only" in call.reason


async def test_other_bytes_are_refused_in_the_words_that_clients_know(desk: Desk) -> None:
    """In the status line and in the body; 400, which every client looks at."""
    await desk.take(post(form_of(DEMO)))

    call = await desk.take(post(form_of(make_wheel("demo", "1.0", payload_bytes=9))))

    assert isinstance(call, Post)
    assert call.status == 400
    assert call.reason.startswith("File already exists")
    assert call.body.startswith(b"File already exists")


@pytest.mark.parametrize("action", ["submit", "submit_pkg_info", "register", "doc_upload"])
async def test_action_of_the_past_is_gone(desk: Desk, action: str) -> None:
    """410 with what to do now."""
    call = post(form_of(DEMO).with_values(":action", action))

    await desk.take(call)

    assert call.status == 410
    assert call.reason != ""


@pytest.mark.parametrize("target", ["/legacy/+simple/demo/", "/legacy/%2Bsimple/Demo"])
async def test_page_below_is_html(desk: Desk, target: str) -> None:
    """What hatch looks at before it uploads."""
    await desk.take(post(form_of(DEMO)))

    call = await desk.take(Call(target))

    assert call.headers["content-type"].startswith("text/html")
    assert f">{DEMO.filename}</a>".encode() in call.body


async def test_reader_is_told_what_the_address_is_for(desk: Desk) -> None:
    """Not a page, and no crash."""
    call = await desk.take(Call("/legacy/"))

    assert (call.status, call.headers["allow"]) == (405, "POST")
