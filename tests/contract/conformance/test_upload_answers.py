"""Uploads that are refused: C-66 to C-78 and C-84 to C-86, each with its sentence; A-42 and A-56.

The sentence stands in the reason phrase, where most clients look, and in the body, because HTTP/2
has no reason phrase.
"""

import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from urllib.parse import urljoin

import pytest

from contract.conformance.asking import Answer
from contract.conformance.hosting import Hosting, basic
from support.packages import Package, make_sdist, make_wheel
from support.uploads import DIGESTS, Form, Part, form_of


def refused(hosting: Hosting, what: Form | Package, status: int = 400) -> str:
    """Return the sentence of a refusal, in small letters, once it stands in both places."""
    answer = hosting.upload(what)
    assert answer.status == status, (answer, answer.body)
    return sentence_of(answer)


def sentence_of(answer: Answer) -> str:
    """Return what an answer says in its body, which its reason phrase has said before."""
    # A reason phrase is one line; of a list of problems it has at least the beginning.
    said = " ".join(answer.text.split()).lower()
    assert len(answer.reason) > len("Bad Request")
    assert said.startswith(answer.reason.lower().rstrip(".…")[:60]), (answer.reason, said)
    return said


@pytest.mark.parametrize("digest", DIGESTS)
def test_c66_wrong_digest_is_refused(hosting: Hosting, digest: str) -> None:
    """Each of the three is compared, whatever the other two say, and nothing is stored."""
    package = make_wheel(f"c66-{digest.replace('_', '-')}", "1.0")
    size = 32 if digest.startswith("md5") else 64

    said = refused(hosting, form_of(package).with_values(digest, "0" * size))

    assert digest in said or "digest" in said
    assert hosting.page(package.name).status == 404


def test_c66_all_digests_wrong_store_nothing(hosting: Hosting) -> None:
    """Not under the right digest either: the same upload without the error is the first."""
    package = make_wheel("c66-all", "1.0")
    form = form_of(make_wheel("c66-all", "1.0", payload_bytes=1))

    refused(hosting, Form((*form.parts[:-1], form_of(package).parts[-1])))

    assert hosting.filenames("c66-all") == set()
    assert hosting.upload(package).status == 200


@pytest.mark.parametrize("value", ["", "zz", "0" * 63, "g" * 64, "é" * 64])
def test_c66_digest_that_is_none_is_refused(hosting: Hosting, value: str) -> None:
    """An empty one counts as none; anything else but 64 hex digits is wrong."""
    package = make_wheel("c66-malformed", "1.0")

    refused(hosting, form_of(package, digests=[]).with_values("sha256_digest", value))

    assert hosting.page("c66-malformed").status == 404


C67 = make_wheel("c67-wrong", "1.0")
WRONG_FORMS: dict[str, Form] = {
    "no digest": form_of(C67).without(*DIGESTS),
    "protocol version 2": form_of(C67).with_values("protocol_version", "2"),
    "no file": form_of(C67).without("content"),
    "file without a name": form_of(C67).with_file(name=""),
    "file as a plain field": form_of(C67).without("content").with_values("content", "bytes"),
    "two files": Form((*form_of(C67).parts, form_of(C67).parts[-1])),
    "no name": form_of(C67).without("name"),
    "no version": form_of(C67).without("version"),
    "no file type": form_of(C67).without("filetype"),
    "unknown file type": form_of(C67).with_values("filetype", "bdist_rpm"),
    "other file type": form_of(C67).with_values("filetype", "sdist"),
    "no metadata version": form_of(C67).without("metadata_version"),
    "metadata 3.0": form_of(C67).with_values("metadata_version", "3.0"),
    "name twice": form_of(C67).with_values("name", "c67-wrong", "other"),
    "field as a file": Form((Part("summary", b"x", "summary.txt"), *form_of(C67).parts)),
    "other name": form_of(C67).with_values("name", "c67-other"),
    "other version": form_of(C67).with_values("version", "1.1"),
    "no version at all": form_of(C67).with_values("version", "one"),
    "name that is none": form_of(C67).with_values("name", "-c67-"),
    "empty form": Form(()),
    "unknown action": form_of(C67).with_values(":action", "frobnicate"),
}


