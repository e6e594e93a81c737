"""Every route, method and kind of person, over HTTP, against a written table. G19, A-53, T36, T41.

`main` is an index for members. Of our own it has `acme` and `hidden`; `flask` is an upstream's and
held. The people have a token each, or something that is none.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import anyio
import pytest

from access.place import ACTOR
from contract.conformance.asking import JSON, Answer
from contract.conformance.hosting import PATIENCE_SECONDS, Hosting, hosting
from support.accounts import wheelyard
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from support.uploads import form_of
from wheelyard.access import Action
from wheelyard.access.keys import load_key
from wheelyard.access.tokens import make_token, read_token_id
from wheelyard.catalog import Catalog, open_catalog
from wheelyard.catalog.downloads import Counted
from wheelyard.catalog.people import GrantRow, NewUser
from wheelyard.catalog.tokens import TokenRow
from wheelyard.clock import SystemClock

pytestmark = pytest.mark.slow

READS = """
              list  acme  hidden  flask  unknown
nobody        401   401   401     401    401
wrong         401   401   401     401    401
revoked       401   401   401     401    401
stranger      404   404   404     404    404
elsewhere     404   404   404     404    404
reader        200   200   200     200    404
of-acme       200   200   404     404    404
of-group      200   200   404     404    404
uploader      200   200   200     200    404
up-acme       200   200   404     404    404
maintainer    200   200   200     200    404
manager       200   200   200     200    404
admin         200   200   200     200    404
admin-acme    200   200   404     404    404
admin-upload  404   404   404     404    404
"""
"""What is answered when a list, or a project's pages and files, are read."""

UPLOADS = """
              acme  hidden  unknown
nobody        401   401     401
wrong         401   401     401
revoked       401   401     401
stranger      403   403     403
elsewhere     403   403     403
reader        403   403     403
of-acme       403   403     403
of-group      403   403     403
uploader      400   400     400
up-acme       400   403     403
maintainer    400   400     400
manager       400   400     400
admin         400   400     400
admin-acme    400   403     403
admin-upload  400   400     400
"""
"""What is answered to a form without a file: 400 to whoever might have sent one."""

ROLES: Mapping[str, tuple[str, ...]] = {
    "stranger": (),
    "elsewhere": ("manager", "other"),
    "reader": ("reader", "main"),
    "of-acme": ("reader", "main", "acme"),
    "uploader": ("uploader", "main"),
    "up-acme": ("uploader", "", "acme"),
    "maintainer": ("maintainer",),
    "manager": ("manager", "main"),
}
TABLE = {
    name: (dict(zip(READS.split()[:5], reads, strict=True)), uploads)
    for (name, *reads), (_, *uploads) in zip(
        (line.split() for line in READS.strip().splitlines()[1:]),
        (line.split() for line in UPLOADS.strip().splitlines()[1:]),
        strict=True,
    )
}


