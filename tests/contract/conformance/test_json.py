"""The JSON form: statements C-21 to C-33, and section 1.4 of the notes on standards."""

import hashlib
import json
import re
from pathlib import Path

import msgspec
import pytest
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from contract.conformance.asking import HTML, JSON, Client
from contract.conformance.contents import PROJECTS
from contract.conformance.installers import pip_or_skip
from contract.conformance.pages import read_html
from contract.conformance.schema import Page, Root
from contract.conformance.serving import Site
from support.clients.editions import PIP_22
from support.clients.sandbox import Sandbox
from support.packages import make_wheel
from support.simulator import JSON as AS_JSON
from support.simulator import Simulator, ask

EVERY_PAGE = pytest.mark.parametrize("name", [*PROJECTS, "quarantined"])


def version_of(filename: str) -> str:
    """Return the version in the name of a file, as `packaging` reads it."""
    parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    return str(parse(filename)[1])


@EVERY_PAGE
def test_c21_page_is_an_object_of_version_one(client: Client, name: str) -> None:
    """A text and not a number, since 1.10 comes after 1.9."""
    assert re.fullmatch(r"1\.\d+", client.page(name).json()["meta"]["api-version"])


def test_c21_root_is_an_object_of_version_one(client: Client) -> None:
    """The list of projects has a schema without exceptions."""
    root = msgspec.json.decode(client.ask("/simple/", {"Accept": JSON}).body, type=Root)

    assert len(root.projects) == len(PROJECTS)


@EVERY_PAGE
def test_c22_every_file_has_its_mandatory_keys(client: Client, name: str) -> None:
    """Name, URL, hashes and, since 1.1, the size."""
    for file in client.page(name).json()["files"]:
        assert file.keys() >= {"filename", "url", "hashes", "size"}
        assert isinstance(file["hashes"], dict)
        assert isinstance(file["size"], int)
        assert "#" not in file["url"]


def test_c22_page_without_sizes_is_of_version_1_0(troubled: Site) -> None:
    """The version stated is the highest whose mandatory keys are all there. Source: PEP 700."""
    troubled.upstream.add(make_wheel("unsized", "1.0"), size=-1)

    page = troubled.client.page("unsized").json()

    assert page["meta"]["api-version"] == "1.0"
    assert "size" not in page["files"][0]


@EVERY_PAGE
def test_c23_versions_are_those_of_the_files_each_once(client: Client, name: str) -> None:
    """Versions are listed by uv and `pip index` without a look at files."""
    page = client.page(name).json()

    assert len(set(page["versions"])) == len(page["versions"])
    assert {version_of(file["filename"]) for file in page["files"]} <= set(page["versions"])


@EVERY_PAGE
def test_c24_name_is_normalised(client: Client, name: str) -> None:
    """It is what stands in the address."""
    assert client.page(name).json()["name"] == name


@EVERY_PAGE
def test_c25_upload_time_is_utc_with_a_literal_z(client: Client, name: str) -> None:
    """At anything else pip and uv stop when they are told a date."""
    for file in client.page(name).json()["files"]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", file["upload-time"])


@EVERY_PAGE
def test_c26_yanked_is_a_switch_or_a_reason(client: Client, name: str) -> None:
    """An empty reason would be read as "not yanked"."""
    for file in client.page(name).json()["files"]:
        assert file.get("yanked", False) in {True, False} or file["yanked"]
        assert isinstance(file.get("yanked", False), bool | str)


def test_c26_yank_is_passed_on(client: Client) -> None:
    """With and without a reason."""
    files = client.page("yanked").json()["files"]

    assert [file["yanked"] for file in files] == [False, True, "withdrawn"]


@EVERY_PAGE
def test_c27_core_metadata_has_hashes_or_is_false(client: Client, name: str) -> None:
    """With a bare ``true`` pdm takes the body of a 404 for metadata."""
    for file in client.page(name).json()["files"]:
        said = file.get("core-metadata", False)
        assert said is False or said["sha256"]


@EVERY_PAGE
def test_c28_dist_info_metadata_is_absent(client: Client, name: str) -> None:
    """As an object it makes pip 22.3 crash."""
    assert all("dist-info-metadata" not in file for file in client.page(name).json()["files"])


@pytest.mark.slow
@pytest.mark.scenario
def test_c28_pip_22_3_installs(client: Client, tmp_path: Path) -> None:
    """The one release that would crash reads our pages."""
    pip = pip_or_skip(PIP_22, Sandbox(tmp_path / "sandbox"))

    result = pip.install(["foo.bar==1.0"], f"{client.base_url}simple/", tmp_path / "target")

    assert result.checked().installed == {"foo-bar": "1.0"}