@pytest.mark.parametrize("wrong", WRONG_FORMS)
def test_c67_c76_form_that_is_wrong_is_refused(hosting: Hosting, wrong: str) -> None:
    """Whatever is wrong with it, it is 400 with a sentence, and nothing is stored."""
    refused(hosting, WRONG_FORMS[wrong])

    assert hosting.page("c67-wrong").status == 404
    assert hosting.page("c67-other").status == 404


def test_form_with_many_faults_names_them_all(hosting: Hosting) -> None:
    """Nobody has to try again for each."""
    form = form_of(C67).with_values("filetype", "bdist_rpm").with_values("protocol_version", "9")

    said = refused(hosting, form.with_values("version", "one"))

    assert "filetype" in said
    assert "protocol" in said
    assert "version" in said


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("", b""),
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"%3Aaction=file_upload"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disp"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nnameless\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"x" * 100_000),
        (f"multipart/form-data; boundary={'x' * 5_000}", b"--x--"),
    ],
)
def test_body_that_is_no_form_is_refused(hosting: Hosting, content_type: str, body: bytes) -> None:
    """An error of the client's, never one of ours."""
    fields = {"Content-Type": content_type, **basic("__token__", hosting.token)}

    answer = hosting.send("/legacy/", fields, body)

    assert answer.status in {400, 415}
    sentence_of(answer)


def test_c69_other_bytes_under_one_name_are_refused(hosting: Hosting) -> None:
    """It says "File already exists" in both places, and the first bytes stay."""
    package = make_wheel("c69", "1.0")
    assert hosting.upload(package).status == 200

    answer = hosting.upload(make_wheel("c69", "1.0", payload_bytes=100))

    assert answer.status == 400
    assert "File already exists" in answer.reason
    assert "File already exists" in answer.text
    assert hosting.client.page("c69").file(package.filename)["hashes"]["sha256"] == package.sha256


def test_c69_name_of_a_deleted_file_is_not_free_again(hosting: Hosting) -> None:
    """Neither for other bytes nor for the same; and no client may think that it is there."""
    package = make_wheel("c69-deleted", "1.0")
    assert hosting.upload(package).status == 200
    hosting.command("project", "delete", "c69-deleted", "1.0", "--reason", "leaked")
    hosting.client.until("/simple/c69-deleted/", lambda answer: package.filename not in answer.text)

    other = refused(hosting, make_wheel("c69-deleted", "1.0", payload_bytes=100))
    same = refused(hosting, package)

    assert "already exist" not in other + same
    assert "deleted" in other
    assert hosting.filenames("c69-deleted") == set()


@pytest.mark.parametrize("action", ["submit", "submit_pkg_info", "doc_upload", "register"])
def test_c72_a42_action_of_the_past_is_gone(hosting: Hosting, action: str) -> None:
    """410, and what to do instead."""
    form = form_of(make_wheel("c72", "1.0")).without("content").with_values(":action", action)

    said = refused(hosting, form, 410)

    assert re.search("upload|publish", said)
    assert hosting.page("c72").status == 404


@pytest.mark.parametrize("word", ["%2Bsimple", "+simple", "%2bsimple"])
def test_c73_page_where_hatch_looks_is_html_or_absent(hosting: Hosting, word: str) -> None:
    """The client reads it with a regular expression, whatever it is; it asks for any type."""
    package = make_wheel("c73", "1.0")
    hosting.upload(package)

    there = hosting.client.ask(f"/legacy/{word}/c73/", {"Accept": "*/*"})
    missing = hosting.client.ask(f"/legacy/{word}/c73-never-uploaded/", {"Accept": "*/*"})

    assert there.status == 200
    assert there.media_type == "text/html"
    assert f">{package.filename}</a>" in there.text
    assert missing.status == 404


