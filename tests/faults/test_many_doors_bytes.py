"""Two doors to one index: any of them may serve bytes, the digest of the held page decides.

F08, F09, F19 to F23 with another door to go to: one whole, right answer to the client, or a cut
connection and a right one to whoever resumes; never a complete wrong body.
"""

import contextlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

import pytest

from faults.yard import HASTY, SHORT_LIVED, Yard, eventually, open_yard
from support.packages import Package, make_wheel
from support.simulator import (
    AUTOINDEX,
    PYPI,
    TWO_HOSTS,
    Fault,
    Simulator,
    garbage,
    login_page,
    other_bytes,
    redirect_loop,
    refuse,
    reset_after,
    short_chunked,
    silent,
    stall_after,
    status,
    truncate,
    wrong_bytes,
    wrong_length,
)

LENGTH = 1_500_000
SENT = 700_000
REFUSALS: dict[str, Fault] = {
    "f02-reset": refuse(),
    "f10-500": status(500),
    "f15-loop": redirect_loop(),
    "f17-no-http": garbage(),
    "not-there": status(404),
}
OUTAGES: dict[str, Fault] = {
    "f06-silent": silent(),
    "f11-429": status(429, retry_after=3600),
}
BREAKS: dict[str, Fault] = {
    "f08-stall": stall_after(SENT),
    "f09-reset": reset_after(SENT),
    "f19-truncated": truncate(SENT),
    "f20-short": short_chunked(SENT),
}
WRONG: dict[str, Fault] = {
    "f16-login": login_page(),
    "f17-bad-chunk": garbage("bad-chunk"),
    "f21-longer": wrong_length(1000),
    "f21-shorter": wrong_length(-1000),
    "f22-last-byte": wrong_bytes(LENGTH),
}


@dataclass(frozen=True, slots=True)
class Doors:
    """A server with two doors, of which the first is the preferred one."""

    yard: Yard
    second: Simulator

    @property
    def first(self) -> Simulator:
        """The door whose page is held."""
        return self.yard.upstream

    def hold(self, name: str, size: int = LENGTH) -> tuple[Package, str]:
        """Return a wheel that both doors have, and its path; its page is held, from the first."""
        package = make_wheel(name, "1.0", payload_bytes=size)
        for door in (self.second, self.first):
            door.add(package)
        return package, self.yard.path_of(package)


@contextlib.contextmanager
def open_doors(data: Path) -> Iterator[Doors]:
    """Run a server with two doors; the first has its files on another host."""
    with Simulator(TWO_HOSTS) as first, Simulator() as second:
        urls = [first.url, second.url]
        with open_yard(data, first, upstreams=urls, settings=HASTY) as yard:
            yield Doors(yard, second)


@pytest.fixture(scope="module")
def _doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """One server for all tests of single files."""
    with open_doors(tmp_path_factory.mktemp("doors") / "data") as doors:
        yield doors


@pytest.fixture
def doors(_doors: Doors) -> Iterator[Doors]:
    """Two doors that are well; what goes wrong with one file says little about a door."""
    yield _doors
    for door in (_doors.first, _doors.second):
        door.clear_faults()
    package, path = _doors.hold(f"sound-{uuid.uuid4().hex}", 1_000)

    def is_sound() -> bool:
        states = _doors.yard.client.ask("/-/status").json()["doors"]
        return _doors.yard.client.ask(path).body == package.content and {
            state["circuit"] for state in states
        } == {"closed"}

    eventually(is_sound, "both doors are well")


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Doors]:
    """Two doors of one test alone, of which one may be out for good."""
    with open_doors(tmp_path / "data") as doors:
        yield doors


def test_file_comes_from_the_other_door_when_the_file_host_is_dead(broken: Doors) -> None:
    """At its own address: that of the held page leads to the dead host."""
    package, path = broken.hold("dead-file-host")
    broken.first.down("files")

    answer = broken.yard.client.ask(path)

    assert (answer.status, answer.body) == (200, package.content)
    assert broken.second.count(f"*/{package.filename}") == 1


def test_file_comes_from_the_other_door_when_the_first_is_dead(broken: Doors) -> None:
    """The page that is held says which bytes; where they are, the living door says."""
    package, path = broken.hold("dead-door")
    broken.first.down()

    answer = broken.yard.client.ask(path)

    assert (answer.status, answer.body) == (200, package.content)


