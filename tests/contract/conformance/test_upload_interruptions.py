"""Uploads that end too early, and two at once: C-80, C-81, C-82, A-55 and F73."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract.conformance.asking import Answer, Client
from contract.conformance.hosting import PATIENCE_SECONDS, Hosting, basic
from contract.conformance.hosting import hosting as hosting_on
from support.accounts import new_administrator
from support.packages import make_wheel
from support.server import running_server
from support.simulator import Simulator
from support.uploads import Form, form_of

LARGE_BYTES = 3 * 2**20


def render(hosting: Hosting, form: Form, *, path: str = "/legacy/") -> bytes:
    """Return a whole request."""
    content_type, body = form.render()
    fields = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        **basic("__token__", hosting.token),
    }
    return hosting.client.render(path, fields, method="POST") + body


def unfinished(data: Path) -> list[Path]:
    """Return every partial file in the store."""
    return [path for path in data.rglob("*") if path.is_file() and "spool" in path.parts]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999], ids=["a tenth", "half", "nearly all"])
def test_f73_client_that_leaves_has_uploaded_nothing(hosting: Hosting, share: float) -> None:
    """Nothing is committed, nothing is left behind, and the name is not used up."""
    package = make_wheel(f"f73-{int(share * 1000)}", "1.0", payload_bytes=LARGE_BYTES)
    request = render(hosting, form_of(package))
    before = set(unfinished(hosting.data))

    with hosting.connected() as connection:
        connection.sendall(request[: int(len(request) * share)])

    hosting.client.until("/-/live", lambda _: set(unfinished(hosting.data)) <= before)
    assert hosting.page(package.name).status == 404
    assert hosting.upload(package).status == 200
    assert hosting.filenames(package.name) == {package.filename}


def test_f73_body_that_ends_early_is_no_upload(hosting: Hosting) -> None:
    """A body without its last boundary may be half a file, even if its length is right."""
    package = make_wheel("f73-boundary", "1.0")
    content_type, body = form_of(package).render()
    fields = {"Content-Type": content_type, **basic("__token__", hosting.token)}

    answer = hosting.send("/legacy/", fields, body[: body.rindex(b"\r\n--")])

    assert answer.status == 400
    assert hosting.page("f73-boundary").status == 404


def at_once(hosting: Hosting, forms: Sequence[Form]) -> list[Answer]:
    """Send requests of which the last bytes go out together; return their answers in order."""
    starting_line = threading.Barrier(len(forms), timeout=PATIENCE_SECONDS)

    def send(form: Form) -> Answer:
        request = render(hosting, form)
        with hosting.connected() as connection:
            connection.sendall(request[:-100])
            starting_line.wait()
            connection.sendall(request[-100:])
            return hosting.client.read(connection, method="POST")

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(send, forms))


def test_c81_a55_one_of_two_uploads_wins(hosting: Hosting) -> None:
    """Other bytes under one name at the same time: one is published, the other is told so."""
    packages = [make_wheel("c81", "1.0", payload_bytes=size) for size in range(100, 104)]

    answers = at_once(hosting, [form_of(package) for package in packages])

    (won,) = [i for i, answer in enumerate(answers) if answer.status == 200]
    lost = [answer for answer in answers if answer.status != 200]
    assert {answer.status for answer in lost} == {400}
    assert all("File already exists" in answer.text for answer in lost)
    file = hosting.client.page("c81").file(packages[won].filename)
    assert file["hashes"]["sha256"] == packages[won].sha256
    assert hosting.client.ask(file["url"]).body == packages[won].content


def test_f73_same_upload_twice_at_once_succeeds_twice(hosting: Hosting) -> None:
    """A client that gave up waiting and tried again gets no error for it."""
    package = make_wheel("f73-twice", "1.0")

    answers = at_once(hosting, [form_of(package)] * 3)

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len(hosting.client.page("f73-twice").json()["files"]) == 1


def test_c81_files_of_one_new_project_may_come_at_once(hosting: Hosting) -> None:
    """Both clients make the project; neither is told that it exists."""
    packages = [make_wheel("c81-new", f"{number}.0") for number in range(4)]

    answers = at_once(hosting, [form_of(package) for package in packages])

    assert [answer.status for answer in answers] == [200] * 4
    assert hosting.filenames("c81-new") == {package.filename for package in packages}


def test_c82_upload_over_the_limit_is_refused_before_it_is_sent(hosting: Hosting) -> None:
    """The length is enough to know; the sentence names the limit and the setting."""
    content_type, _ = form_of(make_wheel("c82", "1.0")).render()
    fields = {
        "Content-Type": content_type,
        "Content-Length": str(2**50),
        **basic("__token__", hosting.token),
    }

    with hosting.connected() as connection:
        connection.sendall(hosting.client.render("/legacy/", fields, method="POST"))
        answer = hosting.client.read(connection, method="POST")

    assert answer.status in {400, 413}
    assert "max_file_bytes" in answer.text


@pytest.fixture(scope="module")
def narrow(upstream: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """A server behind a proxy that it trusts, which takes small files only."""
    settings = {
        "UPLOAD__MAX_FILE_BYTES": str(LARGE_BYTES // 3),
        "SERVER__TRUSTED_PROXIES": "127.0.0.1",
    }
    with hosting_on(upstream.url, tmp_path_factory.mktemp("narrow"), settings) as found:
        yield found


def test_c82_upload_of_unknown_length_is_cut_at_the_limit(narrow: Hosting) -> None:
    """Its client gets the sentence although it has sent on meanwhile, and nothing is kept."""
    package = make_wheel("c82-chunks", "1.0", payload_bytes=LARGE_BYTES)
    content_type, body = form_of(package).render()
    fields = {
        "Content-Type": content_type,
        "Transfer-Encoding": "chunked",
        **basic("__token__", narrow.token),
    }

    with narrow.connected() as connection:
        head = narrow.client.render("/legacy/", fields, method="POST")
        connection.sendall(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        answer = narrow.client.read(connection, method="POST")

    assert answer.status in {400, 413}
    assert "max_file_bytes" in answer.text
    assert unfinished(narrow.data) == []
    assert narrow.page("c82-chunks").status == 404


@pytest.mark.parametrize(("scheme", "status"), [("http", 403), ("https", 200)])
def test_upload_from_elsewhere_needs_tls(narrow: Hosting, scheme: str, status: int) -> None:
    """Over plain HTTP anybody on the way could read the token; from this machine nobody can."""
    fields = {
        **basic("__token__", narrow.token),
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Proto": scheme,
    }

    answer = narrow.upload(make_wheel("elsewhere", "1.0"), fields)

    assert answer.status == status, answer.body
    assert (status == 200) or ("HTTPS" in answer.text)


def test_c80_server_that_dies_in_an_upload_has_published_nothing(
    upstream: Simulator, tmp_path: Path
) -> None:
    """After `kill -9` and a new start the file is nowhere, and the same upload succeeds.

    What was acknowledged before is still there.
    """
    data = tmp_path / "data"
    data.mkdir()
    package = make_wheel("c80", "2.0", payload_bytes=LARGE_BYTES)
    token = new_administrator(data)
    with running_server(data, upstreams=[upstream.url]) as server:
        hosting = Hosting(Client(f"{server.base_url}/"), data, token)
        assert hosting.upload(make_wheel("c80", "1.0")).status == 200
        with hosting.connected() as connection:
            connection.sendall(render(hosting, form_of(package))[:-1000])
            hosting.client.until("/-/live", lambda _: bool(unfinished(data)))
            server.kill()

    with running_server(data, upstreams=[upstream.url]) as server:
        again = Hosting(Client(f"{server.base_url}/"), data, token)
        found = again.filenames("c80")
        answer = again.upload(package)

        assert found == {"c80-1.0-py3-none-any.whl"}
        assert answer.status == 200, answer.body
        assert again.filenames("c80") == {*found, package.filename}
