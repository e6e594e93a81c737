"""Uploads that are right, however a client words them: C-63 to C-68, C-74, C-75, C-79 and C-86."""

import hashlib
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from contract.conformance.asking import JSON, Answer
from contract.conformance.hosting import Hosting, basic
from support.packages import Package, make_sdist, make_wheel
from support.uploads import DIGESTS, Form, form_of

USER_AGENTS = (
    "twine/7.0.0 CPython/3.11.7",
    "uv/0.13.8",
    "python-requests/2.34.2",
    "Mozilla/5.0 (X11; Linux x86_64)",
    "pip/26.3",
    "",
)

MEDIA_TYPES = (None, "application/octet-stream", "application/zip", "x/y")
MAKERS: dict[str, Callable[..., Package]] = {"wheel": make_wheel, "sdist": make_sdist}


def accepted(hosting: Hosting, what: Form | Package, path: str = "/legacy/") -> Answer:
    """Return the answer to an upload that must succeed."""
    answer = hosting.upload(what, path=path)
    # What is worth a warning stands in the body, such as a name that is nearly another one.
    assert answer.status == 200, answer.body
    return answer


@pytest.mark.parametrize("kind", MAKERS)
def test_c63_upload_shows_at_once_with_everything_an_installer_needs(
    hosting: Hosting, kind: str
) -> None:
    """After a 200 the next page has the file, its hash and size, and the file has its bytes."""
    name = f"c63-{kind}"
    package = MAKERS[kind](name, "1.0", requires_python=">=3.8")

    accepted(hosting, package)
    page = hosting.client.page(name)

    file = page.file(package.filename)
    assert file["hashes"]["sha256"] == package.sha256
    assert file["size"] == package.size
    assert file["requires-python"] == ">=3.8"
    assert file["upload-time"].endswith("Z")
    assert page.json()["versions"] == ["1.0"]
    answer = hosting.client.ask(file["url"])
    assert answer.body == package.content
    if package.metadata is not None:
        metadata = hosting.client.ask(urlsplit(file["url"]).path + ".metadata")
        assert metadata.body == package.metadata
        assert file["core-metadata"] == {"sha256": hashlib.sha256(metadata.body).hexdigest()}


@pytest.mark.parametrize("path", ["/legacy/", "/legacy", "/main/legacy/", "/main/legacy", "/"])
def test_c64_upload_needs_no_redirect(hosting: Hosting, path: str) -> None:
    """With and without the final slash, at the root, and at the index by its name."""
    name = f"c64-{path.strip('/').replace('/', '-') or 'root'}-{path.count('/')}"

    accepted(hosting, make_wheel(name, "1.0"), path=path)

    assert hosting.page(name).status == 200


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_c65_file_may_be_of_any_type_or_of_none(hosting: Hosting, media_type: str | None) -> None:
    """Clients such as uv and flit say nothing about what they send."""
    package = make_wheel(f"c65-{MEDIA_TYPES.index(media_type)}", "1.0")

    accepted(hosting, form_of(package).with_file(media_type=media_type))

    assert hosting.filenames(package.name) == {package.filename}


@pytest.mark.parametrize("digest", DIGESTS)
def test_c67_one_digest_is_enough(hosting: Hosting, digest: str) -> None:
    """No client sends fewer, and some lack one or the other."""
    package = make_wheel(f"c67-{digest.replace('_', '-')}", "1.0")

    accepted(hosting, form_of(package, digests=[digest]))

    assert hosting.filenames(package.name) == {package.filename}


def test_c67_digest_in_capitals_is_the_same_digest(hosting: Hosting) -> None:
    """Hex digits have no case."""
    package = make_wheel("c67-capitals", "1.0")

    accepted(hosting, form_of(package, digests=[]).with_values(DIGESTS[1], package.sha256.upper()))

    assert hosting.filenames(package.name) == {package.filename}


def test_c68_same_bytes_again_are_no_change(hosting: Hosting) -> None:
    """A job that runs twice is green twice, and nothing is told to anybody."""
    package = make_wheel("c68", "1.0")
    accepted(hosting, package)
    before = hosting.client.page("c68")

    accepted(hosting, package)

    after = hosting.client.page("c68")
    assert (after.body, after["etag"]) == (before.body, before["etag"])


def test_c74_repeated_fields_are_kept_and_empty_ones_are_not(hosting: Hosting) -> None:
    """What is in the archive counts; a form that is half empty says nothing against it."""
    classifiers = ["Topic :: Utilities", "Programming Language :: Python :: 3"]
    fields = [*(("Classifier", each) for each in classifiers), ("Home-page", "UNKNOWN")]
    package = make_wheel("c74", "1.0", fields=fields)
    form = form_of(package).with_values("classifiers", *classifiers)
    for name in ("author", "home_page", "requires_python", "license", "comment", "keywords"):
        form = form.with_values(name, "")

    accepted(hosting, form.with_values("home_page", "UNKNOWN"))

    info = hosting.client.ask("/pypi/c74/json").json()["info"]
    assert info["classifiers"] == classifiers
    assert info["home_page"] in {None, ""}