@pytest.mark.parametrize("slash", ["", "/"])
def test_c73_links_of_that_page_lead_to_files(hosting: Hosting, slash: str) -> None:
    """Although it stands elsewhere than the page whose copy it is."""
    package = make_wheel("c73-links", "1.0")
    hosting.upload(package)
    page = hosting.client.ask(f"/legacy/+simple/c73-links{slash}")

    base = re.search('<base href="([^"]+)">', page.text)
    link = re.search('<a href="([^"]+)"', page.text)

    assert base is not None
    assert link is not None
    url = urljoin(urljoin(page.url, base[1]), link[1])
    assert hosting.client.ask(url).body == package.content


@pytest.mark.parametrize("path", ["/simple/", "/simple/c67-wrong/", "/pypi/"])
def test_upload_to_the_wrong_address_is_told_the_right_one(hosting: Hosting, path: str) -> None:
    """The address for installers is what people try first."""
    answer = hosting.upload(C67, path=path)

    assert answer.status == 405
    assert "/legacy/" in answer.reason
    assert "/legacy/" in answer.text


@pytest.mark.parametrize("path", ["/legacy/x", "/legacy/+simple/c67-wrong/", "/nowhere/legacy/"])
def test_upload_below_the_address_is_absent(hosting: Hosting, path: str) -> None:
    """A mistyped address takes nothing."""
    answer = hosting.upload(C67, path=path)

    assert answer.status == 404
    assert hosting.page("c67-wrong").status == 404


@pytest.mark.parametrize("status", ["archived", "quarantined"])
def test_c77_project_that_takes_no_files_refuses_them(hosting: Hosting, status: str) -> None:
    """403 with the reason that somebody gave."""
    name = f"c77-{status}"
    assert hosting.upload(make_wheel(name, "1.0")).status == 200
    hosting.command("project", "status", name, status, "--reason", "moved to acme-next")

    said = refused(hosting, make_wheel(name, "2.0"), 403)

    assert status in said
    assert "moved to acme-next" in said


def test_second_sdist_of_a_release_is_refused(hosting: Hosting) -> None:
    """A release has one source."""
    sdist = make_sdist("one-source", "1.0")
    assert hosting.upload(sdist).status == 200

    refused(hosting, form_of(sdist).with_file(name="one_source-1.0.zip", content=zipped({})))

    assert hosting.filenames("one-source") == {sdist.filename}


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return stream.getvalue()


def wheel_without(*endings: str) -> bytes:
    """Return a wheel of which some members are missing."""
    with zipfile.ZipFile(io.BytesIO(A56.content)) as archive:
        names = [name for name in archive.namelist() if not name.endswith(endings)]
        return zipped({name: archive.read(name) for name in names})


