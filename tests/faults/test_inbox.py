"""The inbox: what is put into it, whole or not, is published once, or rejected with a reason."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.yard import Yard, eventually, open_yard
from support.packages import Package, make_sdist, make_wheel
from support.server import running_server
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario]


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory that people may write into."""
    return tmp_path_factory.mktemp("inbox")


@pytest.fixture(scope="module")
def yard(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """Run a server of two workers that publishes what is in the inbox."""
    data = tmp_path_factory.mktemp("with-inbox") / "data"
    settings = {"index.main.inbox": inbox, "upload.inbox_seconds": 3}
    with Simulator() as upstream, open_yard(data, upstream, workers=2, settings=settings) as opened:
        yield opened


def is_served(yard: Yard, package: Package) -> bool:
    """Say whether the page lists these very bytes."""
    answer = yard.ask_page(package.name)
    files = answer.json()["files"] if answer.status == 200 else []
    return {"sha256": package.sha256} in [each["hashes"] for each in files]


def wait_until_served(yard: Yard, inbox: Path, package: Package) -> None:
    """Return once a package is served and has left the inbox."""
    eventually(
        lambda: is_served(yard, package) and not inbox.joinpath(package.filename).exists(),
        lambda: f"{package.filename} to be served; the log says:\n{yard.server.log()[-2000:]}",
    )


def test_a59_files_of_any_way_of_copying_are_published(yard: Yard, inbox: Path) -> None:
    """Renamed into place, copied at once, or slowly in pieces: several at the same time."""
    renamed, copied = make_wheel("renamed", "1.0"), make_sdist("copied", "1.0")
    slow = make_wheel("slow", "1.0", payload_bytes=100_000)
    inbox.joinpath(".renamed.Xy12").write_bytes(renamed.content)
    inbox.joinpath(".renamed.Xy12").rename(inbox / renamed.filename)
    inbox.joinpath(copied.filename).write_bytes(copied.content)
    pieces = 4
    with inbox.joinpath(slow.filename).open("wb", buffering=0) as file:
        size = len(slow.content) // pieces + 1
        for number in range(pieces):
            file.write(slow.content[number * size : (number + 1) * size])
            threading.Event().wait(0.2)  # the pace of the network that it comes over

    for package in (renamed, copied, slow):
        wait_until_served(yard, inbox, package)

    assert yard.client.ask(yard.path_of(slow)).body == slow.content
    assert not inbox.joinpath("rejected", slow.filename).exists()


@pytest.mark.parametrize(
    ("filename", "content", "reason"),
    [
        ("text-1.0-py3-none-any.whl", b"This is no wheel.", "no zip file"),
        ("half-1.0.tar.gz", make_sdist("half", "1.0").content[:-20], "nothing was added for 3 s"),
        ("named-2.0-py3-none-any.whl", make_wheel("named", "1.0").content, "named"),
        ("old-1.0.win32.exe", b"MZ" * 100, "old-1.0.win32.exe"),
    ],
)
def test_a59_bad_file_is_rejected_with_its_reason(
    yard: Yard, inbox: Path, filename: str, content: bytes, reason: str
) -> None:
    """It lies beside a text that says what is wrong and what to do."""
    inbox.joinpath(filename).write_bytes(content)
    text = inbox / "rejected" / f"{filename}.reason.txt"

    eventually(
        lambda: text.exists() and not inbox.joinpath(filename).exists(),
        lambda: f"a reason; the log says:\n{yard.server.log()[-2000:]}",
    )

    assert inbox.joinpath("rejected", filename).read_bytes() == content
    assert reason in text.read_text("utf-8")
    assert "put it into the inbox again" in text.read_text("utf-8")


def test_a59_same_bytes_again_are_taken_and_other_bytes_rejected(yard: Yard, inbox: Path) -> None:
    """What was published keeps its bytes; a second copy of them is no mistake."""
    first, other = make_wheel("again", "1.0"), make_wheel("again", "1.0", requires=["other"])
    inbox.joinpath(first.filename).write_bytes(first.content)
    wait_until_served(yard, inbox, first)
    inbox.joinpath(first.filename).write_bytes(first.content)
    eventually(lambda: not inbox.joinpath(first.filename).exists(), "the second copy to be taken")
    assert not inbox.joinpath("rejected", first.filename).exists()

    inbox.joinpath(other.filename).write_bytes(other.content)

    rejected = inbox / "rejected" / f"{other.filename}.reason.txt"
    eventually(rejected.exists, "a reason")
    assert "File already exists" in rejected.read_text("utf-8")
    assert is_served(yard, first)


def test_link_out_of_the_inbox_publishes_nothing(yard: Yard, inbox: Path, tmp_path: Path) -> None:
    """Who may write into the inbox may not have other files of the machine read."""
    secret = make_wheel("secret", "1.0")
    tmp_path.joinpath(secret.filename).write_bytes(secret.content)
    inbox.joinpath(secret.filename).symlink_to(tmp_path / secret.filename)

    text = inbox / "rejected" / f"{secret.filename}.reason.txt"
    eventually(text.exists, "a reason")

    assert "no regular file" in text.read_text("utf-8")
    assert yard.ask_page("secret").status == 404
    assert tmp_path.joinpath(secret.filename).read_bytes() == secret.content


def test_unfinished_names_and_notes_are_left_alone(yard: Yard, inbox: Path) -> None:
    """Programs rename what they have finished; what is no archive is somebody's own."""
    package = make_wheel("marker", "1.0")
    others = [".hidden-1.0-py3-none-any.whl", "part-1.0-py3-none-any.whl.filepart", "README.txt"]
    for name in others:
        inbox.joinpath(name).write_bytes(make_wheel("other", "1.0").content)
    inbox.joinpath(package.filename).write_bytes(package.content)

    wait_until_served(yard, inbox, package)

    assert all(inbox.joinpath(name).exists() for name in others)


def test_published_files_are_kept_where_there_is_a_place_for_them(yard: Yard, inbox: Path) -> None:
    """A directory `published` in the inbox takes what else would be removed."""
    package = make_wheel("kept", "1.0")
    inbox.joinpath("published").mkdir()
    inbox.joinpath(package.filename).write_bytes(package.content)

    wait_until_served(yard, inbox, package)
    inbox.joinpath("published").rename(inbox / "was-published")

    assert inbox.joinpath("was-published", package.filename).read_bytes() == package.content


def test_file_that_vanishes_is_no_error(yard: Yard, inbox: Path) -> None:
    """Whoever put it there may take it back at any moment."""
    for number in range(5):
        package = make_wheel("fleeting", f"{number}.0")
        path = inbox / package.filename
        path.write_bytes(package.content)
        threading.Event().wait(0.12 * number)  # in every phase of its way
        path.unlink(missing_ok=True)
    package = make_wheel("lasting", "1.0")
    inbox.joinpath(package.filename).write_bytes(package.content)

    wait_until_served(yard, inbox, package)

    assert not list(inbox.glob("rejected/fleeting*"))


def test_killed_server_publishes_what_it_had_begun(tmp_path: Path) -> None:
    """Nothing is lost and nothing is there twice, whenever the power goes."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    packages = [make_wheel("killed", f"{number}.0") for number in range(12)]
    settings = {"index.main.inbox": inbox}
    with Simulator() as upstream:
        doors = [upstream.url]
        with running_server(tmp_path / "data", upstreams=doors, settings=settings) as server:
            for package in packages:
                inbox.joinpath(package.filename).write_bytes(package.content)
            eventually(lambda: len(list(inbox.glob("*.whl"))) < len(packages), "the first")
            server.kill()
        with open_yard(tmp_path / "data", upstream, settings=settings) as yard:
            eventually(lambda: not list(inbox.glob("*.whl")), "the rest")
            files = yard.client.page("killed").json()["files"]

    assert sorted(each["hashes"]["sha256"] for each in files) == sorted(
        package.sha256 for package in packages
    )
    assert not inbox.joinpath("rejected").exists()