@EVERY_PAGE
def test_c29_page_has_no_key_but_those_of_the_standard(client: Client, name: str) -> None:
    """The whole page against a schema that allows nothing else (A-72)."""
    page = msgspec.json.decode(client.page(name).body, type=Page)

    assert page.meta.api_version == "1.4"
    for file in page.files:
        assert file.data_dist_info_metadata == file.core_metadata


@pytest.mark.parametrize("name", ["foo-bar", "archived", "deprecated", "quarantined"])
def test_c30_status_is_at_the_top(client: Client, name: str) -> None:
    """Not inside ``meta``, where an example of the specification has it."""
    page = client.page(name).json()

    expected = {"status": name, "reason": f"because it is {name}"}
    assert page["project-status"] == ({"status": "active"} if name == "foo-bar" else expected)
    assert not any("status" in key for key in page["meta"])


@EVERY_PAGE
def test_c31_html_and_json_say_the_same(client: Client, name: str) -> None:
    """Files, hashes, yanks, Python and metadata, whichever form a client reads (A-72)."""
    answer, page = client.page(name), read_html(client.page(name, HTML).body)

    for file, anchor in zip(answer.json()["files"], page.anchors, strict=True):
        said = anchor.attributes
        assert anchor.text == file["filename"]
        assert anchor.href.partition("#")[0] == file["url"]
        assert anchor.fragment == f"sha256={file['hashes']['sha256']}"
        assert said.get("data-requires-python") == file["requires-python"]
        assert ("data-yanked" in said) == (file["yanked"] is not False)
        assert (said.get("data-yanked") or True) == (file["yanked"] or True)
        metadata = file.get("core-metadata") or {}
        assert said.get("data-core-metadata") == (
            f"sha256={metadata['sha256']}" if metadata else None
        )
        assert said.get("data-provenance") == file.get("provenance")
        assert said["data-size"] == str(file["size"])
        assert said["data-upload-time"] == file["upload-time"]


@pytest.mark.parametrize("name", [name for name in PROJECTS if name != "large"])
def test_c32_every_url_leads_to_the_stated_bytes(client: Client, name: str) -> None:
    """Resolved against the address of the page, as clients do."""
    answer = client.page(name)

    for listed in answer.json()["files"]:
        file = answer.file(listed["filename"])
        found = client.ask(file["url"])
        assert found.status == 200
        assert len(found.body) == file["size"]
        assert hashlib.sha256(found.body).hexdigest() == file["hashes"]["sha256"]


@pytest.mark.parametrize("spelling", ["/simple/foo-bar/", "/simple//foo-bar/", "/simple/Foo.Bar"])
def test_c32_urls_are_right_however_the_page_was_reached(client: Client, spelling: str) -> None:
    """Relative to the address of the last answer: doubled slashes and redirects count."""
    answer = client.follow(spelling, {"Accept": JSON})

    url = answer.file("foo_bar-1.0-py3-none-any.whl")["url"]

    assert client.ask(url).status == 200


def test_c33_newer_minor_version_and_unknown_keys_are_accepted(troubled: Site) -> None:
    """An upstream may be ahead of us; what we do not know we do not pass on."""
    troubled.upstream.add(make_wheel("newer", "1.0"))
    troubled.upstream.project_extra("newer", {"x-ray": [1], "namespaces": {"a": 1}})
    troubled.upstream.api_version = "1.9"
    try:
        page = troubled.client.page("newer").json()
    finally:
        troubled.upstream.api_version = "1.4"

    assert page["meta"]["api-version"] == "1.4"
    assert page.keys() == {"meta", "name", "versions", "files", "project-status"}
    assert [file["filename"] for file in page["files"]] == ["newer-1.0-py3-none-any.whl"]


def test_c33_newer_major_version_is_a_failure(troubled: Site) -> None:
    """What cannot be understood is no page, and no claim that there is none."""
    troubled.upstream.add(make_wheel("newest", "1.0"))
    troubled.upstream.api_version = "2.0"
    try:
        answer = troubled.client.ask("/simple/newest/", {"Accept": JSON})
    finally:
        troubled.upstream.api_version = "1.4"

    assert answer.status == 503
    assert "2.0" in answer.text


@EVERY_PAGE
def test_page_says_what_upstream_says(client: Client, upstream: Simulator, name: str) -> None:
    """Nothing is lost and nothing invented on the way, in the same order."""
    theirs = json.loads(ask(f"{upstream.url}{name}/", AS_JSON).body)

    ours = client.page(name).json()

    same = ("filename", "hashes", "size", "upload-time", "requires-python", "yanked", "provenance")
    assert [{key: file.get(key) for key in same} for file in ours["files"]] == [
        {key: file.get(key) for key in same} for file in theirs["files"]
    ]
    assert sorted(ours["versions"]) == sorted(theirs["versions"])
    assert ours["meta"]["_last-serial"] == theirs["meta"]["_last-serial"]