def test_many_files_of_one_project_cost_the_other_door_few_pages(broken: Doors) -> None:
    """A page is not asked for with every file."""
    wheels = [make_wheel("many-files", f"1.{minor}") for minor in range(12)]
    broken.second.add(*wheels)
    broken.first.add(*wheels)
    paths = [broken.yard.path_of(wheel) for wheel in wheels]
    broken.first.down("files")

    bodies = [broken.yard.client.ask(path).body for path in paths]

    assert bodies == [wheel.content for wheel in wheels]
    # It is read once for the links; the comparison of broken reads pages too.
    assert broken.second.count("/simple/many-files/") < len(wheels)


def test_directory_listing_gives_the_file(broken: Doors) -> None:
    """Another kind of index: a listing of a directory, without digests."""
    package, path = broken.hold("other-kind")
    broken.second.style = AUTOINDEX
    broken.first.down()

    answer = broken.yard.client.ask(path)

    assert answer.body == package.content


@pytest.mark.parametrize("fault", REFUSALS)
def test_door_that_does_not_give_the_file_is_made_good(doors: Doors, fault: str) -> None:
    """Whatever it says, also "it is not here": the page that we hold says that it is."""
    package, path = doors.hold(f"refused-{fault}")
    doors.first.fault(f"*/{package.filename}", REFUSALS[fault])

    answer = doors.yard.client.ask(path)

    assert (answer.status, answer.body) == (200, package.content)


@pytest.mark.parametrize("fault", OUTAGES)
def test_door_that_gives_no_file_at_all_is_made_good(broken: Doors, fault: str) -> None:
    """F06, F11: at the first file that nobody has asked for, in time, and at every other."""
    files = [broken.hold(f"outage-{number}", 100_000) for number in range(2)]
    broken.first.fault("file", OUTAGES[fault])

    answers = [broken.yard.client.ask(path) for _, path in files]

    assert [answer.body for answer in answers] == [package.content for package, _ in files]


def test_file_host_that_is_back_is_asked_again(broken: Doors) -> None:
    """While the other door gives everything, the dead host is asked behind, with a byte of a file.

    Its index host was never out: to ask that for pages would tell nothing.
    """
    _, path = broken.hold("back-again", 100_000)
    broken.first.down("files")
    broken.yard.client.ask(path)
    broken.first.up("files")

    def is_back() -> bool:
        package, path = broken.hold(f"back-{uuid.uuid4().hex}", 100_000)
        assert broken.yard.client.ask(path).body == package.content
        return broken.yard.circuits() == {"closed"}

    eventually(is_back, "the file host of the first door is asked again")


@pytest.mark.parametrize("fault", BREAKS)
def test_answer_goes_on_where_the_first_door_stopped(doors: Doors, fault: str) -> None:
    """F08, F09, F19, F20: one answer, whole; the other door is asked for the rest alone."""
    package, path = doors.hold(f"broken-{fault}")
    doors.first.fault(f"*/{package.filename}", BREAKS[fault])

    answer = doors.yard.client.ask(path)

    assert (answer.status, answer.body) == (200, package.content)
    asked = doors.second.asked(f"*/{package.filename}")
    assert [each.range for each in asked] == [f"bytes={SENT}-"]


def test_answer_goes_on_at_a_door_without_ranges(doors: Doors) -> None:
    """F08: it sends everything, and what was sent already is passed over."""
    package, path = doors.hold("no-ranges")
    doors.first.fault(f"*/{package.filename}", reset_after(SENT))
    doors.second.style = replace(PYPI, ranges=False)

    answer = doors.yard.client.ask(path)

    doors.second.style = PYPI
    assert answer.body == package.content


@pytest.mark.parametrize("fault", WRONG)
def test_wrong_file_is_made_good_in_the_same_answer(doors: Doors, fault: str) -> None:
    """F16, F17, F21, F22: nothing wrong was sent yet, so the client never hears of it."""
    package, path = doors.hold(f"wrong-{fault}")
    wrong = WRONG[fault] if fault != "f22-last-byte" else wrong_bytes(package.size - 1)
    doors.first.fault(f"*/{package.filename}", wrong)

    answer = doors.yard.client.ask(path)

    assert (answer.status, answer.body) == (200, package.content)
    assert doors.yard.client.ask(path)["etag"] == f'"{package.sha256}"'


