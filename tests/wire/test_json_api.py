"""The JSON API: other documents with our URLs, and documents of our own."""

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from wheelyard.errors import Absent, BadInput
from wheelyard.model import File, Project, ProjectStatus
from wheelyard.names import Filename, ProjectName
from wheelyard.wire.core_metadata import CoreMetadata
from wheelyard.wire.json_api import build, choose_release, rewrite

NAME = ProjectName("foo")
INFO_KEYS = {
    *("author", "author_email", "bugtrack_url", "classifiers", "description"),
    *("description_content_type", "docs_url", "download_url", "downloads", "dynamic", "home_page"),
    *("keywords", "license", "license_expression", "license_files", "maintainer"),
    *("maintainer_email", "name", "package_url", "platform", "project_url", "project_urls"),
    *("provides_extra", "release_url", "requires_dist", "requires_python", "summary", "version"),
    *("yanked", "yanked_reason"),
}
FILE_KEYS = {
    *("comment_text", "core-metadata", "digests", "downloads", "filename", "has_sig"),
    *("md5_digest", "packagetype", "python_version", "requires_python", "size", "upload_time"),
    *("upload_time_iso_8601", "url", "yanked", "yanked_reason"),
}


def ours(filename: str, url: str) -> str | None:
    """Return our URL of a file; we do not know those of version 9."""
    return None if "-9" in filename else f"https://ours.example/{filename}"


def file(name: str, *, yanked: bool | str = False) -> File:
    """Return a file of that name."""
    return File(Filename(name), f"https://files.example/{name}", size=5, yanked=yanked)


def project(*names: str, versions: tuple[str, ...] = ()) -> Project:
    """Return a project with files of these names."""
    return Project(NAME, tuple(file(name) for name in names), versions, serial=7)


def built(
    project: Project, version: str | None = None, metadata: CoreMetadata | None = None
) -> dict[str, Any]:
    """Return our document as a client's JSON parser sees it."""
    document = json.loads(build(project, metadata, version, ours))
    assert isinstance(document, dict)
    return document


def upstream(**keys: object) -> bytes:
    """Return an upstream's document with these keys on top of the necessary ones."""
    document = {"info": {"name": "Foo", "version": "1.0"}, "last_serial": 3, "urls": []}
    return json.dumps(document | keys).encode()


def test_c88_document_has_every_key() -> None:
    """What clients index without asking whether it is there."""
    document = built(project("foo-1.0.zip"))

    assert set(document) == {
        *("info", "last_serial", "releases", "urls", "vulnerabilities", "ownership")
    }
    assert set(document["info"]) == INFO_KEYS
    assert set(document["urls"][0]) == FILE_KEYS
    assert set(document["releases"]["1.0"][0]) == FILE_KEYS
    assert document["last_serial"] == 7


def test_c88_releases_stand_in_the_form_of_the_project_only() -> None:
    """With their files, from the oldest to the newest, empty ones included."""
    held = project("foo-1.10.zip", "foo-1.9.zip", "foo-1.9-py3-none-any.whl", versions=("0.5",))

    document = built(held)

    assert list(document["releases"]) == ["0.5", "1.9", "1.10"]
    assert [len(files) for files in document["releases"].values()] == [0, 2, 1]
    assert "releases" not in built(held, "1.9")


@pytest.mark.parametrize("version", ["2.0", "nonsense", "", "1.0.1"])
def test_c89_unknown_version_is_absent(version: str) -> None:
    """Whatever is asked for after the name."""
    with pytest.raises(Absent):
        built(project("foo-1.0.zip"), version)


def test_c89_project_without_a_release_is_absent() -> None:
    """PyPI answers 404 for these too."""
    gone = replace(project("foo-1.0.zip"), status=ProjectStatus("quarantined"))

    with pytest.raises(Absent):
        built(project())
    with pytest.raises(Absent):
        built(gone)


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "v1"])
def test_c89_version_is_found_in_any_spelling(version: str) -> None:
    """The answer has the spelling of the owner."""
    assert built(project("foo-1.0.zip", versions=("1.0.0",)), version)["info"]["version"] == "1.0.0"


