"""Files, their metadata and provenance: found by path, sent, or explained."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

import anyio
import pytest

from pages.repository import FakeRepository
from server.asgi import Call, FakeBlob
from server.chain import FakeChain, index_over
from support.fakes import make_file
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, BadInput, Unavailable
from wheelyard.model import FileRef
from wheelyard.monitor import Counters
from wheelyard.names import ProjectName
from wheelyard.repository.keepers import KeptDocument
from wheelyard.server.files import Files, Provenance
from wheelyard.stats import Tally

pytestmark = pytest.mark.anyio

WHEEL = "foo_bar-1.0-py3-none-any.whl"
PATH = f"packages/ab/cd/ef/{WHEEL}"
CONTENT = b"0123456789"
REF = FileRef(ProjectName("foo-bar"), make_file(WHEEL, CONTENT))
DIGEST = sha256(CONTENT).hexdigest()
FOREVER = "max-age=365000000, immutable, public"
PROVENANCE = f"/integrity/foo-bar/1.0/{WHEEL}/provenance"


@pytest.fixture
def chain(clock: FrozenClock) -> FakeChain:
    """A chain with one file, its metadata and its provenance."""
    blobs = {WHEEL: FakeBlob(CONTENT), f"{WHEEL}.metadata": FakeBlob(b"Name: foo-bar\n")}
    provenance = {f"provenance:foo-bar/{WHEEL}": KeptDocument(b'{"version": 1}')}
    return FakeChain(FakeRepository(clock, blobs=dict(blobs)), {PATH: REF}, dict(provenance))


@pytest.fixture
def files(chain: FakeChain, clock: FrozenClock) -> Files:
    """What answers for files of ``chain``."""
    return Files(index_over(chain), clock, Counters(), patience_seconds=0.01)


async def answered(files: Files | Provenance, call: Call) -> Call:
    """Return ``call`` once it was answered."""
    exchange = call.exchange
    await files(exchange, exchange.path.split("/")[1:])
    return call


async def test_file_is_sent(files: Files) -> None:
    """As bytes of no particular kind, to be kept for ever."""
    call = await answered(files, Call(f"/{PATH}"))

    assert (call.status, call.body) == (200, CONTENT)
    assert call.headers == {
        "etag": f'"{DIGEST}"',
        "accept-ranges": "bytes",
        "cache-control": FOREVER,
        "cache-status": "wheelyard; fwd=miss; stored",
        "content-type": "application/octet-stream",
        "content-length": "10",
    }


async def test_head_asks_nobody_for_the_file(files: Files, chain: FakeChain) -> None:
    """The page knows length and digest."""
    whole = await answered(files, Call(f"/{PATH}"))
    chain.repository.asked.clear()

    head = await answered(files, Call(f"/{PATH}", method="HEAD"))

    expected = {**whole.headers, "cache-status": "wheelyard; detail=page"}
    assert (head.status, head.headers, head.body) == (200, expected, b"")
    assert chain.repository.asked == []


async def test_conditional_head_is_304(files: Files) -> None:
    """That is how uv asks."""
    call = Call(f"/{PATH}", {"If-None-Match": f'"{DIGEST}"'}, "HEAD")

    assert (await answered(files, call)).status == 304
    assert call.headers == {
        "etag": f'"{DIGEST}"',
        "accept-ranges": "bytes",
        "cache-control": FOREVER,
        "cache-status": "wheelyard; detail=page",
    }


async def test_head_of_a_file_without_a_stated_length_asks_for_it(
    files: Files, chain: FakeChain
) -> None:
    """No length is worse than a download; it is held from then on."""
    chain.refs[PATH] = FileRef(REF.project, make_file(WHEEL, CONTENT, size=None, hashes=()))

    call = await answered(files, Call(f"/{PATH}", method="HEAD"))

    assert (call.status, call.headers["content-length"], call.body) == (200, "10", b"")
    assert chain.repository.asked == [WHEEL]


async def test_head_knows_no_ranges(files: Files) -> None:
    """Source: RFC 9110, 14.2."""
    call = await answered(files, Call(f"/{PATH}", {"Range": "bytes=0-1"}, "HEAD"))

    assert (call.status, call.headers["content-length"]) == (200, "10")


async def test_metadata_are_sent_as_text(files: Files) -> None:
    """Beside the file, under the same rules."""
    call = await answered(files, Call(f"/{PATH}.metadata"))

    assert (call.status, call.body) == (200, b"Name: foo-bar\n")
    assert call.headers["content-type"] == "text/plain; charset=utf-8"
    assert call.headers["cache-control"] == FOREVER


@pytest.mark.parametrize("path", ["packages/", "packages/x", f"{PATH}x", f"{PATH}.asc"])
async def test_path_that_nobody_lists_is_absent(files: Files, path: str) -> None:
    """The locator decides; nothing is guessed here."""
    with pytest.raises(Absent):
        await answered(files, Call(f"/{path}"))


async def test_listed_file_that_is_gone_has_its_page_read_again(
    files: Files, chain: FakeChain
) -> None:
    """The page then says whether it is deleted or only out of reach."""
    chain.repository.blobs.clear()

    with pytest.raises(Absent, match="which was listed"):
        await answered(files, Call(f"/{PATH}"))

    assert chain.gone == [WHEEL]


@dataclass(slots=True)
class Arriving(FakeBlob):
    """A blob on its way; ``begins`` is set when its first byte is here."""

    begins: anyio.Event | None = None

    async def started(self) -> None:
        """Return once the first byte can be read."""
        if self.begins is not None:
            await self.begins.wait()


async def test_file_on_its_way_is_followed(files: Files, chain: FakeChain) -> None:
    """As soon as its first byte is here."""
    chain.repository.blobs[WHEEL] = Arriving(CONTENT, proven=False)

    call = await answered(files, Call(f"/{PATH}"))

    assert (call.status, call.body) == (200, CONTENT)
    assert call.headers["etag"].startswith('"unproven-')


async def test_file_that_does_not_begin_is_unavailable(files: Files, chain: FakeChain) -> None:
    """Before the client loses patience; the download goes on behind."""
    chain.repository.blobs[WHEEL] = Arriving(CONTENT, proven=False, begins=anyio.Event())

    with pytest.raises(Unavailable, match="its first byte took longer than"):
        await answered(files, Call(f"/{PATH}"))


async def test_file_is_a_hit_when_it_is_on_the_disk(files: Files, chain: FakeChain) -> None:
    """And a miss when it has to come from somewhere."""
    chain.repository.blobs[WHEEL] = Arriving(CONTENT, proven=False)

    await answered(files, Call(f"/{PATH}"))

    assert files.counters.cache_answers == {("file", "miss"): 1}


async def test_provenance_is_sent_with_its_type(chain: FakeChain, clock: FrozenClock) -> None:
    """With a tag, and as long a life as any page. Source: PEP 740."""
    call = await answered(Provenance(index_over(chain), clock, 0.01), Call(PROVENANCE))

    assert (call.status, call.body) == (200, b'{"version": 1}')
    assert call.headers["content-type"] == "application/vnd.pypi.integrity.v1+json"
    assert call.headers["cache-control"] == "public, max-age=60"
    assert call.headers["content-length"] == "14"


async def test_provenance_that_the_client_has_is_304(chain: FakeChain, clock: FrozenClock) -> None:
    """The tag is a digest of the object."""
    provenance = Provenance(index_over(chain), clock, 0.01)
    etag = (await answered(provenance, Call(PROVENANCE))).headers["etag"]

    again = await answered(provenance, Call(PROVENANCE, {"If-None-Match": etag}))

    assert (again.status, again.headers["etag"]) == (304, etag)


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (PROVENANCE.replace("/1.0/", "/2.0/"), Absent),
        (PROVENANCE.replace("foo-bar", "other"), Absent),
        (PROVENANCE.replace(WHEEL, "foo_bar-1.0.tar.gz"), Absent),
        (PROVENANCE.replace("foo-bar", "-"), BadInput),
        (PROVENANCE.replace(WHEEL, ".hidden"), BadInput),
        (f"{PROVENANCE}/", BadInput),
        ("/integrity/", BadInput),
        ("/integrity/foo-bar/1.0", BadInput),
    ],
)
async def test_provenance_of_nothing_is_refused(
    chain: FakeChain, clock: FrozenClock, target: str, error: type[Exception]
) -> None:
    """Project, version and file belong together."""
    with pytest.raises(error):
        await answered(Provenance(index_over(chain), clock, 0.01), Call(target))


PIP = 'pip/24.0 {"ci":null}'


async def counted(chain: FakeChain, clock: FrozenClock, *calls: Call) -> list[tuple[object, int]]:
    """Return what was counted while ``calls`` were answered, whatever became of them."""
    tally = Tally(clock)
    files = Files(index_over(chain), clock, Counters(), patience_seconds=0.01, tally=tally)
    for call in calls:
        with suppress(Absent, Unavailable):
            await answered(files, call)
    return [(key[1:], count) for key, count in tally.take()]


async def test_a97_file_that_is_sent_counts_once(chain: FakeChain, clock: FrozenClock) -> None:
    """By index, project, file and what the program calls itself; without a name it has none."""
    calls = [Call(f"/{PATH}", {"User-Agent": PIP}) for _ in range(2)]

    found = await counted(chain, clock, *calls, Call(f"/{PATH}"))

    assert found == [
        (("main", "foo-bar", WHEEL, PIP), 2),
        (("main", "foo-bar", WHEEL, ""), 1),
    ]


async def test_a97_download_in_pieces_counts_once(chain: FakeChain, clock: FrozenClock) -> None:
    """The piece that begins it counts, in whatever order they come."""
    pieces = ["8-9", "2-3", "0-1", "4-5", "6-7"]
    calls = [Call(f"/{PATH}", {"Range": f"bytes={piece}"}) for piece in pieces]

    assert await counted(chain, clock, *calls) == [(("main", "foo-bar", WHEEL, ""), 1)]
    assert [call.status for call in calls] == [206] * 5


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: Call(f"/{PATH}", method="HEAD"), id="HEAD"),
        pytest.param(lambda: Call(f"/{PATH}", {"If-None-Match": f'"{DIGEST}"'}), id="304"),
        pytest.param(lambda: Call(f"/{PATH}.metadata"), id="metadata"),
        pytest.param(lambda: Call(f"/{PATH}x"), id="404"),
        pytest.param(lambda: Call(f"/{PATH}", {"Range": "bytes=99-"}), id="416"),
        pytest.param(lambda: Call(f"/{PATH}", {"Range": "bytes=-4"}), id="the end of a wheel"),
        pytest.param(lambda: Call(f"/{PATH}", {"Range": "bytes=0-0"}), id="are there ranges?"),
    ],
)
async def test_a97_look_at_a_file_counts_nothing(
    chain: FakeChain, clock: FrozenClock, call: Callable[[], Call]
) -> None:
    """Installers look before they fetch, and mirrors look without fetching."""
    assert await counted(chain, clock, call()) == []


async def test_a97_answer_that_breaks_counts_nothing(chain: FakeChain, clock: FrozenClock) -> None:
    """It was no download; the client will come again."""
    chain.repository.blobs[WHEEL] = FakeBlob(CONTENT, fails=Unavailable("the file", "it broke"))

    assert await counted(chain, clock, Call(f"/{PATH}")) == []


@pytest.mark.parametrize(
    "call",
    [
        Call(f"/{PATH}"),
        Call(f"/{PATH}", {"range": "bytes=0-3"}),
        Call(f"/{PATH}", {"if-none-match": f'"{DIGEST}"'}),
        Call(f"/{PATH}", method="HEAD"),
        Call(f"/{PATH}.metadata"),
    ],
    ids=["whole", "part", "unchanged", "head", "metadata"],
)
async def test_every_way_to_ask_for_a_file_is_a_use_of_it(
    chain: FakeChain, clock: FrozenClock, call: Call
) -> None:
    """What is asked for is not what a quota evicts first."""
    used: list[object] = []
    files = Files(index_over(chain), clock, Counters(), 1.0, note_use=used.append)

    await answered(files, call)

    assert used == [DIGEST]