@pytest.mark.parametrize("fault", ["f22-first-byte", "f22-middle", "f23-other-wheel"])
def test_wrong_bytes_that_were_sent_end_in_a_cut_and_then_in_the_file(
    doors: Doors, fault: str
) -> None:
    """F22, F23: what was sent is not the file's beginning. Who resumes gets it from the start."""
    package, path = doors.hold(f"sent-{fault}")
    other = make_wheel("other", "1.0", payload_bytes=LENGTH).content[: package.size]
    faults = {
        "f22-first-byte": wrong_bytes(0),
        "f22-middle": wrong_bytes(),
        "f23-other-wheel": other_bytes(other.ljust(package.size, b"\0")),
    }
    doors.first.fault(f"*/{package.filename}", faults[fault])
    # The end is held back until the wrong bytes are with the client: else nothing need be cut.
    held = doors.first.fault(f"*/{package.filename}", stall_after(LENGTH - 100_000))

    def let_go(came: int) -> None:
        if came > LENGTH - 400_000:
            held.clear()

    head, body = doors.yard.take_cut(path, meanwhile=let_go)
    tag = re.search(rb"(?mi)^etag: (.+?)\r$", head)
    assert tag is not None
    resumed = doors.yard.client.ask(
        path, {"Range": f"bytes={len(body)}-", "If-Range": tag[1].decode()}
    )

    assert head.startswith(b"HTTP/1.1 200 ")
    assert len(body) < package.size
    assert (resumed.status, resumed.body) == (200, package.content)


def test_halves_of_two_doors_that_do_not_fit_are_no_answer(doors: Doors) -> None:
    """F09, F22: the first half is right, the second wrong: the third attempt is whole again."""
    package, path = doors.hold("halves")
    doors.first.fault(f"*/{package.filename}", reset_after(SENT), times=1)
    doors.second.fault(f"*/{package.filename}", wrong_bytes(package.size - 1))

    answer = doors.yard.client.ask(path)

    assert answer.body == package.content


def test_every_door_wrong_is_never_a_whole_answer(doors: Doors) -> None:
    """F22: and the right bytes come as soon as one door has them again."""
    package, path = doors.hold("all-wrong")
    for door in (doors.first, doors.second):
        door.fault(f"*/{package.filename}", wrong_bytes())

    head, body = doors.yard.take_cut(path)
    doors.second.clear_faults()

    def is_whole() -> bool:
        head, body = doors.yard.take_cut(path)
        return head.startswith(b"HTTP/1.1 200 ") and body == package.content

    assert head.startswith(b"HTTP/1.1 503 ") or len(body) < package.size
    eventually(is_whole, "the file comes")


def test_metadata_come_from_the_other_door(broken: Doors) -> None:
    """Beside its own file, and without the wheel."""
    package, path = broken.hold("metadata-elsewhere")
    broken.first.down("files")

    answer = broken.yard.client.ask(f"{path}.metadata")

    assert (answer.status, answer.body) == (200, package.metadata)
    assert broken.second.count(f"*/{package.filename}") == 0


def test_door_with_other_bytes_under_the_name_gives_nothing(broken: Doors) -> None:
    """T06: its page says so itself; not a byte of its file is asked for, and people are told."""
    package, path = broken.hold("other-digest", 3_000)
    other = make_wheel("other-digest", "1.0", payload_bytes=2_000)
    broken.second.remove(package.filename)
    broken.second.add(other)
    broken.first.down("files")

    answer = broken.yard.client.ask(path)

    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert broken.second.count(f"*/{package.filename}") == 0
    broken.first.up()
    assert broken.yard.client.ask(path).body == package.content


def test_page_with_other_bytes_under_a_known_name_is_refused_and_said(doors: Doors) -> None:
    """T06: the ledger's bytes go on; log, status and metrics name what was offered, and by whom."""
    for door in (doors.first, doors.second):
        door.fault("/simple/rebound-everywhere/", SHORT_LIVED)
    package, path = doors.hold("rebound-everywhere", 3_000)
    assert doors.yard.client.ask(path).body == package.content
    before = doors.yard.client.ask("/-/status").json()["refused_digests"]
    other = make_wheel("rebound-everywhere", "1.0", payload_bytes=2_000)
    for door in (doors.first, doors.second):
        door.remove(package.filename)
        door.add(other)

    def is_refused() -> bool:
        page = doors.yard.ask_page(package.name)
        assert page.file(package.filename)["hashes"] == {"sha256": package.sha256}
        report = doors.yard.client.ask("/-/status").json()
        return bool(report["refused_digests"] > before)

    eventually(is_refused, "the other digest is refused")
    assert doors.yard.client.ask(path).body == package.content
    (line,) = {line for line in doors.yard.server.log().splitlines() if other.sha256 in line}
    for part in (package.filename, package.sha256, doors.first.base_url):
        assert part in line
    metrics = doors.yard.client.ask("/-/metrics").text
    assert re.search(r"^wheelyard_refused_digests_total [1-9]", metrics, re.MULTILINE)