@pytest.mark.parametrize(
    ("files", "newest"),
    [
        ([file("foo-1.9.zip"), file("foo-1.10.zip")], "1.10"),
        ([file("foo-1.0.zip"), file("foo-2.0rc1.zip")], "1.0"),
        ([file("foo-1.0.zip"), file("foo-2.0.dev1.zip")], "1.0"),
        ([file("foo-1.0.zip"), file("foo-2.0.zip", yanked=True)], "1.0"),
        ([file("foo-1.0rc1.zip"), file("foo-1.0b1.zip")], "1.0rc1"),
        ([file("foo-1.0rc1.zip"), file("foo-0.9.zip", yanked="bad")], "1.0rc1"),
        ([file("foo-1.0.zip", yanked=True), file("foo-2.0.zip", yanked=True)], "2.0"),
        ([file("foo-1.0.zip"), file("foo-old.zip")], "1.0"),
        ([file("foo-2.0.zip", yanked=True), file("foo-2.0-py3-none-any.whl")], "2.0"),
    ],
)
def test_c90_info_is_of_the_newest_final_that_is_not_yanked(files: list[File], newest: str) -> None:
    """Without one, of the newest there is; yanked means that every file is."""
    document = built(Project(NAME, tuple(files)))

    assert document["info"]["version"] == newest
    assert document["urls"] == document["releases"][newest]


def test_c90_version_without_files_is_not_the_newest() -> None:
    """A deleted release may still be listed."""
    release = choose_release(project("foo-1.0.zip", versions=("1.0", "2.0")))

    assert release.version == "1.0"
    assert [file.filename for file in release.files] == ["foo-1.0.zip"]


def test_info_tells_what_the_metadata_says() -> None:
    """And null for what it does not."""
    metadata = CoreMetadata(
        name="Foo",
        version="1.0",
        summary="does things",
        classifiers=("Topic :: A",),
        requires_dist=("bar",),
        requires_python=">=3.8",
        project_urls=(("Docs", "https://docs.example/"),),
        platforms=("any", "none"),
    )

    info = built(project("foo-1.0.zip"), None, metadata)["info"]

    assert (info["name"], info["summary"], info["platform"]) == ("Foo", "does things", "any, none")
    assert info["project_urls"] == {"Docs": "https://docs.example/"}
    assert info["requires_dist"] == ["bar"]
    assert info["author"] is None
    assert info["downloads"] == {"last_day": -1, "last_month": -1, "last_week": -1}


def test_info_without_metadata_tells_what_the_page_says() -> None:
    """A release whose metadata cannot be had is still described."""
    page = Project(NAME, (replace(file("foo-1.0.zip", yanked="bad"), requires_python=">=3"),))

    info = built(page)["info"]

    assert (info["name"], info["requires_python"]) == ("foo", ">=3")
    assert (info["yanked"], info["yanked_reason"]) == (True, "bad")


def test_file_is_described_as_pypi_does() -> None:
    """Digests, both forms of the time, our URL."""
    entry = File(
        filename=Filename("foo-1.0-py2.py3-none-any.whl"),
        url="https://files.example/x",
        hashes=(("md5", "ef" * 16), ("sha256", "ab" * 32)),
        size=5,
        upload_time="2024-02-03T04:05:06.123456Z",
        requires_python=">=3.8",
        core_metadata=(("sha256", "cd" * 32),),
        yanked="bad",
    )

    assert built(Project(NAME, (entry,)))["urls"] == [
        {
            "comment_text": None,
            "core-metadata": {"sha256": "cd" * 32},
            "digests": {"md5": "ef" * 16, "sha256": "ab" * 32},
            "downloads": -1,
            "filename": "foo-1.0-py2.py3-none-any.whl",
            "has_sig": False,
            "md5_digest": "ef" * 16,
            "packagetype": "bdist_wheel",
            "python_version": "py2.py3",
            "requires_python": ">=3.8",
            "size": 5,
            "upload_time": "2024-02-03T04:05:06",
            "upload_time_iso_8601": "2024-02-03T04:05:06.123456Z",
            "url": "https://ours.example/foo-1.0-py2.py3-none-any.whl",
            "yanked": True,
            "yanked_reason": "bad",
        }
    ]


