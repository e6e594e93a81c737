"""The JSON form: what our pages promise, and what of other pages is taken."""

import json
import re
import time
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from wheelyard.errors import BadInput
from wheelyard.model import (
    File,
    Hashes,
    Project,
    ProjectEntry,
    ProjectList,
    ProjectStatus,
    StatusMarker,
)
from wheelyard.names import Filename, ProjectName
from wheelyard.wire.simple_json import (
    parse_project,
    parse_project_list,
    render_project,
    render_project_list,
)

NAME = ProjectName("example-package")
URL = "https://index.example/simple/example-package/"
STANDARD_KEYS = {
    *("core-metadata", "data-dist-info-metadata", "filename", "gpg-sig", "hashes", "provenance"),
    *("requires-python", "size", "upload-time", "url", "yanked"),
}
WHEEL = File(
    filename=Filename("example_package-1.0-py3-none-any.whl"),
    url="https://files.example/example_package-1.0-py3-none-any.whl",
    hashes=(("sha256", "ab" * 32),),
    size=12_345,
    upload_time="2024-02-03T04:05:06.000007Z",
    requires_python=">=3.8,<4",
    core_metadata=(("sha256", "cd" * 32),),
)


class OurUrls:
    """Links as a server makes them; the scheme of provenance is given."""

    def __init__(self, scheme: str = "https://index.example") -> None:
        self.scheme = scheme

    def file_url(self, project: ProjectName, file: File) -> str:
        """Return a URL relative to the page."""
        return f"../../packages/{file.filename}"

    def provenance_url(self, project: ProjectName, file: File) -> str | None:
        """Return a URL if the owner has one."""
        return f"{self.scheme}/integrity/{file.filename}" if file.provenance else None


def rendered(project: Project, links: OurUrls | None = None) -> dict[str, Any]:
    """Return the page of a project as a client's JSON parser sees it."""
    document = json.loads(render_project(project, links or OurUrls()))
    assert isinstance(document, dict)
    return document


def rendered_file(file: File, links: OurUrls | None = None) -> dict[str, Any]:
    """Return the entry of a file on the page of its project."""
    (entry,) = rendered(Project(NAME, (file,)), links)["files"]
    assert isinstance(entry, dict)
    return entry


def page(**keys: object) -> bytes:
    """Return an upstream's page with these keys on top of the necessary ones."""
    document = {"meta": {"api-version": "1.4"}, "name": "example-package", "files": []}
    return json.dumps(document | keys).encode()


def entry(**keys: object) -> bytes:
    """Return an upstream's page with one file, which has these keys."""
    file = {"filename": WHEEL.filename, "url": WHEEL.url, "hashes": {}}
    return page(files=[file | {key.replace("_", "-"): value for key, value in keys.items()}])


def parsed(body: bytes) -> File:
    """Return the one file of a page."""
    (file,) = parse_project(body, URL, NAME).files
    return file


def test_page_is_these_bytes() -> None:
    """The whole page as one looks at it; a change of bytes is visible in review."""
    project = Project(
        NAME,
        (replace(WHEEL, yanked='broken "on" <musl> & é', provenance="x"),),
        ("0.9",),
        ProjectStatus("archived", "done"),
        7,
    )

    assert render_project(project, OurUrls()).decode() == (
        '{"meta":{"_last-serial":7,"api-version":"1.4"},"name":"example-package",'
        '"project-status":{"status":"archived","reason":"done"},"versions":["0.9","1.0"],'
        '"files":[{"core-metadata":{"sha256":"' + "cd" * 32 + '"},'
        '"data-dist-info-metadata":{"sha256":"' + "cd" * 32 + '"},'
        '"filename":"example_package-1.0-py3-none-any.whl",'
        '"hashes":{"sha256":"' + "ab" * 32 + '"},'
        '"provenance":"https://index.example/integrity/example_package-1.0-py3-none-any.whl",'
        '"requires-python":">=3.8,<4","size":12345,"upload-time":"2024-02-03T04:05:06.000007Z",'
        '"url":"../../packages/example_package-1.0-py3-none-any.whl",'
        '"yanked":"broken \\"on\\" <musl> & é"}]}\n'
    )


def test_c21_version_is_a_string_of_major_one() -> None:
    """On a page and on the list."""
    root = json.loads(render_project_list(ProjectList()))

    assert re.fullmatch(r"1\.\d+", rendered(Project(NAME, (WHEEL,)))["meta"]["api-version"])
    assert re.fullmatch(r"1\.\d+", root["meta"]["api-version"])


@pytest.mark.parametrize(("size", "version"), [(12_345, "1.4"), (0, "1.4"), (None, "1.0")])
def test_c22_version_without_every_size_is_1_0(size: int | None, version: str) -> None:
    """``size`` is mandatory from 1.1 on, so a page that lacks one must not claim more than 1.0."""
    other = replace(WHEEL, filename=Filename("x-1.zip"), size=size)

    document = rendered(Project(NAME, (WHEEL, other)))

    assert document["meta"]["api-version"] == version
    assert all(isinstance(file["hashes"], dict) for file in document["files"])
    assert ("size" in document["files"][1]) == (size is not None)