@dataclass(frozen=True, slots=True)
class House:
    """A server, its upstream, and the credentials of everybody."""

    hosting: Hosting
    upstream: Simulator
    credentials: Mapping[str, Mapping[str, str]]
    files: Mapping[str, str] = field(default_factory=dict)

    def ask(self, who: str, path: str, method: str = "GET") -> Answer:
        """Return the answer to somebody."""
        fields = {"Accept": JSON, **self.credentials[who]}
        return self.hosting.client.ask(path, fields, method=method)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Run the server, make everybody, and fill it."""
    data = tmp_path_factory.mktemp("data")
    settings = {
        "INDEX__MAIN__READ": "members",
        "INDEX__OTHER__READ": "members",
        "INDEX__KEPT__FILL": "granted",
    }
    with running_simulator() as upstream:
        for name in ("flask", "numpy", "pandas", "scipy"):
            upstream.add(make_wheel(name, "1.0"))
        with hosting(upstream.url, data, settings) as server:
            yield fill(House(server, upstream, make_people(server)))


def make_people(server: Hosting) -> Mapping[str, Mapping[str, str]]:
    """Return the headers of everybody, made beside the server as commands make them."""
    tokens = {"admin": server.token, "wrong": f"wyd_{'0' * 16}_{'0' * 64}"}
    with open_catalog(server.data, SystemClock()) as catalog:
        tokens |= anyio.run(add_people, catalog, load_key(server.data))
    headers = {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}
    return {"nobody": {}, **headers}


async def add_people(catalog: Catalog, key: bytes) -> Mapping[str, str]:
    """Add everybody and return a token of each; there is an administrator already.

    Something was taken of each project, long enough ago to be told.
    """
    tokens: dict[str, str] = {}
    day = (datetime.now(UTC) - timedelta(days=3)).date()
    taken = [
        Counted(day, "main", name, f"{name}-1.0-py3-none-any.whl", "pip/24.0", 1)
        for name in ("acme", "hidden", "flask")
    ]
    await catalog.downloads.add(taken, most_agents=9)

    async def add_token(
        who: str, user: str, project: str = "", actions: Iterable[str] = Action
    ) -> None:
        new = make_token(key)
        row = TokenRow(new.id, user, new.digest, project=project, actions=tuple(actions))
        await catalog.tokens.add(row, ACTOR)
        tokens[who] = new.text

    for name, role in ROLES.items():
        await catalog.people.add_user(NewUser(name), ACTOR)
        if role:
            await catalog.people.grant(GrantRow(name, *role), ACTOR)
        await add_token(name, name)
    await catalog.people.add_user(NewUser("member"), ACTOR)
    await catalog.people.add_group("team", ["member"], ACTOR)
    await catalog.people.grant(GrantRow("team", "reader", "", "acme"), ACTOR)
    await add_token("of-group", "member")
    await add_token("admin-acme", "root", project="acme")
    await add_token("admin-upload", "root", actions=["upload"])
    await add_token("revoked", "root")
    await catalog.tokens.revoke(str(read_token_id(tokens["revoked"])), ACTOR)
    return tokens


def fill(house: House) -> House:
    """Publish two projects, and have one fetched."""
    files: dict[str, str] = {}
    for name in ("acme", "hidden"):
        answer = house.hosting.upload(make_wheel(name, "1.0"))
        assert answer.status == 200, answer.body
    for name in ("acme", "hidden", "flask"):
        page = house.ask("admin", f"/simple/{name}/")
        (listed,) = page.json()["files"]
        files[name] = urlsplit(page.file(listed["filename"])["url"]).path
        assert house.ask("admin", files[name]).status == 200
    files["unknown"] = files["acme"].replace("acme", "unknown")
    return House(house.hosting, house.upstream, house.credentials, files)


def routes(house: House) -> Iterator[tuple[str, str]]:
    """Yield each path that is read, with the column of the table that says what comes of it."""
    for path in ("/simple/", "/+links/"):
        yield path, "list"
    for name in ("acme", "hidden", "flask", "unknown"):
        yield f"/simple/{name}/", name
        yield house.files[name], name
        yield f"{house.files[name]}.metadata", name
        yield f"/pypi/{name}/json", name
        yield f"/pypi/{name}/1.0/json", name
        yield f"/legacy/+simple/{name}/", name
        yield f"/-/api/packages/{name}/overall", name
    yield "/integrity/unknown/1.0/unknown-1.0-py3-none-any.whl/provenance", "unknown"


@pytest.mark.parametrize("who", TABLE)
def test_reading_is_as_the_policy_says(house: House, who: str) -> None:
    """Each route, with both methods."""
    wrong = []
    for path, column in routes(house):
        for method in ("GET", "HEAD"):
            answer = house.ask(who, path, method)
            if str(answer.status) != TABLE[who][0][column]:
                wrong.append((method, path, answer.status, TABLE[who][0][column]))

    assert wrong == []


@pytest.mark.parametrize("who", TABLE)
def test_uploading_is_as_the_policy_says(house: House, who: str) -> None:
    """To a project of ours, and to a new one."""
    found = []
    for name in ("acme", "hidden", "brand-new"):
        form = form_of(make_wheel(name, "2.0")).without("content")
        found.append(str(house.hosting.upload(form, house.credentials[who]).status))

    assert found == TABLE[who][1]


@pytest.mark.parametrize("who", ["of-acme", "of-group", "up-acme", "admin-acme"])
def test_lists_hold_what_can_be_read(house: House, who: str) -> None:
    """And nothing else shows its name anywhere."""
    names = {entry["name"] for entry in house.ask(who, "/simple/").json()["projects"]}
    links = house.ask(who, "/+links/").text

    assert names == {"acme"}
    assert "acme-1.0" in links
    assert "hidden" not in links + json.dumps(sorted(names))
    assert "flask" not in links


@pytest.mark.parametrize("who", ["stranger", "of-acme", "up-acme", "admin-upload"])
def test_what_may_not_be_read_is_answered_as_what_is_not_there(house: House, who: str) -> None:
    """The same bytes and headers but for the name and the moment: threats T36 and T37."""
    pages = ("/simple/{}/", "/pypi/{}/json", "/legacy/+simple/{}/", "/-/api/packages/{}/recent")
    paths = (*pages, "FILE", "FILE.metadata")
    for path in paths:
        answers = []
        for name in ("hidden", "unknown"):
            target = path.replace("FILE", house.files[name]).format(name)
            answer = house.ask(who, target)
            headers = {key: value for key, value in answer.headers if key != "date"}
            length = int(headers.pop("content-length")) - answer.body.count(name.encode())
            body = answer.body.replace(house.files[name].encode(), b"FILE")
            answers.append((answer.status, headers, body.replace(name.encode(), b"NAME"), length))
        (hidden, unknown) = answers

        assert hidden[:3] == unknown[:3], path
        assert hidden[0] == 404


@pytest.mark.parametrize("name", ["HIDDEN", "UNKNOWN", "ACME"])
def test_right_spelling_is_told_of_any_name(house: House, name: str) -> None:
    """Also of one that may not be read; so it says nothing about what is there."""
    answer = house.ask("of-acme", f"/simple/{name}/")

    assert answer.status == 301
    assert answer["location"].endswith(f"{name.lower()}/")
    assert house.ask("nobody", f"/simple/{name}/").status == 401


@pytest.mark.parametrize("who", ["reader", "of-acme", "admin"])
def test_answer_to_a_member_is_for_them_alone(house: House, who: str) -> None:
    """No cache on the way may give it to anybody else: threat T35."""
    counts = "/-/api/packages/acme/overall"
    for path in ("/simple/", "/simple/acme/", "/pypi/acme/json", house.files["acme"], counts):
        answer = house.ask(who, path)

        assert answer.status == 200
        assert "private" in answer["cache-control"], path
        assert "public" not in answer["cache-control"], path


def test_nobody_upstream_hears_of_what_may_not_be_read(house: House) -> None:
    """Neither a name nor a file: A-58. Whoever may read it has it fetched."""
    for who in ("nobody", "wrong", "stranger", "of-acme", "admin-upload"):
        for path in ("/simple/pandas/", "/pypi/pandas/json", "/legacy/+simple/pandas/"):
            house.ask(who, path)
    assert house.upstream.count("/simple/pandas/") == 0
    assert house.upstream.count("/pypi/pandas/*") == 0

    assert house.ask("reader", "/simple/pandas/").status == 200
    assert house.upstream.count("/simple/pandas/") > 0


def test_a58_who_may_not_fill_gets_what_is_held_alone(house: House) -> None:
    """And nobody upstream hears of the rest, until somebody asks who may have it fetched."""
    held, unknown = (house.ask("nobody", f"/kept/simple/{name}/") for name in ("flask", "scipy"))

    assert (held.status, unknown.status) == (200, 404)
    assert house.upstream.count("/simple/scipy/") == 0
    assert house.ask("admin", "/kept/simple/scipy/").status == 200
    assert house.upstream.count("/simple/scipy/") > 0


def test_reader_of_one_project_has_it_fetched(house: House) -> None:
    """Where all readers may: a role in one project is enough for that project."""
    wheelyard(house.hosting.data, "role", "grant", "stranger", "reader", "--project", "numpy")

    answer = house.ask("stranger", "/simple/numpy/")

    wheelyard(house.hosting.data, "role", "revoke", "stranger", "reader", "--project", "numpy")
    assert answer.status == 200
    assert house.ask("stranger", "/simple/numpy/").status == 404


def test_token_that_ends_during_an_upload_publishes_nothing(house: House) -> None:
    """The rights that count are those at the end of it: threats T43 and T44."""
    server = house.hosting
    with open_catalog(server.data, SystemClock()) as catalog:
        token = anyio.run(add_late_token, catalog, load_key(server.data))
        content_type, body = form_of(make_wheel("acme", "3.0")).render()
        fields = {
            "Authorization": f"Bearer {token}",
            "Content-Type": content_type,
            "Content-Length": str(len(body)),
        }
        with server.connected() as connection:
            connection.sendall(server.client.render("/legacy/", fields, method="POST"))
            connection.sendall(body[:-100])
            wait_until_used(catalog, token)
            anyio.run(catalog.tokens.revoke, str(read_token_id(token)), ACTOR)
            connection.sendall(body[-100:])
            answer = server.client.read(connection, "/legacy/", method="POST")

    assert answer.status == 401
    listed = house.ask("admin", "/simple/acme/").json()
    assert "3.0" not in listed["versions"]


async def add_late_token(catalog: Catalog, key: bytes) -> str:
    """Return a new token of the administrator."""
    new = make_token(key)
    row = TokenRow(new.id, "root", new.digest, actions=tuple(Action))
    await catalog.tokens.add(row, ACTOR)
    return new.text


def wait_until_used(catalog: Catalog, token: str) -> None:
    """Wait until the server has recognised a token, and so let the upload begin."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    number = str(read_token_id(token))
    while (shown := catalog.bearers.token_now(number)) is None or shown.last_used_at is None:
        assert time.monotonic() < deadline
