"""The simulator's files, their metadata and their provenance are served as PyPI serves them."""

import hashlib
import http.client
from collections.abc import Iterator
from dataclasses import replace

import pytest

from support.packages import Package, make_sdist, make_stub, make_wheel
from support.simulator import JSON, PYPI, CoreMetadata, Repeated, Simulator, ask

WHEEL = make_wheel("demo", "1.0", payload_bytes=5000)


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """Run an index that holds one wheel."""
    with Simulator() as running:
        running.add(WHEEL)
        yield running


def _url(upstream: Simulator, package: Package = WHEEL) -> str:
    listed = ask(f"{upstream.url}{package.name}/", JSON).files()
    return next(str(each["url"]) for each in listed if each["filename"] == package.filename)


def test_file_is_served_whole_under_the_path_of_pypi(upstream: Simulator) -> None:
    """The path is made from the BLAKE2b digest, split 2, 2, 60."""
    digest = hashlib.blake2b(WHEEL.content, digest_size=32).hexdigest()

    reply = ask(_url(upstream))

    path = f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{WHEEL.filename}"
    assert _url(upstream) == upstream.base_url + path
    assert reply.body == WHEEL.content
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["cache-control"] == "max-age=365000000, immutable, public"


@pytest.mark.parametrize(
    ("span", "start", "stop"),
    [("0-9", 0, 10), ("100-", 100, None), ("-10", -10, None), ("-999999", 0, None)],
)
def test_range_is_cut_out(upstream: Simulator, span: str, start: int, stop: int | None) -> None:
    """Each form of a single range yields those bytes."""
    reply = ask(_url(upstream), {"Range": f"bytes={span}"})

    wanted = WHEEL.content[start:stop]
    first = WHEEL.content.index(wanted)
    stated = f"bytes {first}-{first + len(wanted) - 1}/{WHEEL.size}"
    assert (reply.status, reply.body) == (206, wanted)
    assert reply.headers["content-range"] == stated


def test_range_beyond_the_end_is_416(upstream: Simulator) -> None:
    """A range that cannot be satisfied says how long the file is."""
    reply = ask(_url(upstream), {"Range": "bytes=999999-"})

    assert (reply.status, reply.headers["content-range"]) == (416, f"bytes */{WHEEL.size}")


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-1,5-6"},
        {"Range": "lines=0-1"},
        {"Range": "bytes=five-"},
        {"Range": "bytes=0-1", "If-Range": '"something else"'},
    ],
)
def test_range_that_does_not_count_yields_the_whole_file(
    upstream: Simulator, headers: dict[str, str]
) -> None:
    """Several ranges, nonsense and another version of the file are answered 200."""
    reply = ask(_url(upstream), headers)

    assert (reply.status, reply.body) == (200, WHEEL.content)


def test_range_is_cut_out_where_if_range_matches(upstream: Simulator) -> None:
    """A download is resumed while the file is the same."""
    etag = ask(_url(upstream), method="HEAD").headers["etag"]

    reply = ask(_url(upstream), {"Range": "bytes=10-", "If-Range": etag})

    assert (reply.status, reply.body) == (206, WHEEL.content[10:])


def test_ranges_can_be_switched_off(upstream: Simulator) -> None:
    """Some servers send the whole file whatever is asked."""
    upstream.style = replace(PYPI, ranges=False)

    reply = ask(_url(upstream), {"Range": "bytes=0-9"})

    assert (reply.status, reply.body) == (200, WHEEL.content)
    assert "accept-ranges" not in reply.headers


@pytest.mark.parametrize(
    ("core_metadata", "stated", "status", "is_true"),
    [
        (True, {"sha256": hashlib.sha256(WHEEL.metadata or b"").hexdigest()}, 200, True),
        ("true-without-hash", True, 200, True),
        ("wrong", {"sha256": hashlib.sha256(WHEEL.metadata or b"").hexdigest()}, 200, False),
        (
            "missing-but-advertised",
            {"sha256": hashlib.sha256(WHEEL.metadata or b"").hexdigest()},
            404,
            False,
        ),
        (False, False, 404, False),
    ],
)
def test_metadata_is_advertised_and_served_as_listed(
    upstream: Simulator,
    core_metadata: CoreMetadata,
    stated: object,
    status: int,
    is_true: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Whatever an index may do wrong with metadata can be had."""
    upstream.add(WHEEL, core_metadata=core_metadata)

    reply = ask(f"{_url(upstream)}.metadata")

    assert ask(f"{upstream.url}demo/", JSON).files()[0]["core-metadata"] == stated
    assert reply.status == status
    assert (reply.body == WHEEL.metadata) == is_true


def test_sdist_has_no_metadata(upstream: Simulator) -> None:
    """PyPI serves metadata of wheels only."""
    sdist = make_sdist("demo", "1.0")
    upstream.add(sdist)

    assert ask(f"{_url(upstream, sdist)}.metadata").status == 404


def test_provenance_is_linked_and_served(upstream: Simulator) -> None:
    """A provenance object stands where the page says, with its own type."""
    upstream.add(WHEEL, provenance={"version": 1, "attestation_bundles": []})

    listed = ask(f"{upstream.url}demo/", JSON).files()[0]
    reply = ask(str(listed["provenance"]))

    path = f"/integrity/demo/1.0/{WHEEL.filename}/provenance"
    assert listed["provenance"] == upstream.base_url + path
    assert reply.json() == {"version": 1, "attestation_bundles": []}
    assert reply.headers["content-type"] == "application/vnd.pypi.integrity.v1+json"
    assert f'data-provenance="{listed["provenance"]}"' in ask(f"{upstream.url}demo/").text


def test_file_without_provenance_is_404(upstream: Simulator) -> None:
    """Most files have none."""
    assert ask(f"{upstream.base_url}/integrity/demo/1.0/{WHEEL.filename}/provenance").status == 404


def test_file_larger_than_memory_is_made_as_it_is_sent(upstream: Simulator) -> None:
    """A range at the end of a huge file is answered without the bytes before it."""
    upstream.add(make_stub("huge", "1.0"), body=Repeated(300_000_000, b"0123456789" * 9999))

    listed = ask(f"{upstream.url}huge/", JSON).files()[0]
    reply = ask(str(listed["url"]), {"Range": "bytes=299999995-"})

    assert listed["size"] == 300_000_000
    assert reply.body == b"56789"


def test_stated_size_may_be_wrong(upstream: Simulator) -> None:
    """A page may contradict its file."""
    upstream.add(WHEEL, size=7)

    assert ask(f"{upstream.url}demo/", JSON).files()[0]["size"] == 7
    assert len(ask(_url(upstream)).body) == WHEEL.size


def test_reader_that_stops_reading_stops_the_sender(upstream: Simulator) -> None:
    """Only what the client's kernel takes is sent, so a slow reader costs no memory."""
    upstream.add(make_stub("huge", "1.0"), body=Repeated(200_000_000))
    connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=180)
    connection.request("GET", _url(upstream, make_stub("huge", "1.0")))

    with connection.getresponse() as response:
        response.read(1000)
        sent = upstream.sent_bytes
    connection.close()

    assert sent < 100_000_000
