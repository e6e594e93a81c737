"""`wheelyard publish s3://...`: a real store, real clients, and publishes that are killed."""

import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from chaos.campaign import count as many
from faults.yard import eventually
from scenario.bucket_yard import BucketYard
from support.clients import PIP_AND_UV, Sandbox
from support.packages import make_sdist, make_wheel
from support.publishing import Yard, audit, hold, publishing
from support.radosgw import RadosGw
from support.simulator import Simulator
from wheelyard.publish.targets import open_target, open_tree

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

TREE = [
    make_wheel("app", "1.0", requires=["library", "tool>=1"]),
    make_wheel("library", "1.0", requires=["tool"]),
    make_wheel("tool", "1!1.0+local.1"),
    make_sdist("tool", "0.9"),
]
OTHERS = [make(f"demo-{n}", "1.0") for n in range(12) for make in (make_wheel, make_sdist)]
NEWER = make_wheel("library", "2.0", requires=["tool"])
INSTALLED = {"app": "1.0", "library": "1.0", "tool": "1!1.0+local.1"}
FOR_EVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=600, stale-while-revalidate=300, stale-if-error=86400"


@pytest.fixture(scope="module")
def index() -> Iterator[Simulator]:
    """Run an upstream with a few projects."""
    with Simulator() as running:
        running.add(*TREE, *OTHERS)
        yield running


@pytest.fixture(scope="module")
def synced(
    index: Simulator, radosgw: RadosGw, tmp_path_factory: pytest.TempPathFactory
) -> BucketYard:
    """Return a mirror that has everything of its upstream."""
    yard = BucketYard(tmp_path_factory.mktemp("mirror") / "data", radosgw, "nowhere-at-all")
    yard.run("sync", "--all", "--upstream", index.url)
    return yard


@pytest.fixture
def yard(synced: BucketYard, tmp_path: Path) -> BucketYard:
    """Return a copy of the mirror, and an empty bucket."""
    shutil.copytree(synced.data, tmp_path / "data")
    return replace(synced, data=tmp_path / "data", bucket=new_bucket(synced.store))


@pytest.fixture(scope="module")
def published(synced: BucketYard) -> BucketYard:
    """Return the mirror and a bucket with all of it, to be looked at."""
    yard = replace(synced, bucket=new_bucket(synced.store))
    report = yard.publish()
    assert report["outcome"] == "done", report
    return yard


def new_bucket(store: RadosGw) -> str:
    """Make a bucket that everybody may read."""
    name = f"scenario-{uuid4().hex}"
    store.make_bucket(name, is_public=True)
    return name


@asynccontextmanager
async def in_here(
    folder: Path, index: Simulator, store: RadosGw, **told: object
) -> AsyncIterator[Yard]:
    """Run the program inside the test, with a new bucket as its target."""
    async with (
        open_target(f"s3://{new_bucket(store)}/the-index", store.environment) as target,
        publishing(folder, index, target, **told) as yard,
    ):
        yield yard


async def etags(yard: Yard) -> dict[str, str]:
    """Return the etag of each object of a tree."""
    return {each.path: each.etag async for each in yard.target.listing()}


@pytest.mark.parametrize("client", PIP_AND_UV, ids=str)
def test_clients_install_from_a_bucket(
    published: BucketYard, sandbox: Sandbox, tmp_path: Path, client: object
) -> None:
    """Real pip and real uv, from nothing but objects and an edge that knows `index.html`."""
    kind = next(each for each in PIP_AND_UV if each is client)
    with published.served() as url:
        result = kind.start(sandbox).install(["app"], url, tmp_path / "installed").checked()

    assert result.installed == INSTALLED


def test_tree_in_a_bucket_has_all_that_it_names(published: BucketYard) -> None:
    """No page leads to what is not there."""
    assert published.missing() == []
    assert {"wheelyard.json", "snapshot.sqlite", "-/manifest"} <= set(published.objects())


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("simple/index.html", ("text/html; charset=utf-8", A_WHILE, "", "root")),
        (
            "simple/app/index.json",
            ("application/vnd.pypi.simple.v1+json", A_WHILE, "", "project/app"),
        ),
        (TREE[0].filename, ("application/octet-stream", FOR_EVER, "", f"file/{TREE[0].filename}")),
        (TREE[3].filename, ("application/octet-stream", FOR_EVER, "", f"file/{TREE[3].filename}")),
        (
            f"{TREE[0].filename}.metadata",
            ("text/plain; charset=utf-8", FOR_EVER, "", f"file/{TREE[0].filename}"),
        ),
    ],
)
def test_objects_have_the_headers_of_what_they_are(
    published: BucketYard, path: str, headers: tuple[str, ...]
) -> None:
    """As a plain GET sees them: caches may keep each for as long as it is right (A-92)."""
    (found,) = (each for each in published.objects() if each.endswith(path))

    sent = published.store.fetch(f"/{published.bucket}/{published.prefix}/{found}").headers

    names = ("content-type", "cache-control", "content-encoding", "x-amz-meta-surrogate-key")
    assert tuple(sent.get(name, "") for name in names) == headers


