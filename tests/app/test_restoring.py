"""Restoring an index from its published tree, with the whole program: A-99, H-102."""

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import pytest

from support.app import NO_PIP, settings, upstream, upstream_of
from support.own_files import publish
from support.packages import make_sdist, make_wheel
from support.simulator import Simulator
from support.trees import entries_of, pages_of, put_projects, write_tree
from wheelyard.access.signing_key import SigningKey, load_signing_key
from wheelyard.app import HOSTED, MAIN, App, running
from wheelyard.app.restoring import TreeOrder, TreeRestored, restore_from_tree
from wheelyard.blobs import reading
from wheelyard.catalog import Actor, hosted_owner
from wheelyard.catalog.curation import StatusChange, Yank
from wheelyard.catalog.hosting_queries import save_file
from wheelyard.errors import BadInput, ConfigError, Corrupt
from wheelyard.model import ProjectStatus
from wheelyard.names import Filename, ProjectName
from wheelyard.publish.restoring import Report
from wheelyard.settings import Settings
from wheelyard.wire.tree import INFO, MANIFEST, PROJECTS

pytestmark = pytest.mark.anyio

BOB = Actor("bob", "command line")
ACME, DEMO, BIG = ProjectName("acme-core"), ProjectName("demo"), ProjectName("big")
OURS = (
    make_wheel("Acme.Core", "1.0", requires_python=">=3.8"),
    make_sdist("Acme.Core", "1.0"),
    make_wheel("Acme.Core", "2.0.0rc1+local.1"),
    make_wheel("private", "0.1"),
)
THEIRS = (
    make_wheel("demo", "1.0"),
    make_sdist("demo", "1.0"),
    make_wheel("demo", "2.0", requires_python=">=3.9"),
    make_wheel("zope.interface", "5.0"),
    make_wheel("big", "1.0", payload_bytes=1_500_000),
)
PROVENANCE = b'{"version": 1, "attestation_bundles": []}'


@dataclass(frozen=True, slots=True)
class Published:
    """A tree, the data directory that it was published of, and the upstream behind it."""

    tree: Path
    data: Path
    simulator: Simulator


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Publish an index that has projects of its own and copies of an upstream's."""
    folder = tmp_path_factory.mktemp("published")
    with Simulator() as simulator:
        simulator.add(*THEIRS, make_wheel("unheld", "1.0"))
        made = Published(folder / "tree", folder / "data", simulator)
        anyio.run(_publish, made)
        yield made


async def _publish(made: Published) -> None:
    """Fill an index, and write its tree."""
    async with running(settings(made.data, upstream(made.simulator)), NO_PIP) as app:
        repository = app.indexes[MAIN].chain.repository
        for name in {ProjectName(package.name.replace(".", "-")) for package in THEIRS}:
            page = await repository.project(name)
            for file in page.files:
                async with reading(await repository.file(page.ref(file))) as chunks:
                    async for _ in chunks:
                        pass
        for package in OURS:
            await publish(app, package)
        await _curate(app)
        await write_tree(app, made.tree)


async def _curate(app: App) -> None:
    """Yank, mark and attest."""
    owner, curator = hosted_owner(MAIN), app.catalog.curator
    await curator.yank(Yank(owner, ACME, "1.0", "broken"), BOB)
    await curator.yank(Yank(owner, ProjectName("private"), "0.1", ""), BOB)
    status = ProjectStatus("deprecated", "use acme-next")
    await curator.set_status(StatusChange(owner, ACME, status), BOB)
    loaded = await app.catalog.hosting.load(owner, ACME)
    assert loaded is not None
    digest = await app.fills.parts.store.put(PROVENANCE)
    await app.catalog.write(save_file, replace(loaded[1][0], provenance_sha256=digest))


@pytest.fixture
def tree(published: Published, tmp_path: Path) -> Path:
    """Return a copy of the tree that a test may damage."""
    return Path(shutil.copytree(published.tree, tmp_path / "tree"))


async def restored(published: Published, tree: Path, data: Path, **words: object) -> TreeRestored:
    """Restore a tree into a data directory."""
    order = TreeOrder(str(tree), BOB, **words)  # type: ignore[arg-type]  # fields of the order
    return await restore_from_tree(its_settings(published, data), NO_PIP, order, lambda _: None)


def report_of(done: TreeRestored) -> Report:
    """Return what became of a restore that was not dry."""
    assert done.report is not None
    return done.report


def its_settings(published: Published, data: Path) -> Settings:
    """Return the settings of a server that has the same upstream."""
    return settings(data, upstream(published.simulator))


def reasons(report: Report) -> str:
    """Return everything that was noted."""
    return "\n".join(f"{each.path}: {each.reason}" for each in report.differences)


def file_in(tree: Path, name: str) -> Path:
    """Return where a file of that name is."""
    return next(tree.rglob(name))


