"""The flat page for `--find-links`: what it lists, and for whom: A-77."""

from urllib.parse import urljoin

from contract.conformance.asking import Answer
from contract.conformance.hosting import Hosting, basic
from support.packages import make_wheel
from wheelyard.wire.html_document import Link, parse_document


def files(answer: Answer) -> dict[str, str]:
    """Return the addresses on a flat page by the last component of their path."""
    assert answer.status == 200
    found: dict[str, str] = {}

    def take(_: object, link: Link) -> None:
        href = link.attributes["href"] or ""
        found[href.partition("#")[0].rpartition("/")[2]] = href

    parse_document(answer.body, "http://x.example/", "", take)
    return found


def test_a77_flat_page_links_to_the_bytes(hosting: Hosting) -> None:
    """Relative to itself, with a digest, under both of its addresses."""
    package = make_wheel("a77-links", "1.0", requires_python=">=3.8")
    assert hosting.upload(package).status == 200

    page = hosting.client.ask("/+links/")
    escaped = hosting.client.ask("/%2Blinks/")

    href = files(page)[package.filename]
    assert href.startswith("../packages/")
    assert href.endswith(f"#sha256={package.sha256}")
    assert escaped.body == page.body
    path = urljoin("/+links/", href).partition("#")[0]
    assert hosting.client.ask(path).body == package.content
    assert hosting.client.ask(f"{path}.metadata").status == 200


def test_a77_named_index_has_a_flat_page_of_its_own(hosting: Hosting) -> None:
    """The links lead into that index."""
    package = make_wheel("a77-named", "1.0")
    assert hosting.upload(package).status == 200

    page = hosting.client.ask("/hosted/+links/")

    path = urljoin("/hosted/+links/", files(page)[package.filename]).partition("#")[0]
    assert path.startswith("/hosted/packages/")
    assert hosting.client.ask(path).body == package.content


def test_a77_upload_shows_at_once_and_nothing_else_is_sent_again(hosting: Hosting) -> None:
    """A client that has the page is told whether it changed."""
    assert hosting.upload(make_wheel("a77-etag", "1.0")).status == 200
    first = hosting.client.ask("/+links/")
    same = hosting.client.ask("/+links/", {"If-None-Match": first["etag"]})
    assert hosting.upload(make_wheel("a77-etag", "2.0")).status == 200

    changed = hosting.client.ask("/+links/", {"If-None-Match": first["etag"]})

    assert same.status == 304
    assert "a77_etag-2.0-py3-none-any.whl" in files(changed)


def test_members_only_index_has_no_flat_page_for_others(members: Hosting) -> None:
    """Neither its own nor in any other."""
    package = make_wheel("a77-secret", "1.0")
    assert members.upload(package, path="/team/legacy/").status == 200

    others = members.client.ask("/team/+links/")
    main = members.client.ask("/+links/")
    member = members.client.ask("/team/+links/", basic("__token__", members.token))

    assert others.status == 401
    assert package.filename not in files(main)
    assert package.filename in files(member)
    assert "private" in member["cache-control"]