@pytest.mark.anyio
async def test_change_costs_what_changed_and_drift_is_repaired(
    index: Simulator, radosgw: RadosGw, tmp_path: Path
) -> None:
    """One new file writes its project, the list and what tells of the tree (A-90)."""
    async with in_here(tmp_path, index, radosgw) as yard:
        await hold(yard.app, *TREE)
        await yard.publish()
        before = await etags(yard)
        unchanged = await yard.publish()
        await hold(yard.app, OTHERS[0])
        await yard.publish()
        after = await etags(yard)
        lost = ["simple/app/index.html", next(path for path in after if path.endswith(".whl"))]
        await yard.target.inner.remove(lost)
        repaired = await yard.publish(reconcile="listing")
        await audit(yard.target, may_wait=False)

        changed = {path for path in after if before.get(path) != after[path]}
        files = {path for path in changed if path.startswith("packages/")}
        about = ("simple/demo-0/", "simple/index", "-/", "wheelyard.json", "snapshot.sqlite")
        assert unchanged.outcome == "unchanged"
        assert all(OTHERS[0].filename in path for path in files)
        assert [path for path in changed - files if not path.startswith(about)] == []
        assert repaired.healed == len(lost)
        assert set(await etags(yard)) == set(after)


@pytest.mark.anyio
async def test_views_are_switched_by_the_pointer(
    index: Simulator, radosgw: RadosGw, tmp_path: Path
) -> None:
    """A publish becomes visible with one object, and is taken back with it (A-93)."""
    async with in_here(tmp_path, index, radosgw, views="always") as yard:
        place = yard.target.url.removeprefix("s3:/")

        async def seen() -> list[list[str]]:
            """Return which projects readers see, in the bucket and over plain HTTP."""
            found = []
            for address in (yard.target.url, f"{radosgw.endpoint}{place}"):
                async with open_tree(address, radosgw.environment) as tree:
                    page = json.loads(await tree.get("simple/index.json", 100_000) or b"")
                    found.append([each["name"] for each in page["projects"]])
            return found

        await hold(yard.app, TREE[0])
        await yard.publish()
        first = await seen()
        await hold(yard.app, TREE[1])
        await yard.publish()
        second, there = await seen(), await etags(yard)
        await yard.switch("rollback")
        back, after = await seen(), await etags(yard)

    assert (first, second) == ([["app"]] * 2, [["app", "library"]] * 2)
    assert back == first
    assert after == there  # the pointer is no object of the tree, and nothing else was written
    assert not [path for path in there if path.startswith("simple/")]


@pytest.mark.anyio
@pytest.mark.blocking  # the test itself waits for a process
@pytest.mark.parametrize("number", range(many(2)))
async def test_killed_publish_leaves_a_tree_that_holds(yard: BucketYard, number: int) -> None:
    """No page names what is not there, whenever it is killed, and the next publish ends it."""
    slow = replace(yard, settings={"publish.main.max_concurrency": 1})
    enough = 20 + number * 37 % 120
    with slow.start("publish", slow.target) as process:
        eventually(lambda: len(yard.objects()) >= enough or process.poll() is not None, "objects")
        process.kill()
        process.communicate()
    broken, half = yard.missing(), len(yard.objects())
    yard.publish()
    async with open_target(yard.target, yard.store.environment) as target:
        whole = await audit(target, may_wait=False)

    assert broken == []
    assert half >= enough
    assert len(whole.projects) == 3 + 12
    assert yard.store.uploads(yard.bucket) == 0


def test_store_that_refuses_is_told_in_a_sentence(synced: BucketYard) -> None:
    """With what to do, without a trace, and without a secret."""
    stranger = replace(synced, store=replace(synced.store, secret_key="psst"))
    told = []
    for yard in (synced, stranger):
        with yard.start("publish", yard.target) as process:
            _, said = process.communicate()
        told.append((process.returncode == 0, said))

    (missing_is_fine, missing), (wrong_is_fine, wrong) = told
    assert not missing_is_fine
    assert not wrong_is_fine
    assert "there is no such bucket" in missing
    assert "the secret key is wrong" in wrong
    assert "psst" not in wrong
    assert "Traceback" not in missing + wrong