def test_c22_hashes_are_there_even_if_empty() -> None:
    """The key is mandatory; readers fail without it."""
    assert rendered_file(replace(WHEEL, hashes=()))["hashes"] == {}


def test_c23_versions_have_that_of_every_file_once() -> None:
    """The owner's spelling stays; an equal version is not listed a second time."""
    files = [
        replace(WHEEL, filename=Filename(name))
        for name in (
            "example_package-1.0-py3-none-any.whl",
            "example-package-1.0.0.tar.gz",
            "example-package-2.0rc1.tar.gz",
            "example_package-0.5.linux-x86_64.tar.gz",
            "example_package-0.4-py2.7.egg",
            "unrelated.txt",
        )
    ]

    document = rendered(Project(NAME, tuple(files), ("1.0", "0.1", "1.0")))

    assert document["versions"] == ["1.0", "0.1", "2.0rc1", "0.5", "0.4"]


def test_c24_name_is_the_normalised_one() -> None:
    """Whatever the owner displays."""
    body = page(name="Example_Package")

    project = parse_project(body, URL, NAME)

    assert json.loads(render_project(project, OurUrls()))["name"] == "example-package"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2024-02-03T04:05:06Z", "2024-02-03T04:05:06Z"),
        ("2024-02-03T04:05:06.1Z", "2024-02-03T04:05:06.1Z"),
        ("2024-02-03T04:05:06+02:00", "2024-02-03T02:05:06Z"),
        ("2024-02-03T04:05:06.123456789Z", "2024-02-03T04:05:06.123456Z"),
        ("2024-02-03T04:05:06", None),
        ("2024-02-30T04:05:06Z", None),
        ("yesterday", None),
    ],
)
def test_c25_upload_time_is_utc_with_a_literal_z(given: str, kept: str | None) -> None:
    """Anything else is converted, or left out if there is no telling what it means."""
    file = parsed(entry(upload_time=given))

    assert file.upload_time == kept
    assert rendered_file(file).get("upload-time") == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [(True, True), (False, False), (None, False), ("", True), ("why", "why"), (1, False)],
)
def test_c26_yanked_is_a_bool_or_a_reason(given: object, kept: bool | str) -> None:  # noqa: FBT001 - a value of the wire
    """The forbidden empty reason is taken for "yanked"."""
    file = parsed(entry(yanked=given))

    assert file.yanked == kept
    assert rendered_file(file)["yanked"] == kept


@pytest.mark.parametrize(
    ("claim", "written"),
    [
        ((("sha256", "cd" * 32),), {"sha256": "cd" * 32}),
        (
            (("md5", "cd" * 16), ("sha256", "cd" * 32)),
            {"md5": "cd" * 16, "sha256": "cd" * 32},
        ),
        ((), False),
        (False, False),
        ((("md5", "cd" * 16),), False),
        (None, None),
    ],
)
def test_c27_metadata_is_advertised_with_a_digest_or_not_at_all(
    claim: Hashes | Literal[False] | None, written: object
) -> None:
    """A bare ``true`` makes pdm take the body of a 404 for metadata."""
    file = rendered_file(replace(WHEEL, core_metadata=claim))

    assert file.get("core-metadata") == written
    assert file.get("data-dist-info-metadata") == written


def test_c28_alias_that_breaks_pip_22_3_is_never_written() -> None:
    """``dist-info-metadata`` as an object is "unhashable" for it."""
    assert "dist-info-metadata" not in rendered_file(WHEEL)


def test_c29_keys_are_those_of_the_standard() -> None:
    """What has no underscore in front belongs to the standard, now or later."""
    document = rendered(Project(NAME, (replace(WHEEL, gpg_sig=True, provenance="x"),), serial=5))

    assert set(document) == {"meta", "name", "project-status", "versions", "files"}
    assert set(document["meta"]) == {"api-version", "_last-serial"}
    assert set(document["files"][0]) == STANDARD_KEYS


@pytest.mark.parametrize("status", ["active", "archived", "quarantined", "deprecated"])
def test_c30_status_is_a_top_level_object(status: StatusMarker) -> None:
    """Not inside ``meta``, where the example in the specification has it."""
    document = rendered(Project(NAME, status=ProjectStatus(status)))

    assert document["project-status"] == {"status": status}


def test_f29_quarantined_project_offers_no_file() -> None:
    """A takedown is obeyed by the renderer too, whoever made the record."""
    document = rendered(Project(NAME, (WHEEL,), ("1.0",), ProjectStatus("quarantined")))

    assert document["files"] == []


def test_c18_provenance_is_absolute_and_secure_or_left_out() -> None:
    """https, or http on loopback; a plain-http URL would be a worse claim than none."""
    file = replace(WHEEL, provenance="https://other.example/provenance")

    secure = rendered_file(file, OurUrls("https://index.example"))
    loopback = rendered_file(file, OurUrls("http://127.0.0.1:8765"))
    plain = rendered_file(file, OurUrls("http://index.example"))
    relative = rendered_file(file, OurUrls("../.."))

    assert "provenance" in secure
    assert "provenance" in loopback
    assert "provenance" not in plain
    assert "provenance" not in relative


