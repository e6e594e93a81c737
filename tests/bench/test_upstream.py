"""The upstream in a process of its own does what it is told."""

from collections.abc import Iterator

import pytest
from bench.asking import ask, find_file
from bench.downloads import download
from bench.upstream import AddFile, AddNames, AddPage, Slow, Upstream, running_upstream

SIZE = 1_000_000


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """Run an upstream for all tests of this file."""
    with running_upstream() as running:
        yield running


def test_upstream_holds_pages_and_names(upstream: Upstream) -> None:
    """What it was told to hold is there as soon as it has answered."""
    upstream.tell(AddPage("paper", 7))
    upstream.tell(AddNames(30))

    page = ask(f"{upstream.url}paper/", {"Accept": "text/html"})
    names = ask(upstream.url, {"Accept": "text/html"})

    assert page.body.count(b"<a href") == 7
    assert names.body.count(b"synthetic-") >= 30


def test_upstream_counts_fetches(upstream: Upstream) -> None:
    """A fetch is counted with its bytes, for this project and no other."""
    upstream.tell(AddFile("counted", SIZE))
    upstream.tell(AddFile("counted-not", SIZE))
    url = upstream.base_url + find_file(f"{upstream.url}counted/")

    found = [download(url), download(url)]
    told = upstream.count("counted")

    assert all(each.is_whole(SIZE) for each in found)
    assert (told.fetches, told.sent_bytes) == (2, 2 * SIZE)
    assert upstream.count("counted-not").fetches == 0


def test_upstream_is_as_slow_as_it_is_told(upstream: Upstream) -> None:
    """Latency and speed are at least what was asked for, until they are taken back."""
    upstream.tell(AddFile("slow", SIZE))
    url = upstream.base_url + find_file(f"{upstream.url}slow/")
    upstream.tell(Slow(0.05, 5_000_000))

    slow = download(url)
    upstream.tell(Slow())
    quick = download(url)

    assert slow.first_byte_seconds >= 0.05
    assert slow.seconds >= 0.2
    assert quick.is_whole(SIZE)
