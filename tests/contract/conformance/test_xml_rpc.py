"""C-95, C-96, A-41: XML-RPC of a real server, asked by the standard library's own client."""

import base64
import xmlrpc.client
from typing import Any

import pytest

from contract.conformance.asking import JSON, Client
from contract.conformance.hosting import Hosting, basic
from contract.conformance.serving import Site
from support.packages import make_sdist, make_wheel

XML = {"Content-Type": "text/xml"}


def proxy(client: Client, path: str = "/pypi", token: str = "") -> xmlrpc.client.ServerProxy:
    """Return the standard library's client of an address of the server."""
    host, port = client.address
    pair = base64.b64encode(f"__token__:{token}".encode()).decode()
    headers = [("Authorization", f"Basic {pair}")] if token else []
    return xmlrpc.client.ServerProxy(
        f"http://{host}:{port}{path}", allow_none=True, use_builtin_types=True, headers=headers
    )


def serials_of(client: Client) -> dict[str, int]:
    """Return what the root page tells."""
    root = client.ask("/simple/", {"Accept": JSON}).json()
    return {
        each["name"]: each["_last-serial"] for each in root["projects"] if "_last-serial" in each
    }


def told_at_once(client: Client, path: str) -> tuple[Any, ...]:
    """Return what the root page and each call tell of the same moment.

    A list that has just expired is given out once more and renewed behind, maybe in between.
    """
    for _ in range(10):
        before = serials_of(client)
        with proxy(client, path) as server:
            listed: Any = server.list_packages_with_serial()
            last: Any = server.changelog_last_serial()
            told = (listed, last, server.changelog_since_serial(0))
            nothing: Any = server.changelog_since_serial(last)
        if before == serials_of(client):
            return (before, *told, nothing)
    raise AssertionError("the list changes all the time")


@pytest.mark.parametrize("path", ["/pypi", "/pypi/", "/RPC2", "/main/pypi"])
def test_c95_lists_tell_the_serials_of_the_doors(troubled: Site, path: str) -> None:
    """As the root page does; types and order as PyPI has them."""
    name = f"called-{path.strip('/').replace('/', '-').lower()}"
    troubled.upstream.add(make_wheel(name, "1.0"))

    serials, listed, last, changes, nothing = told_at_once(troubled.client, path)

    assert listed == serials
    assert type(last) is int
    assert [row[-1] for row in changes] == sorted(listed.values())
    assert all(
        [type(value) for value in row] == [str, type(None), int, str, int] for row in changes
    )
    assert nothing == []


def test_c94_c95_journal_of_our_own_is_told_in_the_order_of_its_serials(hosting: Hosting) -> None:
    """An upload, a yank, and what is deleted: each is the news of its project."""
    with proxy(hosting.client, "/hosted/pypi") as server:
        start: Any = server.changelog_last_serial()
        assert hosting.upload(make_wheel("called-own", "1.0")).status == 200
        assert hosting.upload(make_sdist("called-own", "1.1")).status == 200
        hosting.command("project", "yank", "called-own", "1.0", "--reason", "broken")
        changes: Any = server.changelog_since_serial(start)
        serials: Any = server.list_packages_with_serial()
        releases: Any = server.package_releases("Called.Own")
        urls: Any = server.release_urls("called-own", "1.1")
        data: Any = server.release_data("called-own", "1.1")
        hosting.command("project", "delete", "called-own", "1.1", "--reason", "a mistake")
        later: Any = server.changelog_since_serial(changes[-1][-1])

    document = hosting.client.ask("/hosted/pypi/called-own/json")
    told = [(row[0], row[1], row[3].split()[0]) for row in changes if row[0] == "called-own"]
    assert told == [
        ("called-own", None, "create"),
        ("called-own", "1.0", "add"),
        ("called-own", "1.1", "add"),
        ("called-own", "1.0", "yank"),
    ]
    assert serials["called-own"] == changes[-1][-1]
    assert (releases, [each["filename"] for each in urls]) == (["1.1"], ["called_own-1.1.tar.gz"])
    assert (data["name"], data["version"]) == ("called-own", "1.1")
    assert [row[3] for row in later] == ["remove release"]
    assert int(document["x-pypi-last-serial"]) == later[-1][-1]


def test_call_needs_the_right_to_read(members: Hosting) -> None:
    """Like the pages: without credentials 401, and a member is told what members may read."""
    assert members.upload(make_wheel("called-secret", "1.0"), path="/team/legacy/").status == 200
    call = xmlrpc.client.dumps((), "list_packages").encode()

    others = members.send("/team/pypi", XML, call)
    everybody = members.send("/pypi", XML, call)
    with proxy(members.client, "/team/pypi", members.token) as server:
        member: Any = server.list_packages()

    assert others.status == 401
    assert others["www-authenticate"].startswith("Basic")
    assert b"called-secret" not in everybody.body
    assert "called-secret" in member


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"<methodCall/>", -32700),
        (b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>', -32700),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', -32700),
        (b"<a>" * 5_000, -32700),
        (xmlrpc.client.dumps(("x",), "search").encode(), -32500),
        (xmlrpc.client.dumps((), "package_roles").encode(), -32500),
        (xmlrpc.client.dumps((), "no_such_method").encode(), -32601),
        (xmlrpc.client.dumps(("x",), "changelog_since_serial").encode(), -32602),
    ],
)
def test_c95_c96_anything_else_is_a_fault(hosting: Hosting, body: bytes, code: int) -> None:
    """With status 200 and a sentence; no entity is expanded, and nothing is read."""
    answer = hosting.send("/pypi", XML, body)

    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(answer.body)
    assert (answer.status, caught.value.faultCode) == (200, code)
    assert b"root:" not in answer.body


def test_c96_long_call_is_refused(hosting: Hosting) -> None:
    """Before anybody reads it."""
    answer = hosting.send("/pypi", XML, b"<a>" * 30_000)

    assert answer.status == 400
    assert "more than 65536 bytes" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/pypi", 405),
        ("GET", "/pypi/", 405),
        ("GET", "/RPC2", 405),
        ("POST", "/pypi/foo/json", 405),
        ("GET", "/legacy/", 405),
        ("GET", "/no/such/path", 404),
        ("POST", "/no/such/path", 404),
        ("GET", "/pypi/no-such-project/json", 404),
        ("GET", "/serverkey", 410),
        ("GET", "/serversig/foo/", 410),
    ],
)
def test_a41_other_addresses_answer_with_a_sentence(
    hosting: Hosting, method: str, path: str, status: int
) -> None:
    """In plain text, and never a traceback."""
    if method == "GET":
        answer = hosting.client.ask(path)
    else:
        answer = hosting.send(path, basic("__token__", hosting.token), b"")

    assert answer.status == status
    assert answer["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.strip().endswith(".")
    assert "Traceback" not in answer.text
