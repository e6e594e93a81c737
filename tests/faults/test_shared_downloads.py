"""Many clients on one file that is still arriving: F70, F72, F74; and metadata beside it."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from hashlib import sha256

from faults.yard import Yard, at_once, eventually
from support.packages import Package, make_wheel
from support.simulator import change_headers, stall_after, status

LENGTH = 3_000_000
HALF = 1_500_000


def add_stalled(yard: Yard, name: str) -> tuple[Package, str, Callable[[], None]]:
    """Return a wheel that stops half-way, its path, and what lets it go on."""
    package = make_wheel(name, "1.0", payload_bytes=LENGTH)
    yard.add_held(package)
    path = yard.path_of(package)
    return package, path, yard.upstream.fault(f"*/{package.filename}", stall_after(HALF)).clear


def test_herd_is_one_download(patient: Yard) -> None:
    """F70: fifty clients, one request upstream, the same bytes for everybody."""
    package, path, go_on = add_stalled(patient, "herd")

    def let_go() -> bytes:
        patient.upstream.wait_until_seen(f"*/{package.filename}")
        go_on()
        return package.content

    bodies = at_once(let_go, *[lambda: patient.client.ask(path).body for _ in range(50)])

    assert all(body == package.content for body in bodies)
    assert patient.upstream.count(f"*/{package.filename}") == 1


def test_range_from_the_middle_of_a_growing_file_is_sent_before_its_end(patient: Yard) -> None:
    """What has come is sent to whoever asks for it; what has not is waited for."""
    package, path, go_on = add_stalled(patient, "middle")
    with ExitStack() as stack:
        first = stack.enter_context(patient.client.opened(path))
        first.read(500_000)
        part = stack.enter_context(patient.client.opened(path, {"Range": "bytes=200000-799999"}))
        rest = stack.enter_context(patient.client.opened(path, {"Range": "bytes=1000000-"}))
        middle, beginning = part.read(100_000), rest.read(100_000)
        go_on()

        assert part.status == 206
        assert part.headers["content-range"] == f"bytes 200000-799999/{package.size}"
        assert middle + part.read() == package.content[200_000:800_000]
        assert beginning + rest.read() == package.content[1_000_000:]
        assert first.read() == package.content[500_000:]
    assert patient.upstream.count(f"*/{package.filename}") == 1


def test_tail_of_a_growing_file_is_the_true_one(patient: Yard) -> None:
    """The last bytes are asked for first by readers of wheels: they come once they are proven."""
    package, path, go_on = add_stalled(patient, "tail")
    with patient.client.opened(path) as first:
        first.read(1000)
        go_on()
        tail = patient.client.ask(path, {"Range": "bytes=-1000"})
        first.read()

    assert (tail.status, tail.body) == (206, package.content[-1000:])
    assert patient.upstream.count(f"*/{package.filename}") == 1


def test_clients_that_leave_disturb_nobody(patient: Yard) -> None:
    """F72: the first one goes, thirty others go, the one who stays gets the file."""
    package, path, go_on = add_stalled(patient, "leaving")
    with patient.client.opened(path) as first, closing(first):
        first.read(1000)
        with patient.client.opened(path) as staying:
            beginning = staying.read(1000)
            for _ in range(30):
                with patient.client.opened(path) as leaving, closing(leaving):
                    leaving.read(1000)
            first.close()
            go_on()
            rest = staying.read()

    assert beginning + rest == package.content
    assert patient.upstream.count(f"*/{package.filename}") == 1


def test_slow_reader_holds_up_neither_download_nor_others(patient: Yard) -> None:
    """F74: who does not read is waited for by nobody, and gets everything in the end."""
    package = make_wheel("slow-reader", "1.0", payload_bytes=20_000_000)
    patient.add_held(package)
    path = patient.path_of(package)
    with patient.client.opened(path) as slow:
        beginning = slow.read(1000)
        quick = patient.client.ask(path)
        upstream_sent = patient.upstream.asked(f"*/{package.filename}")[0].sent_bytes

        assert quick.body == package.content
        assert upstream_sent == package.size
        assert beginning + slow.read() == package.content


def test_everything_is_given_back_when_all_have_left(patient: Yard) -> None:
    """F72: no fill, no connection and no byte of the spool is left over."""
    package, path, go_on = add_stalled(patient, "given-back")
    spooled = patient.client.ask("/-/status").json()["spool_bytes"]
    for _ in range(10):
        with patient.client.opened(path) as response, closing(response):
            response.read(1000)
    go_on()

    def is_quiet() -> bool:
        state = patient.client.ask("/-/status").json()
        left = (state["fills_running"], state["spool_bytes"], state["open_connections"])
        return left == (0, spooled, 1)

    eventually(is_quiet, "the server is as it was")
    assert patient.client.ask(path)["etag"] == f'"{package.sha256}"'


def test_wrong_metadata_are_taken_from_the_wheel_and_kept(patient: Yard) -> None:
    """F33, T10: what upstream sends is proven; the right bytes come from the wheel's end."""
    package = make_wheel("wrong-metadata", "1.0", payload_bytes=LENGTH)
    patient.upstream.add(package, core_metadata="wrong")
    path = patient.path_of(package)

    answer = patient.client.ask(f"{path}.metadata")

    stated = patient.client.page(package.name).file(package.filename)["core-metadata"]
    assert package.metadata is not None
    assert (answer.status, answer.body) == (200, package.metadata)
    assert stated == {"sha256": sha256(package.metadata).hexdigest()}


def test_metadata_that_cannot_be_had_are_promised_no_more(patient: Yard) -> None:
    """F33: the page is right again before the client asks a second time; the wheel still comes."""
    package = make_wheel("no-metadata", "1.0")
    patient.upstream.add(package, core_metadata="missing-but-advertised")
    path = patient.path_of(package)
    lost = patient.upstream.fault(f"*/{package.filename}", status(500))
    refused = patient.client.ask(f"{path}.metadata")
    page = patient.until(
        "/simple/no-metadata/", lambda page: not page.file(package.filename).get("core-metadata")
    )
    lost.clear()

    assert refused.status == 503
    assert page.status == 200
    assert patient.client.ask(path).body == package.content


def test_provenance_outlives_its_upstream(patient: Yard) -> None:
    """Passed on as it came, and kept."""
    package = make_wheel("attested", "1.0")
    provenance = {"version": 1, "attestation_bundles": [{"publisher": {"kind": "demo"}}]}
    patient.upstream.fault("provenance", change_headers({"Cache-Control": "max-age=0"}))
    patient.upstream.add(package, provenance=provenance)
    url = patient.client.page("attested").file(package.filename)["provenance"]
    first = patient.client.ask(url)
    patient.upstream.down()

    again = patient.client.ask(url)

    assert first.json() == again.json() == provenance
