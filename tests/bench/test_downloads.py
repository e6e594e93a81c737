"""The clients that download: what they say about an answer is true."""

from collections.abc import Iterator

import pytest
from bench.asking import find_file
from bench.downloads import download, download_together

from support.packages import make_stub
from support.simulator import Repeated, Simulator, redirect_to, running_simulator, truncate

SIZE = 3_000_000


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """Run an index with one file."""
    with running_simulator() as simulator:
        simulator.add(make_stub("demo", "1.0"), body=Repeated(SIZE))
        yield simulator


def file_url(upstream: Simulator) -> str:
    """Return the address of the one file."""
    return upstream.base_url + find_file(f"{upstream.url}demo/")


def test_download_counts_every_byte(upstream: Simulator) -> None:
    """A whole file is recognised by its length and its status."""
    found = download(file_url(upstream))

    assert found.is_whole(SIZE)
    assert 0 < found.first_byte_seconds <= found.seconds


def test_download_of_truncated_file_is_not_whole(upstream: Simulator) -> None:
    """What the server promised does not count, only what came."""
    upstream.fault("file", truncate(1000))

    found = download(file_url(upstream))

    assert (found.stated_bytes, found.received_bytes) == (SIZE, 1000)
    assert not found.is_whole(SIZE)


def test_download_follows_redirect(upstream: Simulator) -> None:
    """A server that sends its clients elsewhere is found out, and timed to the end."""
    url = file_url(upstream)
    upstream.fault("/elsewhere", redirect_to(url))

    found = download(f"{upstream.base_url}/elsewhere")

    assert found.redirected
    assert found.is_whole(SIZE)


def test_downloads_together_are_one_request_each(upstream: Simulator) -> None:
    """A herd is as many clients as it says, and each of them gets the file."""
    found = download_together(file_url(upstream), 5)

    assert [each.is_whole(SIZE) for each in found] == [True] * 5
    assert upstream.count("file") == 5


def test_download_of_list_without_length_ends(upstream: Simulator) -> None:
    """An answer 404 has a body too, and it is over when it is over."""
    found = download(f"{upstream.url}nobody/")

    assert found.status == 404
    assert not found.is_whole(found.received_bytes)