@pytest.mark.parametrize("spelling", ["import_name", "import_names"])
def test_c75_fields_may_be_spelled_either_way(hosting: Hosting, spelling: str) -> None:
    """As PyPI has it, as uv and poetry have it, and pdm's plural of an extra."""
    fields = [("Import-Name", "acme"), ("Import-Namespace", "acme_things")]
    name = spelling.replace("_", "-")
    package = make_wheel(f"c75-{name}", "1.0", metadata_version="2.5", fields=fields)
    form = form_of(package).with_values("metadata_version", "2.5").with_values(spelling, "acme")
    plural = "s" if spelling.endswith("s") else ""
    form = form.with_values(f"import_namespace{plural}", "acme_things")

    accepted(hosting, form.with_values(f"provides_extra{plural}", "x"))

    assert hosting.filenames(package.name) == {package.filename}


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3", "2.4", "2.5", "2.6"])
def test_c86_every_metadata_of_today_is_accepted(hosting: Hosting, version: str) -> None:
    """A wheel and an sdist each; the form may be older than the archive, as flit's is."""
    name = f"c86-{version.replace('.', '-')}"
    for make in MAKERS.values():
        package = make(name, "1.0", metadata_version=version)
        accepted(hosting, form_of(package).with_values("metadata_version", "2.3"))

    assert len(hosting.filenames(name)) == 2


def test_c85_local_version_is_accepted(hosting: Hosting) -> None:
    """PyPI refuses it; a team builds `1.0+debian1` for itself."""
    package = make_wheel("c85-local", "1.0+team.1")

    accepted(hosting, package)

    assert hosting.client.page("c85-local").json()["versions"] == ["1.0+team.1"]


def test_fields_may_come_in_any_order(hosting: Hosting) -> None:
    """The order of poetry is another at each start, and nobody promised that the file is last."""
    package = make_wheel("any-order", "1.0")

    accepted(hosting, form_of(package).reversed())

    assert hosting.filenames("any-order") == {package.filename}


def test_name_in_the_form_may_be_spelled_differently(hosting: Hosting) -> None:
    """Names are compared as PEP 503 has it, versions as PEP 440 does."""
    package = make_wheel("Spelled.Differently", "1.0")
    form = form_of(package).with_values("name", "spelled_differently").with_values("version", "1.0")

    accepted(hosting, form)

    assert hosting.filenames("spelled-differently") == {package.filename}


@pytest.mark.parametrize("user_agent", USER_AGENTS)
def test_answer_does_not_depend_on_the_client(hosting: Hosting, user_agent: str) -> None:
    """No client is known by its name."""
    package = make_wheel(f"user-agent-{USER_AGENTS.index(user_agent)}", "1.0")
    fields = {**basic("__token__", hosting.token), "User-Agent": user_agent}

    first = hosting.upload(package, fields)
    other = hosting.upload(make_wheel(package.name, "1.0", payload_bytes=10), fields)

    assert first.status == 200
    assert other.status == 400
    assert "already exist" in other.reason.lower()


def test_body_may_come_in_chunks(hosting: Hosting) -> None:
    """Without a length, in pieces that end in the middle of a boundary. Source: RFC 9112, 7.1."""
    package = make_wheel("chunked", "1.0")
    content_type, body = form_of(package).render()
    pieces = [body[start : start + 37] for start in range(0, len(body), 37)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    fields = {
        "Content-Type": content_type,
        "Transfer-Encoding": "chunked",
        **basic("__token__", hosting.token),
    }

    with hosting.connected() as connection:
        head = hosting.client.render("/legacy/", fields, method="POST")
        connection.sendall(head + chunks)
        answer = hosting.client.read(connection, method="POST")

    assert answer.status == 200, answer.body
    assert hosting.filenames("chunked") == {package.filename}


def test_client_may_wait_until_it_is_told_to_go_on(hosting: Hosting) -> None:
    """`Expect: 100-continue`: first 100, and after the body 200. Source: RFC 9110, 10.1.1."""
    package = make_wheel("expects", "1.0")
    content_type, body = form_of(package).render()
    fields = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Expect": "100-continue",
        **basic("__token__", hosting.token),
    }

    with hosting.connected() as connection:
        connection.sendall(hosting.client.render("/legacy/", fields, method="POST"))
        interim = b""
        while not interim.endswith(b"\r\n\r\n"):
            interim += connection.recv(1)
        connection.sendall(body)
        answer = hosting.client.read(connection, method="POST")

    assert interim.startswith(b"HTTP/1.1 100 ")
    assert answer.status == 200, answer.body


def test_two_uploads_on_one_connection_are_two_uploads(hosting: Hosting) -> None:
    """A client that keeps its connection is not cut off after a success or a refusal."""
    packages = (
        make_wheel("kept-connection", "1.0"),
        make_wheel("kept-connection", "1.0", payload_bytes=9),
        make_wheel("kept-connection", "2.0"),
    )
    statuses = []

    with hosting.connected() as connection:
        for package in packages:
            content_type, body = form_of(package).render()
            head = {
                "Content-Type": content_type,
                "Content-Length": str(len(body)),
                **basic("__token__", hosting.token),
            }
            connection.sendall(hosting.client.render("/legacy/", head, method="POST") + body)
            statuses.append(hosting.client.read(connection, method="POST").status)

    assert statuses == [200, 400, 200]


def test_hosted_project_is_in_the_list(hosting: Hosting) -> None:
    """The root page names it beside those of the upstream."""
    accepted(hosting, make_wheel("Listed.Project", "1.0"))

    listed = hosting.client.ask("/simple/", {"Accept": JSON}).json()["projects"]

    assert "Listed.Project" in {project["name"] for project in listed}
