"""What mirror programs call: lists with serials, the changelog, releases; and nothing more."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import anyio
import msgspec
import pytest

from pages.repository import FakeRepository
from server.asgi import Call as Asked
from server.asgi import FakeBlob
from server.chain import FakeChain, index_over
from support.fakes import make_file, make_project
from wheelyard.app import HOSTED, Index
from wheelyard.catalog import JournalRow, Stretch
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import ProjectEntry, ProjectList, ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.server.address import Addresses
from wheelyard.server.documents import JsonApi
from wheelyard.server.mirror_calls import (
    RETIRED,
    UNKNOWN_METHOD,
    WRONG_ARGUMENTS,
    MirrorCalls,
)
from wheelyard.server.readers import Reader
from wheelyard.wire.xml_rpc import Call, Fault, Value

pytestmark = pytest.mark.anyio

WHEEL = make_file("foo_bar-1.0-py3-none-any.whl", core_metadata=(("sha256", "ab" * 32),))
YANKED = make_file("foo_bar-1.1.tar.gz", yanked="broken")
SDIST = make_file("foo_bar-2.0.tar.gz", size=2**33)
METADATA = b"Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\nSummary: a summary\n"


@dataclass(slots=True)
class Listing(FakeRepository):
    """A repository whose list has serials; ``turn`` holds it back."""

    turn: anyio.Event | None = None

    async def projects(self) -> ProjectList:
        """Return the names and serials of all pages."""
        if self.turn is not None:
            await self.turn.wait()
        if not self.pages:
            raise Absent("The project list")
        entries = [ProjectEntry(page.name, page.serial) for page in self.pages.values()]
        return ProjectList(tuple(entries), known=self.known)


@dataclass(slots=True)
class FakeFeed:
    """A journal in memory, told in stretches of two serials."""

    rows: list[JournalRow] = field(default_factory=list)
    asked: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)

    async def after(self, serial: int, owners: Collection[str], limit: int) -> Stretch:
        """Return some changes after ``serial``."""
        self.asked.append((serial, tuple(owners)))
        end = max((row.serial for row in self.rows), default=0)
        seen = min(end, serial + 2)
        found = [row for row in self.rows if serial < row.serial <= seen and row.owner in owners]
        return Stretch(tuple(found[:limit]), max(serial, seen), is_last=seen >= end)


@pytest.fixture
def repository(clock: FrozenClock) -> Listing:
    """Three projects, of which one has no serial."""
    pages = {
        "foo-bar": make_project("foo-bar", WHEEL, YANKED, SDIST, serial=7),
        "other": make_project("other", make_file("other-1.0.tar.gz"), serial=3),
        "uncounted": make_project("uncounted"),
    }
    return Listing(clock, pages, {f"{WHEEL.filename}.metadata": FakeBlob(METADATA)})


def calls_over(
    repository: Listing, feed: FakeFeed | None = None, index: Index | None = None
) -> MirrorCalls:
    """Return what answers for ``repository``."""
    index = index or index_over(FakeChain(repository))
    documents = JsonApi(index, Addresses(""), repository.clock)
    return MirrorCalls(index, documents, feed or FakeFeed(), patience_seconds=0.05)


async def ask(
    calls: MirrorCalls, method: str, *arguments: Value, reader: Reader | None = None
) -> Value | Fault:
    """Return what a call is answered, for ``reader`` or for anybody."""
    exchange = Asked("/pypi", method="POST").exchange
    exchange.reader = reader or exchange.reader
    return await calls.answer(exchange, Call(method, arguments))


async def test_c95_lists_and_serials_are_those_of_the_root(repository: Listing) -> None:
    """Names in the order of the list; the struct has what is counted; and the highest serial."""
    calls = calls_over(repository)

    assert await ask(calls, "list_packages") == ["foo-bar", "other", "uncounted"]
    assert await ask(calls, "list_packages_with_serial") == {"foo-bar": 7, "other": 3}
    assert await ask(calls, "changelog_last_serial") == 7


async def test_c95_changelog_is_in_the_order_of_serials(repository: Listing) -> None:
    """Name, version or nil, time, action, serial; and nothing that was known before."""
    calls = calls_over(repository)

    everything = await ask(calls, "changelog_since_serial", 0)
    since = await ask(calls, "changelog_since_serial", 3)

    at = int(repository.known.checked_at)
    assert everything == [["other", None, at, "change", 3], ["foo-bar", None, at, "change", 7]]
    assert since == [["foo-bar", None, at, "change", 7]]
    assert await ask(calls, "changelog_since_serial", 7) == []


async def test_index_without_projects_answers_with_nothing(clock: FrozenClock) -> None:
    """No list is no fault: there is nothing to mirror yet."""
    calls = calls_over(Listing(clock))

    assert await ask(calls, "list_packages") == []
    assert await ask(calls, "list_packages_with_serial") == {}
    assert await ask(calls, "changelog_last_serial") == 0
    assert await ask(calls, "changelog_since_serial", 0) == []


async def test_reader_is_told_of_what_they_may_read(repository: Listing) -> None:
    """Lists, serials, changes and releases alike; the rest does not exist."""
    reader, calls = Reader(names=frozenset({"other"})), calls_over(repository)

    assert await ask(calls, "list_packages", reader=reader) == ["other"]
    assert await ask(calls, "list_packages_with_serial", reader=reader) == {"other": 3}
    assert await ask(calls, "changelog_last_serial", reader=reader) == 3
    assert await ask(calls, "package_releases", "foo-bar", reader=reader) == []
    assert await ask(calls, "release_urls", "foo-bar", "2.0", reader=reader) == []
    assert await ask(calls, "release_data", "foo-bar", "2.0", reader=reader) == {}


async def test_releases_come_newest_first(repository: Listing) -> None:
    """Yanked ones only for who asks for those that are hidden; any spelling of the name is good."""
    calls = calls_over(repository)

    assert await ask(calls, "package_releases", "Foo.Bar") == ["2.0", "1.0"]
    assert await ask(calls, "package_releases", "foo-bar", 1) == ["2.0", "1.1", "1.0"]
    assert await ask(calls, "package_releases", "nobody") == []
    assert await ask(calls, "package_releases", "not a name!") == []


async def test_project_in_quarantine_has_no_releases(repository: Listing) -> None:
    """Takedowns win, by this way as well."""
    status = ProjectStatus("quarantined", "malware")
    page = make_project("foo-bar", SDIST)
    repository.pages["foo-bar"] = msgspec.structs.replace(page, status=status)
    calls = calls_over(repository)

    assert await ask(calls, "package_releases", "foo-bar") == []
    assert await ask(calls, "release_urls", "foo-bar", "2.0") == []


async def test_release_is_told_as_the_json_api_tells_it(repository: Listing) -> None:
    """Its files with our links, and what its metadata say."""
    calls = calls_over(repository)

    urls = await ask(calls, "release_urls", "foo-bar", "2.0")
    data = await ask(calls, "release_data", "foo-bar", "1.0")

    assert isinstance(urls, list)
    assert [(each["filename"], each["size"]) for each in urls] == [(SDIST.filename, 2**33)]
    assert urls[0]["url"].startswith("http://127.0.0.1:8765/packages/")
    assert isinstance(data, dict)
    assert (data["summary"], data["version"]) == ("a summary", "1.0")
    assert await ask(calls, "release_data", "foo-bar", "9.9") == {}


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("changelog_since_serial", ()),
        ("changelog_since_serial", ("7",)),
        ("changelog_since_serial", (True,)),
        ("changelog_since_serial", (1, 2)),
        ("list_packages", (1,)),
        ("package_releases", (7,)),
        ("release_urls", ("foo-bar",)),
    ],
)
async def test_wrong_arguments_are_a_fault(
    repository: Listing, method: str, arguments: tuple[Value, ...]
) -> None:
    """Which says what the method takes."""
    fault = await ask(calls_over(repository), method, *arguments)

    assert isinstance(fault, Fault)
    assert fault.code == WRONG_ARGUMENTS
    assert method in fault.sentence


@pytest.mark.parametrize(("method", "code"), [("search", RETIRED), ("launch", UNKNOWN_METHOD)])
async def test_c95_other_methods_are_a_fault(repository: Listing, method: str, code: int) -> None:
    """Those that PyPI retired by its code, and those that never were."""
    fault = await ask(calls_over(repository), method, "anything")

    assert isinstance(fault, Fault)
    assert fault.code == code
    assert method in fault.sentence


async def test_methods_are_listed(repository: Listing) -> None:
    """By introspection, as XML-RPC has it."""
    methods = await ask(calls_over(repository), "system.listMethods")

    assert isinstance(methods, list)
    assert "list_packages_with_serial" in methods


async def test_list_that_others_wait_for_is_unavailable_after_a_while(repository: Listing) -> None:
    """Nobody waits for ever, and nobody's list is made twice at a time."""
    repository.turn = anyio.Event()

    with pytest.raises(Unavailable, match="The list of projects"):
        await ask(calls_over(repository), "list_packages")


