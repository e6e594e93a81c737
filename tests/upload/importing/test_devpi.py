"""What `devpi-server --export` writes, as a source; the real program is in the scenarios."""

import json
from pathlib import Path
from typing import Any

import pytest

from upload.importing.bench import collected
from wheelyard.blobs import DiskThreads
from wheelyard.errors import BadInput, Unavailable
from wheelyard.names import ProjectName
from wheelyard.upload.importing import Offer, Unusable, Wanted
from wheelyard.upload.importing.devpi import DevpiSource

pytestmark = pytest.mark.anyio

FILE: dict[str, Any] = {
    "type": "releasefile",
    "projectname": "demo",
    "relpath": "team/dev/demo/1.0/demo-1.0.zip",
    "entrymapping": {"hash_spec": "md5=abc", "hashes": {"sha256": "f" * 64}, "yanked": "broken"},
    "log": [
        {"what": "overwrite", "when": None},
        {"what": "upload", "who": "team", "when": [2014, 9, 15, 11, 11, 31]},
    ],
}
OTHERS = [
    {"type": "doczip", "relpath": "team/dev/demo/demo-1.0.doc.zip"},
    {"type": "releasefile", "projectname": "-", "relpath": "team/dev/x-1.zip"},
]
MIRROR = {"indexconfig": {"type": "mirror"}, "files": [FILE]}


def export(folder: Path, **indexes: object) -> Path:
    """Write an export with these indexes, ``__`` for the slash in their names."""
    named = {name.replace("__", "/"): index for name, index in indexes.items()}
    content = {"dumpversion": "2", "users": {}, "indexes": named}
    folder.joinpath("dataindex.json").write_text(json.dumps(content), "utf-8")
    return folder


async def found(folder: Path, stage: str = "", *names: str) -> list[Offer | Unusable]:
    """Return what is offered."""
    wanted = Wanted(frozenset(ProjectName(name) for name in names))
    return [each async for each in DevpiSource(folder, stage, DiskThreads()).offers(wanted)]


async def test_uploaded_files_are_offered_with_all_that_is_known(tmp_path: Path) -> None:
    """Digests, upload time, yank; neither documentation nor what a mirror holds."""
    stage = {"indexconfig": {"type": "stage"}, "files": [FILE, *OTHERS]}
    folder = export(tmp_path, root__pypi=MIRROR, team__dev=stage)
    path = folder / str(FILE["relpath"])
    path.parent.mkdir(parents=True)
    path.write_bytes(b"content")

    [offer, unusable] = await found(folder)

    assert isinstance(offer, Offer)
    assert isinstance(unusable, Unusable)
    assert (offer.filename, offer.project) == ("demo-1.0.zip", "demo")
    assert offer.hashes == (("sha256", "f" * 64), ("md5", "abc"))
    assert (offer.uploaded_at, offer.yanked) == (1_410_779_491.0, "broken")
    assert await collected(offer.read()) == b"content"
    assert await found(folder, "team/dev", "other") == [unusable]


@pytest.mark.parametrize("entry", [{}, {"yanked": True}, {"md5": "abc"}])
@pytest.mark.parametrize("when", [None, [2014], [2014, 99, 1, 1, 1, 1]])
async def test_old_exports_say_less(tmp_path: Path, entry: dict[str, object], when: object) -> None:
    """What is not said, or makes no sense, is not known."""
    file = {**FILE, "entrymapping": entry, "log": [{"what": "upload", "when": when}]}

    [offer] = await found(export(tmp_path, team__dev={"files": [file]}))

    assert isinstance(offer, Offer)
    assert offer.uploaded_at is None
    assert offer.yanked == ("" if entry.get("yanked") else None)


async def test_one_of_several_stages_has_to_be_named(tmp_path: Path) -> None:
    """The message has their names."""
    folder = export(tmp_path, a__dev={"files": [FILE]}, b__prod={"files": [FILE]})

    with pytest.raises(BadInput, match=r"--stage.*`a/dev`, `b/prod`"):
        await found(folder)
    with pytest.raises(BadInput, match="no stage `c/dev`"):
        await found(folder, "c/dev")
    assert len(await found(folder, "b/prod")) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"indexes": 1}', "\x00"])
async def test_file_that_is_no_export_is_refused(tmp_path: Path, content: str) -> None:
    """With the name of the file."""
    tmp_path.joinpath("dataindex.json").write_text(content, "utf-8")

    with pytest.raises(BadInput, match="devpi-server --export"):
        await found(tmp_path)


async def test_export_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    """It is not empty."""
    with pytest.raises(Unavailable):
        await found(tmp_path)
