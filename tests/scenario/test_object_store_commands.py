"""What reads a bucket: `restore --from`, `stats ingest` and `query --snapshot`, of a real store."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from scenario.bucket_yard import BucketYard
from support.packages import make_sdist, make_wheel
from support.radosgw import RadosGw
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

APP = make_wheel("app", "1.0", requires=["library"])
THEIRS = [APP, make_wheel("app", "2.0", requires=["library"]), make_sdist("library", "1.0")]
OURS = make_wheel("acme-tool", "1.0", requires=["app"])
PIP = "pip/26.0 {}".format(json.dumps({"python": "3.12.1", "system": {"name": "Linux"}}))
LATEST = ("query", "latest", "app", "--json", "--snapshot")


@pytest.fixture(scope="module")
def published(radosgw: RadosGw, tmp_path_factory: pytest.TempPathFactory) -> BucketYard:
    """Return an index with projects of its own and of an upstream, and the bucket it is in."""
    place = tmp_path_factory.mktemp("published")
    yard = BucketYard(place / "data", radosgw, f"scenario-{uuid4().hex}")
    radosgw.make_bucket(yard.bucket)  # private: only who has the keys may read it
    (place / "ours").mkdir()
    (place / "ours" / OURS.filename).write_bytes(OURS.content)
    with Simulator() as upstream:
        upstream.add(*THEIRS)
        yard.run("sync", "--all", "--upstream", upstream.url)
    yard.run("project", "import", "ours")
    report = yard.publish()
    assert report["outcome"] == "done", report
    return yard


@pytest.fixture
def elsewhere(published: BucketYard, tmp_path: Path) -> BucketYard:
    """Return the same bucket, seen from a machine that has nothing but the keys."""
    return replace(published, data=tmp_path / "data")


def put(yard: BucketYard, key: str, content: bytes) -> None:
    """Write an object."""
    assert yard.store.request("PUT", f"/{yard.bucket}/{key}", body=content).status == 200


def refused(yard: BucketYard, *words: str) -> tuple[int, str]:
    """Run a command that cannot be done; return its exit code, and what it said of it."""
    with yard.start(*words) as process:
        out, said = process.communicate()
    assert out == ""
    return process.returncode, said


def line(address: str, second: int, path: str) -> str:
    """Return what a web server says of a download, in the combined format."""
    agent = PIP.replace('"', '\\"')
    moment = f"[31/Jan/2026:12:00:{second:02} +0000]"
    return f'{address} - - {moment} "GET {path} HTTP/1.1" 200 {APP.size} "-" "{agent}"\n'


def test_index_is_rebuilt_from_a_bucket(published: BucketYard, elsewhere: BucketYard) -> None:
    """A-99: every file is there, every page is what it was, and whose a project is, is known."""
    restored = json.loads(elsewhere.run("restore", "--from", published.target, "--json"))

    told = restored["report"]
    assert restored["equal"]
    assert restored["tree"]["index"] == "main"
    assert (told["hosted"], told["held"], told["fetched"]) == (1, 2, len(THEIRS) + 1)


def test_logs_in_a_bucket_count_once(published: BucketYard, elsewhere: BucketYard) -> None:
    """What was read is not read again, and a log that grew counts for what is new."""
    (path,) = (each for each in published.objects() if each.endswith(APP.filename))
    lines = [line(f"192.0.2.{number}", number, f"/{path}") for number in range(5)]
    put(published, "logs/edge.1.gz", gzip.compress("".join(lines[:2]).encode()))
    put(published, "logs/edge.2", lines[2].encode())
    put(published, "logs/other", lines[4].encode())
    ingest = ("stats", "ingest", f"s3://{published.bucket}/logs/edge.", "--json")

    first = json.loads(elsewhere.run(*ingest))
    put(published, "logs/edge.2", "".join(lines[2:4]).encode())
    second = json.loads(elsewhere.run(*ingest))
    words = ("--since", "2026-01-31", "--until", "2026-01-31", "--by", "family")
    shown = json.loads(elsewhere.run("stats", "show", "--json", *words))

    names = ("files", "known_files", "downloads", "known")
    assert [first[name] for name in names] == [2, 0, 3, 0]
    assert [second[name] for name in names] == [2, 1, 1, 1]
    assert shown["counts"] == [{"family": "pip", "downloads": 4, "mirrors": 0}]


def test_snapshot_in_a_bucket_is_asked(published: BucketYard, elsewhere: BucketYard) -> None:
    """It is fetched once, however its place is written."""
    kept = elsewhere.data / "snapshots" / "fetched"

    first = json.loads(elsewhere.run(*LATEST, published.target))
    before = [(each, each.stat().st_ino) for each in kept.rglob("*.sqlite")]
    again = json.loads(elsewhere.run(*LATEST, f"{published.target}/snapshot.sqlite"))
    after = [(each, each.stat().st_ino) for each in kept.rglob("*.sqlite")]

    assert first == again
    assert [row[:2] for row in first["rows"]] == [["app", "2.0"]]
    assert len(before) == 1
    assert before == after


def test_snapshot_that_is_not_what_its_digest_says_is_refused(
    published: BucketYard, elsewhere: BucketYard
) -> None:
    """A bucket that somebody else wrote to is not believed, and nothing of it is kept."""
    for name, change in (("snapshot.sqlite", b"and more"), ("snapshot.sqlite.sha256", b"")):
        path = f"/{published.bucket}/{published.prefix}/{name}"
        put(published, f"wrong/{name}", published.store.request("GET", path).body + change)

    code, said = refused(elsewhere, *LATEST, f"s3://{published.bucket}/wrong")

    assert code == 1
    assert f"The snapshot from s3://{published.bucket}/wrong is corrupt" in said
    assert "Traceback" not in said
    assert not list(elsewhere.data.rglob("*.sqlite*"))


@pytest.mark.parametrize(
    ("words", "secret", "expected"),
    [
        (("restore", "--from"), "hush-hush", "there is no such bucket; make it, or correct"),
        (("stats", "ingest"), "psst", "the secret key is wrong; check it in the environment"),
        (LATEST, "psst", "the secret key is wrong; check it in the environment"),
    ],
    ids=["restore", "ingest", "query"],
)
def test_bucket_that_cannot_be_read_is_a_sentence(
    elsewhere: BucketYard, words: tuple[str, ...], secret: str, expected: str
) -> None:
    """With what is wrong and what to do, and without a trace or the secret."""
    yard = replace(elsewhere, store=replace(elsewhere.store, secret_key=secret))
    bucket = yard.bucket if secret == "psst" else "nowhere-at-all"

    code, said = refused(yard, *words, f"s3://{bucket}/the-index")

    assert code == 1
    assert expected in said
    assert said.count("\n") == 1
    assert secret not in said