def row(serial: int, kind: str, project: str = "foo", **detail: object) -> JournalRow:
    """Return a row of the journal."""
    return JournalRow(serial, Instant(100), kind, "hosted:main", ProjectName(project), detail)


@pytest.fixture
def hosted(repository: Listing) -> tuple[MirrorCalls, FakeFeed]:
    """What answers for the hosted part, and its journal."""
    index = replace(index_over(FakeChain(repository)), name=HOSTED)
    feed = FakeFeed(
        [
            row(1, "project.created"),
            row(2, "file.added", version="1.0", filename="foo-1.0.tar.gz"),
            JournalRow(3, Instant(100), "file.added", "hosted:team", ProjectName("secret"), {}),
            row(9, "file.accepted"),
            row(20, "release.yanked", version="1.0"),
            row(21, "project.deleted", "gone"),
        ]
    )
    return calls_over(repository, feed, index), feed


async def test_hosted_changelog_is_our_own_journal(hosted: tuple[MirrorCalls, FakeFeed]) -> None:
    """What happened to projects of ours, of that owner alone, deletions among them."""
    calls, feed = hosted

    entries = await ask(calls, "changelog_since_serial", 0)

    assert entries == [
        ["foo", None, 100, "create", 1],
        ["foo", "1.0", 100, "add file foo-1.0.tar.gz", 2],
        ["foo", "1.0", 100, "yank release", 20],
        ["gone", None, 100, "remove project", 21],
    ]
    assert {owners for _, owners in feed.asked} == {("hosted:main",)}


async def test_hosted_changelog_goes_on_until_there_is_something(
    hosted: tuple[MirrorCalls, FakeFeed],
) -> None:
    """A long stretch without news of ours is not the end."""
    calls, feed = hosted
    feed.rows = [row(501, "release.deleted", version="1.0")]

    entries = await ask(calls, "changelog_since_serial", 3)

    assert entries == [["foo", "1.0", 100, "remove release", 501]]
    assert await ask(calls, "changelog_since_serial", 501) == []


async def test_hosted_changelog_tells_a_reader_of_what_is_theirs(
    hosted: tuple[MirrorCalls, FakeFeed],
) -> None:
    """Also of what was deleted."""
    reader = Reader(names=frozenset({"gone"}))

    entries = await ask(hosted[0], "changelog_since_serial", 0, reader=reader)

    assert entries == [["gone", None, 100, "remove project", 21]]