@pytest.mark.parametrize(
    ("filename", "kind", "python"),
    [
        ("foo-1.0-1-cp312-cp312-linux_x86_64.whl", "bdist_wheel", "cp312"),
        ("foo-1.0.whl", "bdist_wheel", "any"),
        ("foo-1.0.tar.gz", "sdist", "source"),
        ("foo-1.0-py2.7.egg", "bdist_egg", "2.7"),
        ("foo-1.0.win32-py2.7.exe", "bdist_wininst", "2.7"),
        ("foo-1.0.win32.exe", "bdist_wininst", "any"),
        ("foo-1.0.win-amd64-py3.4.msi", "bdist_msi", "3.4"),
        ("foo-1.0-1.noarch.rpm", "bdist_rpm", "any"),
    ],
)
def test_kind_and_python_follow_from_the_name(filename: str, kind: str, python: str) -> None:
    """As the names of today and of twenty years ago say."""
    entry = built(project(filename))["urls"][0]

    assert (entry["packagetype"], entry["python_version"]) == (kind, python)


def test_rewriting_changes_the_urls_and_nothing_else() -> None:
    """Unknown keys, numbers of any size and the order of everything stay."""
    entry = b'{"odd":1.50,"filename":"foo-1.0.zip","url":"https://files.example/x","a":null}'
    body = (
        b'{"info":{"name":"Foo","big":' + b"9" * 400 + b'},"z":[1, 2],"urls":[' + entry + b"],"
        b'"releases":{"1.0":[' + entry + b'],"0.9":[]},"vulnerabilities":[{}]}'
    )

    document = rewrite(body, NAME, ours)

    assert document == body.replace(b"files.example/x", b"ours.example/foo-1.0.zip")


def test_rewriting_drops_files_that_we_do_not_offer() -> None:
    """A link past us would be worse than none."""
    known = {"filename": "foo-1.0.zip", "url": "x"}
    unknown = {"filename": "foo-9.zip", "url": "y"}
    body = upstream(urls=[unknown, known, {"url": "z"}], releases={"9": [unknown], "1.0": [known]})

    document = json.loads(rewrite(body, NAME, ours))

    assert [entry["filename"] for entry in document["urls"]] == ["foo-1.0.zip"]
    assert document["releases"] == {"9": [], "1.0": document["urls"]}


def test_rewriting_the_form_of_a_version_adds_no_releases() -> None:
    """It had none."""
    assert "releases" not in json.loads(rewrite(upstream(), NAME, ours))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not a document"),
        (b"<html>", "not a document"),
        (b"[]", "not a document"),
        (b'{"message": "Not Found"}', "no key 'info'"),
        (upstream(info={}), "no key 'name'"),
        (upstream(info={"name": "bar"}), "document is of `'bar'`"),
        (upstream(info={"name": 5}), "not a document"),
        (upstream(urls={}), "not a document"),
        (upstream(urls=[5]), "not a document"),
        (upstream(urls=[{"filename": 5, "url": "x"}]), "not a document"),
        (upstream(releases=[]), "not a document"),
        (upstream()[:-1], "not a document"),
        (upstream().replace(b"Foo", b"\xff"), "not a document"),
        (upstream(x=1).replace(b'"x": 1', b'"x": ' + b"[" * 100_000), "not a document"),
    ],
    ids=range(14),
)
def test_f16_document_that_is_none_is_refused(body: bytes, message: str) -> None:
    """Errors, other projects, login pages: an outage, never an answer."""
    with pytest.raises(BadInput, match=message):
        rewrite(body, NAME, ours)


@given(st.binary(max_size=6), st.integers(0, 400))
def test_t18_damaged_document_is_one_or_bad_input(damage: bytes, at: int) -> None:
    """What comes out is JSON, whatever went in."""
    body = upstream(urls=[{"filename": "foo-1.0.zip", "url": "x"}], releases={"1.0": []})
    at %= len(body)

    with contextlib.suppress(BadInput):
        document = rewrite(body[:at] + damage + body[at + len(damage) :], NAME, ours)
        assert msgspec.json.decode(document)["info"]
