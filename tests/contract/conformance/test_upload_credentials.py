"""Who may upload, and how a client says who it is: C-78, C-79 and A-54."""

from collections.abc import Iterator

import pytest

from contract.conformance.hosting import Hosting, basic
from support.accounts import add_user, new_token
from support.packages import make_wheel
from support.uploads import form_of

PASSWORD = "pässword: with a colon"


@pytest.fixture(scope="module")
def member(hosting: Hosting) -> str:
    """A user who may upload to one project."""
    add_user(hosting.data, "maria", password=PASSWORD)
    hosting.command("role", "grant", "maria", "uploader", "--project", "c79")
    return "maria"


@pytest.fixture(scope="module")
def token(hosting: Hosting, member: str) -> str:
    """A token of that user, with all that she may do."""
    return new_token(hosting.data, member)


@pytest.fixture(scope="module")
def versions() -> Iterator[str]:
    """Versions that nobody has used."""
    return (f"{number}.0" for number in range(1, 1_000))


FORMS = {
    "basic": lambda token: basic("__token__", token),
    "basic, with a line end": lambda token: basic("__token__", f"{token}\n"),
    "basic, with white space": lambda token: basic("__token__", f" \t{token} \r\n"),
    "token": lambda token: {"Authorization": f"token {token}"},
    "Token": lambda token: {"Authorization": f"Token {token}"},
    "Bearer": lambda token: {"Authorization": f"Bearer {token}"},
    "bearer": lambda token: {"Authorization": f"bearer {token}"},
    "Bearer, with spaces": lambda token: {"Authorization": f"Bearer   {token}  "},
    "small basic": lambda token: {
        "authorization": basic("__token__", token)["Authorization"].replace("Basic", "basic")
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_c79_token_is_known_in_every_form(
    hosting: Hosting, token: str, versions: Iterator[str], form: str
) -> None:
    """As the user `__token__`, and as both schemes that PyPI knows; white space does not count."""
    answer = hosting.upload(make_wheel("c79", next(versions)), FORMS[form](token))

    assert answer.status == 200, answer.body


def test_c79_name_and_password_are_known(
    hosting: Hosting, member: str, versions: Iterator[str]
) -> None:
    """For whoever has no token yet; letters of any kind, and colons, may be in a password."""
    answer = hosting.upload(make_wheel("c79", next(versions)), basic(member, PASSWORD))

    assert answer.status == 200, answer.body


NOBODY: dict[str, dict[str, str]] = {
    "nothing": {},
    "empty": {"Authorization": ""},
    "wrong token": basic("__token__", "wy-0000000000000000"),
    "token of PyPI": basic("__token__", "pypi-AgEIcHlwaS5vcmc"),
    "empty token": basic("__token__", ""),
    "wrong password": basic("maria", "wrong"),
    "empty password": basic("maria", ""),
    "unknown user": basic("nobody", "correct horse battery"),
    "old default": basic("admin", "admin"),
    "user of devpi": basic("root", ""),
    "not Base64": {"Authorization": "Basic §§§"},
    "no colon": {"Authorization": "Basic YWJj"},
    "other scheme": {"Authorization": "Digest username=maria"},
    "bearer of nothing": {"Authorization": "Bearer"},
    "very long": basic("__token__", "pypi-" + "A" * 24_000),
}


@pytest.mark.parametrize("credentials", NOBODY)
@pytest.mark.usefixtures("member")
def test_c78_a54_who_is_nobody_is_asked_who_she_is(hosting: Hosting, credentials: str) -> None:
    """401 with `WWW-Authenticate`, and the same words for a wrong name and a wrong password."""
    answer = hosting.upload(make_wheel("c78", "1.0"), NOBODY[credentials])

    assert answer.status == 401, answer.body
    assert answer["www-authenticate"].startswith("Basic realm=")
    assert hosting.page("c78").status == 404


def test_c78_every_failure_sounds_the_same(hosting: Hosting, member: str) -> None:
    """Nobody learns from an answer which names exist."""
    known, unknown, wrong = (
        hosting.upload(make_wheel("c78", "1.0"), basic(user, "wrong-password"))
        for user in (member, "nobody-at-all", "__token__")
    )

    assert known.text == unknown.text == wrong.text
    assert known.reason == unknown.reason == wrong.reason


def test_c78_user_without_the_right_is_refused(hosting: Hosting, token: str) -> None:
    """403: we know her, and she may not."""
    answer = hosting.upload(make_wheel("c78-other", "1.0"), basic("__token__", token))

    assert answer.status == 403, answer.body
    assert hosting.page("c78-other").status == 404


@pytest.mark.parametrize(
    "words",
    [("--project", "c78-other"), ("--action", "read"), ("--index", "other")],
    ids=["project", "action", "index"],
)
def test_c78_token_for_something_else_is_refused(
    hosting: Hosting, words: tuple[str, ...], versions: Iterator[str]
) -> None:
    """A token narrows what its user may do, even if she may do everything."""
    narrow = new_token(hosting.data, "root", *words)

    answer = hosting.upload(make_wheel("c79", next(versions)), basic("__token__", narrow))

    assert answer.status == 403, answer.body


def test_c78_token_of_the_project_is_enough(hosting: Hosting, versions: Iterator[str]) -> None:
    """Scoped to project and action, in another spelling of the name."""
    narrow = new_token(hosting.data, "root", "--project", "C79", "--action", "upload")

    answer = hosting.upload(make_wheel("c79", next(versions)), basic("__token__", narrow))

    assert answer.status == 200, answer.body


@pytest.mark.parametrize("credentials", ["nothing", "wrong token"])
def test_c78_large_upload_of_nobody_gets_its_answer(hosting: Hosting, credentials: str) -> None:
    """Clients send everything before they look; a connection cut at once would hide the reason."""
    package = make_wheel("c78-large", "1.0", payload_bytes=24 * 2**20)

    answer = hosting.upload(form_of(package), NOBODY[credentials])

    assert answer.status == 401
    assert hosting.page("c78-large").status == 404


def test_c78_client_that_waits_sends_nothing(hosting: Hosting) -> None:
    """With `Expect: 100-continue` the refusal comes instead of the 100."""
    content_type, body = form_of(make_wheel("c78", "1.0")).render()
    fields = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Expect": "100-continue",
    }

    with hosting.connected() as connection:
        connection.sendall(hosting.client.render("/legacy/", fields, method="POST"))
        status_line = connection.makefile("rb").readline()

    assert status_line.startswith(b"HTTP/1.1 401 ")