async def test_a99_an_index_is_rebuilt_from_its_tree_alone(
    published: Published, tmp_path: Path
) -> None:
    """Every page in both forms, the list, and every file are what they were; nobody is asked."""
    published.simulator.forget()

    report = report_of(await restored(published, published.tree, tmp_path / "data"))

    assert reasons(report) == ""
    assert (report.hosted, report.held, report.equal) == (2, 3, 6)
    assert published.simulator.requests == []
    async with running(offline(published, tmp_path / "data"), NO_PIP) as app:
        await write_tree(app, tmp_path / "again")
    assert pages_of(tmp_path / "again") == pages_of(published.tree)
    assert entries_of(tmp_path / "again") == entries_of(published.tree)


def offline(published: Published, data: Path) -> Settings:
    """Return the settings of a server that asks nobody."""
    rules = its_settings(published, data)
    return replace(rules, server=replace(rules.server, offline=True))


async def test_restored_projects_are_whose_they_were(published: Published, tmp_path: Path) -> None:
    """Ours are ours with all that is known of them; an upstream's go on being asked for."""
    await restored(published, published.tree, tmp_path / "data")
    published.simulator.add(make_wheel("demo", "3.0"))

    async with running(its_settings(published, tmp_path / "data"), NO_PIP) as app:
        ours = await app.catalog.hosting.load(hosted_owner(MAIN), ACME)
        page = await app.indexes[MAIN].chain.repository.project(DEMO)
        listed = await app.indexes[HOSTED].chain.repository.projects()
        answered = await app.indexes[MAIN].chain.provenance(ACME, Filename(OURS[0].filename))

    assert ours is not None
    assert (ours[0].name, ours[0].status, ours[0].status_reason) == (
        "Acme.Core", "deprecated", "use acme-next",
    )  # fmt: skip
    assert {file.version: file.yanked for file in ours[1]} == {
        "1.0": "broken", "2.0.0rc1+local.1": None,
    }  # fmt: skip
    assert "3.0" in page.versions
    assert [entry.name for entry in listed.projects] == ["Acme.Core", "private"]
    assert answered.value.body == PROVENANCE


async def test_restored_files_of_an_upstream_are_had_from_its_own_page(
    published: Published, tmp_path: Path
) -> None:
    """What was lost since is fetched where the upstream says it is: a tree does not know that."""
    await restored(published, published.tree, tmp_path / "data")

    async with running(its_settings(published, tmp_path / "data"), NO_PIP) as app:
        row = await app.catalog.pages.load(upstream_of(app), BIG)
        await app.fills.parts.store.remove(THEIRS[-1].sha256)  # type: ignore[arg-type]  # a digest
        repository = app.indexes[MAIN].chain.repository
        page = await repository.project(BIG)
        blob = await repository.file(page.ref(page.files[0]))
        content = b"".join([chunk async for chunk in blob.read()])

    assert row is not None
    assert content == THEIRS[-1].content


async def test_interrupted_restore_goes_on_with_what_is_missing(
    published: Published, tmp_path: Path, tree: Path
) -> None:
    """What is here is not fetched again, and a tree that was mended makes the index whole."""
    gone = file_in(tree, THEIRS[0].filename)
    content = gone.read_bytes()
    gone.unlink()
    first = report_of(await restored(published, tree, tmp_path / "data"))
    gone.write_bytes(content)

    second = report_of(await restored(published, tree, tmp_path / "data"))

    assert THEIRS[0].filename in reasons(first)
    assert reasons(second) == ""
    assert (second.fetched, second.present) == (1, len(OURS) + len(THEIRS) - 1)


DAMAGES: Mapping[str, Callable[[bytes], bytes]] = {
    "shorter": lambda content: content[:-1],
    "longer": lambda content: content + b"x",
    "other": lambda content: bytes(len(content)),
}


@pytest.mark.parametrize("damage", [*DAMAGES])
async def test_wrong_bytes_are_not_taken_and_the_rest_goes_on(
    published: Published, tmp_path: Path, tree: Path, damage: str
) -> None:
    """A file is hashed while it is read; what is not what page and manifest say does not count."""
    packages = (THEIRS[0], THEIRS[-1], OURS[-1])
    for package in packages:
        path = file_in(tree, package.filename)
        path.write_bytes(DAMAGES[damage](path.read_bytes()))

    report = report_of(await restored(published, tree, tmp_path / "data"))

    assert reasons(report).count("is corrupt") == len(packages)
    assert report.hosted + report.held == 5
    assert report.fetched == len(OURS) + len(THEIRS) - len(packages)
    assert report.equal == 2