def tarred(*paths: str, sparse: str = "") -> bytes:
    """Return a gzipped tar archive of small files; one of them may be sparse."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for path in paths:
            entry = tarfile.TarInfo(path)
            content = b"Metadata-Version: 2.1\nName: a56\nVersion: 1.0\n"
            entry.size = len(content)
            if path == sparse:
                entry.pax_headers = {
                    "GNU.sparse.major": "1",
                    "GNU.sparse.minor": "0",
                    "GNU.sparse.name": path,
                    "GNU.sparse.realsize": "1099511627776",
                }
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


A56 = make_wheel("a56", "1.0")
SDIST = make_sdist("a56", "1.0")
BOMB = zipped({"a56/zeros": bytes(80 * 2**20)})

FILENAMES = (
    "../a56-1.0-py3-none-any.whl",
    "/etc/a56-1.0-py3-none-any.whl",
    "..\\\\a56-1.0-py3-none-any.whl",
    "a/a56-1.0-py3-none-any.whl",
    "a56-1.0-py3-none-any.whl\x00.tar.gz",
    "a56-1.0-py3-none-any.whl\x7f",
    ".a56-1.0-py3-none-any.whl",
    "..",
    ".",
    "a56-1.0.tar_.gz",
    "a56-1.0.exe",
    "a56.whl",
    "a56-1.0-py3-none-any.whl.asc",
    "a56-1.0-x1-py3-none-any.whl",
    "a56-1.0-1-2-py3-none-any.whl",
    "other-1.0-py3-none-any.whl",
    "a56-1.1-py3-none-any.whl",
    "a56-1.0-py3-none-any.WHL",
    f"a56-1.0-py3-none-{'a' * 255}.whl",
)

ARCHIVES: dict[str, Callable[[], Form]] = {
    "no archive": lambda: form_of(A56).with_file(content=b"nothing of the kind"),
    "empty file": lambda: form_of(A56).with_file(content=b""),
    "zip bomb": lambda: form_of(A56).with_file(content=BOMB),
    "wheel without METADATA": lambda: form_of(A56).with_file(content=wheel_without("METADATA")),
    "wheel without WHEEL": lambda: form_of(A56).with_file(content=wheel_without("/WHEEL")),
    "wheel without RECORD": lambda: form_of(A56).with_file(content=wheel_without("/RECORD")),
    "wheel that RECORD does not know": lambda: form_of(A56).with_file(
        content=wheel_without("__init__.py")
    ),
    "wheel of another project": lambda: form_of(A56).with_file(
        content=make_wheel("b56", "1.0").content
    ),
    "wheel of another version": lambda: form_of(A56).with_file(
        content=make_wheel("a56", "1.1").content
    ),
    "wheel with data before it": lambda: form_of(A56).with_file(content=b"MZ" + A56.content),
    "wheel with data after it": lambda: form_of(A56).with_file(content=A56.content + b"x"),
    "wheel cut short": lambda: form_of(A56).with_file(content=A56.content[:-30]),
    "metadata 3.0": lambda: form_of(make_wheel("a56", "1.0", metadata_version="3.0")),
    "sdist without PKG-INFO": lambda: form_of(SDIST).with_file(content=tarred("a56-1.0/setup.py")),
    "sdist with two folders": lambda: form_of(SDIST).with_file(
        content=tarred("a56-1.0/PKG-INFO", "b56-1.0/PKG-INFO")
    ),
    "sdist that leaves its folder": lambda: form_of(SDIST).with_file(
        content=tarred("a56-1.0/PKG-INFO", "a56-1.0/../../etc/passwd")
    ),
    "sdist with a sparse member": lambda: form_of(SDIST).with_file(
        content=tarred("a56-1.0/PKG-INFO", "a56-1.0/hole", sparse="a56-1.0/hole")
    ),
    "sdist that is a zip": lambda: form_of(SDIST).with_file(content=A56.content),
}


@pytest.mark.parametrize("name", FILENAMES)
def test_a56_c85_file_name_that_is_wrong_is_refused(hosting: Hosting, name: str) -> None:
    """No path, no control character, no other project or version, no other kind of file."""
    refused(hosting, form_of(A56).with_file(name=name))

    assert hosting.filenames("a56") == set()


@pytest.mark.parametrize("name", ARCHIVES)
def test_a56_c84_archive_that_is_wrong_is_refused(hosting: Hosting, name: str) -> None:
    """Its digests are right; what is in it is not."""
    refused(hosting, ARCHIVES[name]())

    assert hosting.filenames("a56") == set()


def test_a56_refusals_leave_nothing_on_the_disk(hosting: Hosting) -> None:
    """The name is still free, and nothing of what was refused lies anywhere."""
    before = held(hosting)

    for name in ("no archive", "wheel without METADATA", "sdist without PKG-INFO"):
        refused(hosting, ARCHIVES[name]())
    refused(hosting, form_of(A56).with_values("sha256_digest", "0" * 64))

    assert held(hosting) == before


def held(hosting: Hosting) -> dict[str, int]:
    """Return the size of every file with contents of packages, whole or partial, by path."""
    paths = (path for path in hosting.data.rglob("*") if path.is_file())
    kept = (path for path in paths if {"blobs", "spool"} & {*path.parts})
    return {str(path): path.stat().st_size for path in kept}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_address_for_uploads_takes_only_uploads(hosting: Hosting, method: str) -> None:
    """Whoever opens it in a browser reads what it is for."""
    answer = hosting.client.ask("/legacy/", method=method)

    assert answer.status == 405
    assert "POST" in answer["allow"]
