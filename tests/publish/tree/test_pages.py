"""Pages of a tree."""

import gzip
from pathlib import Path

import pytest

from support.own_files import publish
from support.packages import make_wheel
from support.publishing import hold, memory_target, publishing
from support.simulator import Simulator
from wheelyard.app import MAIN
from wheelyard.blobs import DiskThreads
from wheelyard.names import ProjectName
from wheelyard.publish.targets.directory import DirectoryTarget
from wheelyard.wire.negotiate import Form

pytestmark = pytest.mark.anyio

ENDS = {"identity": "", "gzip": ".gz", "zstd": ".zst"}


async def test_pages_are_the_bytes_that_a_server_sends_that_asks_nobody(
    tmp_path: Path, simulator: Simulator
) -> None:
    """In each form and coding; a small page has no compressed forms."""
    async with (
        DirectoryTarget(tmp_path / "tree", DiskThreads()) as target,
        publishing(tmp_path, simulator, target) as yard,
    ):
        await hold(yard.app, make_wheel("demo", "1.0"))
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        index = yard.app.indexes[MAIN]
        shelf = (index.held or index).shelf
        pages = {
            "simple/": await shelf.root(),
            "simple/acme/": await shelf.page(ProjectName("acme")),
            "simple/demo/": await shelf.page(ProjectName("demo")),
        }
        for folder, page in pages.items():
            for form, name in ((Form.HTML, "index.html"), (Form.JSON, "index.json")):
                plain = page.rendered.variant(form, "identity")
                for coding, end in ENDS.items():
                    sent = page.rendered.variant(form, coding)  # type: ignore[arg-type]  # a coding
                    found = await target.get(f"{folder}{name}{end}", 10**6)

                    assert found == (None if end and sent is plain else sent.body)


async def test_each_page_in_a_bucket_is_there_in_gzip(tmp_path: Path, simulator: Simulator) -> None:
    """However small it is: a CDN cannot look whether there is one before it asks for it."""
    target = memory_target()
    async with publishing(tmp_path, simulator, target) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        for name in ("simple/index.html", "simple/index.json", "simple/acme/index.json"):
            plain, packed = [await target.get(f"{name}{end}", 10**6) for end in ("", ".gz")]

            assert plain is not None
            assert packed is not None
            assert gzip.decompress(packed) == plain
        assert await target.get("simple/index.json.zst", 10**6) is None


async def test_page_that_became_small_loses_its_compressed_forms(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Else a web server would go on to send what they say."""
    names = [f"project-{number}" for number in range(20)]
    async with (
        DirectoryTarget(tmp_path / "tree", DiskThreads()) as target,
        publishing(tmp_path, simulator, target) as yard,
    ):
        from support.own_files import ALICE
        from wheelyard.catalog.curation import Removal

        for name in names:
            await publish(yard.app, make_wheel(name, "1.0"))
        await yard.publish()
        before = await target.get("simple/index.html.gz", 10**6)
        for name in names[1:]:
            removal = Removal(yard.app.indexes[MAIN].owner, ProjectName(name), None)
            await yard.app.catalog.curator.delete(removal, ALICE)
        await yard.app.noticing.notice()

        await yard.publish()

        assert before is not None
        assert await target.get("simple/index.html.gz", 10**6) is None
        assert await target.get("simple/index.html", 10**6) is not None