def test_requires_python_is_null_when_unset() -> None:
    """As PyPI writes it, and without escaping when set."""
    assert rendered_file(replace(WHEEL, requires_python=None))["requires-python"] is None
    assert rendered_file(WHEEL)["requires-python"] == ">=3.8,<4"


def test_c62_serials_are_passed_on_unchanged() -> None:
    """On a page and on the list; where there is none, no key."""
    listed = ProjectList((ProjectEntry("Foo", 7), ProjectEntry("bar")), 9)

    root = json.loads(render_project_list(listed))

    assert rendered(Project(NAME, serial=5))["meta"]["_last-serial"] == 5
    assert "_last-serial" not in rendered(Project(NAME))["meta"]
    assert root["meta"]["_last-serial"] == 9
    assert root["projects"] == [{"_last-serial": 7, "name": "Foo"}, {"name": "bar"}]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.4", "1.9", "1.99"])
def test_c33_every_minor_version_is_read(version: str) -> None:
    """A newer minor adds keys; it takes nothing away."""
    body = page(meta={"api-version": version}, brand="new")

    assert parse_project(body, URL, NAME) == Project(NAME)


@pytest.mark.parametrize("version", ["2.0", "0.9", "10.0", "1", "1.x", "", None, 1.4, "1.4\n"])
def test_c33_other_versions_are_failures(version: object) -> None:
    """A greater major means something else by the same keys."""
    with pytest.raises(BadInput, match="api-version"):
        parse_project(page(meta={"api-version": version}), URL, NAME)
    with pytest.raises(BadInput, match="api-version"):
        parse_project_list(json.dumps({"meta": {"api-version": version}, "projects": []}).encode())


@pytest.mark.parametrize(
    ("given", "algorithms"),
    [
        ({"sha256": "ab" * 32}, ["sha256"]),
        ({"SHA256": "AB" * 32}, ["sha256"]),
        ({"md5": "ab" * 16, "sha256": "ab" * 32}, ["md5", "sha256"]),
        ({"sha256": "ab" * 31}, []),
        ({"sha256": "zz" * 32}, []),
        ({"crc32": "ab" * 4}, []),
        ({"sha256": 5, "md5": "ab" * 16}, ["md5"]),
        (None, []),
        ("sha256", []),
    ],
)
def test_only_digests_that_are_some_are_kept(given: object, algorithms: list[str]) -> None:
    """Known algorithm, right length, hex digits; letter case does not matter."""
    file = parsed(entry(hashes=given))

    assert [name for name, _ in file.hashes] == algorithms
    assert all(digest == digest.lower() for _, digest in file.hashes)


@pytest.mark.parametrize("size", [-1, "12", 1.5, True, 10**400, 1 << 60, None])
def test_size_that_is_none_is_unknown(size: object) -> None:
    """The file stays, without its size."""
    assert parsed(entry(size=size)).size is None


def test_t18_page_survives_an_entry_that_does_not() -> None:
    """Each wrong entry is dropped by itself and counted."""
    good = {"filename": WHEEL.filename, "url": WHEEL.url, "hashes": {}}
    body = page(files=[5, None, {"filename": "a.zip"}, good | {"filename": "../x"}, good, good])

    project = parse_project(body, URL, NAME)

    assert [file.filename for file in project.files] == [WHEEL.filename]
    assert project.dropped == 5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'{"meta": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        page(files=[]).replace(b"[]", b"[" * 100_000 + b"]" * 100_000),
        page(x="y").replace(b'"y"', b"NaN"),
        page(x="y").replace(b'"y"', b'"\\ud800"'),
        page().replace(b"example-package", b"\\ud800"),
        page(meta=[]),
        page(name=7),
        page(files={}),
    ],
    ids=range(12),
)
def test_t18_hostile_body_is_bad_input(body: bytes) -> None:
    """Depth, what is no number, wrong types: one kind of error, and at once."""
    with pytest.raises(BadInput):
        parse_project(body, URL, NAME)


def test_t18_number_of_many_digits_costs_nothing() -> None:
    """Ten million digits are no size, and no time."""
    body = entry(size=5).replace(b'"size": 5', b'"size": ' + b"9" * 1_000_000)
    started = time.process_time()

    project = parse_project(body, URL, NAME)

    assert project.dropped == 1
    assert time.process_time() - started < 2


def test_last_of_duplicate_keys_counts_like_everywhere() -> None:
    """As other readers have it, so that none sees another page."""
    body = page().replace(b'"name": ', b'"name": "other", "name": ')

    assert parse_project(body, URL, NAME) == Project(NAME)


def test_list_drops_what_is_no_name_and_repeats() -> None:
    """The first spelling of a name counts."""
    document = {
        "meta": {"api-version": "1.1", "_last-serial": "9"},
        "projects": [{"name": "Foo.Bar"}, {"name": "foo-bar"}, {"name": "-"}, {"name": "a\n"}],
    }

    listed = parse_project_list(json.dumps(document).encode())

    assert listed == ProjectList((ProjectEntry("Foo.Bar"),), 9)