async def test_page_that_is_not_the_manifests_does_not_count(
    published: Published, tmp_path: Path, tree: Path
) -> None:
    """Whoever changes a page of a tree changes nothing of what is restored."""
    page = tree / "simple/demo/index.json"
    page.write_bytes(page.read_bytes().replace(b"1.0", b"6.6"))

    report = report_of(await restored(published, tree, tmp_path / "data"))

    assert "simple/demo/index.json` is corrupt" in reasons(report)
    assert report.held == 2


async def test_names_of_our_own_are_ours_though_their_pages_are_gone(
    published: Published, tmp_path: Path, tree: Path
) -> None:
    """Nobody outside is asked for a name that the tree says is the index's own."""
    (tree / "simple/private/index.json").unlink()
    rows = gzip.decompress((tree / PROJECTS).read_bytes()) + b'{"name":"buried","hosted":true}\n'
    put_projects(tree, rows, SigningKey(bytes(32)))
    published.simulator.forget()

    await restored(published, tree, tmp_path / "data")

    async with running(its_settings(published, tmp_path / "data"), NO_PIP) as app:
        for name in ("private", "buried"):
            assert app.indexes[MAIN].chain.is_ours(ProjectName(name))
    assert not [each for each in published.simulator.requests if "buried" in str(each)]


async def test_signed_tree_is_taken_and_another_key_refuses_it(
    published: Published, tmp_path: Path, tree: Path
) -> None:
    """With a key nothing is taken that it has not signed; it is said before anything is done."""
    key = (await anyio.to_thread.run_sync(load_signing_key, published.data)).public
    other = (await anyio.to_thread.run_sync(load_signing_key, tmp_path)).public

    done = await restored(published, tree, tmp_path / "data", keys={key.name: key})

    assert done.opened.is_signed
    with pytest.raises(Corrupt, match="none of those that are trusted"):
        await restored(published, tree, tmp_path / "other", keys={other.name: other})
    manifest = tree / MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b'"serial":', b'"serial":1'))
    with pytest.raises(Corrupt, match="signature is wrong"):
        await restored(published, tree, tmp_path / "other", keys={key.name: key})
    assert not (tmp_path / "other").exists()


async def test_cut_off_manifest_is_refused(
    published: Published, tmp_path: Path, tree: Path
) -> None:
    """Without its last line the tree would look whole: so the manifest has to be."""
    manifest = tree / MANIFEST
    manifest.write_bytes(manifest.read_bytes()[:-40])

    with pytest.raises(Corrupt, match="not whole"):
        await restored(published, tree, tmp_path / "data")

    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", [INFO, MANIFEST, PROJECTS])
async def test_half_a_tree_is_refused(
    published: Published, tmp_path: Path, tree: Path, name: str
) -> None:
    """What is no tree is said at once, before a data directory is made."""
    (tree / name).unlink()

    with pytest.raises(BadInput, match=name):
        await restored(published, tree, tmp_path / "data")

    assert not (tmp_path / "data").exists()


async def test_dry_run_says_what_a_tree_has(published: Published, tmp_path: Path) -> None:
    """Nothing is written, and nothing made."""
    done = await restored(published, published.tree, tmp_path / "data", dry_run=True)

    assert (done.totals.projects, done.totals.files) == (5, len(OURS) + len(THEIRS))
    assert done.totals.bytes == sum(package.size for package in (*OURS, *THEIRS))
    assert done.report is None
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_what_root_restores_is_the_owners_of_the_directory(
    published: Published, tmp_path: Path
) -> None:
    """As of a backup: else the server's own user could not open what was restored for it."""
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, 1_000, 1_001)

    await restored(published, published.tree, data)

    owners = {(path.stat().st_uid, path.stat().st_gid) for path in data.rglob("*")}
    assert owners == {(1_000, 1_001)}


async def test_data_directory_with_other_contents_is_refused(
    published: Published, tmp_path: Path
) -> None:
    """Two truths about the same names are not mixed."""
    data = tmp_path / "data"
    async with running(its_settings(published, data), NO_PIP) as app:
        await publish(app, make_wheel("mine", "1.0"))

    with pytest.raises(ConfigError, match="contents of its own"):
        await restored(published, published.tree, data)


async def test_another_tree_does_not_go_on_where_one_was_cut_off(
    published: Published, tmp_path: Path, tree: Path
) -> None:
    """A restore that was not finished is finished from the same tree."""
    file_in(tree, THEIRS[0].filename).unlink()
    await restored(published, tree, tmp_path / "data")
    info = json.loads((tree / INFO).read_bytes())
    (tree / INFO).write_text(json.dumps({**info, "tree": "f" * 32}), "utf-8")

    with pytest.raises(ConfigError, match="another tree was being restored"):
        await restored(published, tree, tmp_path / "data")


async def test_index_that_is_not_there_is_refused(published: Published, tmp_path: Path) -> None:
    """The sentence names those that are."""
    with pytest.raises(BadInput, match="There are: `main`, `hosted`"):
        await restored(published, published.tree, tmp_path / "data", index="staging")
