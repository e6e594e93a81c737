"""Each style takes from the pages what such an index does not give."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import html5lib
import pytest

from support.packages import make_wheel
from support.simulator import (
    AUTOINDEX,
    BARE,
    CORPORATE,
    JSON,
    PYPI,
    TWO_HOSTS,
    Reply,
    Simulator,
    ask,
)


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """Run an index that holds one wheel."""
    with Simulator() as running:
        running.add(make_wheel("Demo.Lib", "1.0", requires_python=">=3.8"))
        yield running


def _links(reply: Reply) -> list[dict[str, str]]:
    tree = html5lib.parse(reply.body, namespaceHTMLElements=False)
    return [dict(anchor.attrib) for anchor in tree.iter("a")]


def test_corporate_index_says_hardly_anything(upstream: Simulator) -> None:
    """A company's proxy gives HTML with relative links, and no help with caching."""
    upstream.style = CORPORATE

    reply = ask(f"{upstream.url}demo-lib/", JSON)

    (link,) = _links(reply)
    assert reply.headers["content-type"] == "text/html"
    assert set(reply.headers) == {"content-type", "vary", "transfer-encoding"}
    assert str(link["href"]).startswith("../../packages/")
    assert set(link) == {"href", "data-requires-python"}
    assert "#" not in str(link["href"])
    assert ask(f"{upstream.base_url}/pypi/demo-lib/json").status == 404


def test_bare_index_has_links_and_nothing_else(upstream: Simulator) -> None:
    """A hand-made index knows no attributes."""
    upstream.style = BARE

    (link,) = _links(ask(f"{upstream.url}demo-lib/"))

    assert set(link) == {"href"}


def test_autoindex_has_sort_links_a_parent_and_files_beside_the_page(upstream: Simulator) -> None:
    """A directory listing offers links that are no files, and files that are."""
    upstream.style = AUTOINDEX

    links = [str(link["href"]) for link in _links(ask(f"{upstream.url}demo-lib/"))]

    assert "?C=N;O=A" in links
    assert "/simple/" in links
    assert ask(f"{upstream.url}demo-lib/{links[-1]}").status == 200


def test_two_hosts_serve_files_on_the_second_only(upstream: Simulator) -> None:
    """With a file host of its own, the index serves no file."""
    upstream.style = TWO_HOSTS

    url = str(ask(f"{upstream.url}demo-lib/", JSON).files()[0]["url"])

    assert url.startswith(upstream.files_url)
    assert ask(url).status == 200
    assert ask(url.replace(upstream.files_url, upstream.base_url)).status == 404
    assert ask(f"{upstream.files_url}/simple/").status == 404
    assert [each.door for each in upstream.asked("file")] == ["files", "index"]


def test_page_is_compressed_only_for_clients_that_accept_it(upstream: Simulator) -> None:
    """A compressed page is another representation with another `ETag`."""
    upstream.style = TWO_HOSTS
    plain = ask(f"{upstream.url}demo-lib/", JSON)

    packed = ask(f"{upstream.url}demo-lib/", {**JSON, "Accept-Encoding": "gzip"})

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.body == plain.body


@pytest.mark.parametrize(
    ("links", "start"),
    [("absolute", "http://"), ("relative", "../../packages/"), ("base-href", "")],
)
def test_links_are_written_as_the_style_says(
    upstream: Simulator, links: Literal["absolute", "relative", "base-href"], start: str
) -> None:
    """All three ways to write a link are there to be resolved."""
    upstream.style = replace(PYPI, links=links)

    reply = ask(f"{upstream.url}demo-lib/")

    assert str(_links(reply)[0]["href"]).startswith(start)
    assert ("<base href=" in reply.text) == (links == "base-href")


@pytest.mark.parametrize(
    ("switch", "key"),
    [
        ("sizes", "size"),
        ("dates", "upload-time"),
        ("requires_python", "requires-python"),
        ("yanks", "yanked"),
        ("metadata", "core-metadata"),
    ],
)
def test_switch_takes_its_key_off_the_page(upstream: Simulator, switch: str, key: str) -> None:
    """Each thing that an index may leave out can be left out alone."""
    upstream.style = replace(PYPI, **{switch: False})  # type: ignore[arg-type] # all are bool

    (listed,) = ask(f"{upstream.url}demo-lib/", JSON).files()

    assert key not in listed


def test_page_without_sizes_is_of_version_1_0(upstream: Simulator) -> None:
    """An index that knows no sizes may not claim version 1.1 (PEP 700)."""
    upstream.style = replace(PYPI, sizes=False)

    page = ask(f"{upstream.url}demo-lib/", JSON).json()

    assert page["meta"] == {"api-version": "1.0", "_last-serial": upstream.serial}
    assert "versions" not in page


@pytest.mark.parametrize("stated", ["text/plain", ""])
def test_content_type_can_be_odd_or_missing(upstream: Simulator, stated: str) -> None:
    """Pages come under any label, or under none."""
    upstream.style = replace(PYPI, content_type=stated)

    reply = ask(f"{upstream.url}demo-lib/", JSON)

    assert reply.headers.get("content-type", "") == stated
