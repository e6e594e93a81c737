"""A download that breaks off, drips, or brings the wrong bytes: F08, F09, F19 to F23.

A small wrong file, and one that upstream does not have, are shown in the conformance tests.
"""

import pytest

from faults.yard import Yard, kept_files
from support.packages import Package, make_wheel
from support.simulator import (
    Fault,
    garbage,
    login_page,
    other_bytes,
    refuse,
    reset_after,
    short_chunked,
    stall_after,
    status,
    truncate,
    wrong_bytes,
    wrong_length,
)

LENGTH = 1_500_000
SENT = 700_000
BREAKS: dict[str, Fault] = {
    "f08-stall": stall_after(SENT),
    "f09-reset": reset_after(SENT),
    "f19-truncated": truncate(SENT),
    "f20-short": short_chunked(SENT),
}
WRONG: dict[str, Fault] = {
    "f22-flipped-first": wrong_bytes(0),
    "f22-flipped-last": wrong_bytes(-1),
    "f23-other-wheel": other_bytes(make_wheel("other", "1.0", payload_bytes=LENGTH).content),
    "f21-longer": wrong_length(1000),
    "f21-shorter": wrong_length(-1000),
    "f16-login": login_page(),
    "f17-no-http": garbage("bad-chunk"),
}


def add_large(yard: Yard, name: str) -> Package:
    """Have a large wheel upstream and its page here."""
    package = make_wheel(name, "1.0", payload_bytes=LENGTH)
    yard.add_held(package)
    return package


@pytest.mark.parametrize("fault", BREAKS)
def test_download_that_breaks_off_goes_on_where_it_stopped(hasty: Yard, fault: str) -> None:
    """F08, F09, F19, F20: one whole answer to the client; upstream is asked for the rest only."""
    package = add_large(hasty, f"broken-{fault}")
    path = hasty.path_of(package)
    hasty.upstream.fault(f"*/{package.filename}", BREAKS[fault], times=1)

    answer = hasty.client.ask(path)

    assert answer.body == package.content
    asked = hasty.upstream.asked(f"*/{package.filename}")
    assert [each.range for each in asked] == [None, f"bytes={SENT}-"]
    assert hasty.client.ask(path)["etag"] == f'"{package.sha256}"'


def test_download_that_breaks_again_and_again_arrives(yard: Yard) -> None:
    """F09: as long as every try brings something; each asks for what is missing."""
    package = add_large(yard, "often-broken")
    path = yard.path_of(package)
    yard.upstream.fault(f"*/{package.filename}", reset_after(200_000), times=5)

    answer = yard.client.ask(path)

    assert answer.body == package.content
    ranges = [each.range for each in yard.upstream.asked(f"*/{package.filename}")]
    assert ranges == [None, *[f"bytes={start}-" for start in range(200_000, 1_000_001, 200_000)]]


def test_upstream_without_ranges_is_passed_over_what_is_there(yard: Yard) -> None:
    """F09: a whole answer to a request for the rest is no reason to begin again for the client."""
    package = add_large(yard, "rangeless")
    path = yard.path_of(package)
    yard.upstream.fault(f"*/{package.filename}", reset_after(SENT), times=1)
    yard.upstream.fault(f"*/{package.filename}", status(416), after=1, times=1)

    first = yard.client.ask(path)
    second = yard.client.ask(path)

    assert second.body == package.content
    assert first.status in {200, 503}


def test_download_that_never_ends_well_is_never_a_whole_answer(yard: Yard) -> None:
    """F08: what there is was sent, and the connection is cut: a short body must not end cleanly."""
    package = add_large(yard, "hopeless")
    path = yard.path_of(package)
    broken = yard.upstream.fault(f"*/{package.filename}", reset_after(SENT), times=1)
    yard.upstream.fault(f"*/{package.filename}", refuse(), after=1)

    head, body = yard.take_cut(path)

    assert broken.struck == 1
    assert head.startswith(b"HTTP/1.1 200 ")
    assert f"content-length: {package.size}".encode() in head
    assert len(body) < package.size
    assert package.content.startswith(body)


def test_next_client_goes_on_where_a_broken_download_stopped(yard: Yard) -> None:
    """F08, F42: bytes that came once are not fetched again, and are proven with the rest."""
    package = add_large(yard, "resumed")
    path = yard.path_of(package)
    yard.upstream.fault(f"*/{package.filename}", reset_after(SENT), times=1)
    refusal = yard.upstream.fault(f"*/{package.filename}", refuse(), after=1)
    yard.take_cut(path)
    refusal.clear()

    answer = yard.client.ask(path)

    assert answer.body == package.content
    assert yard.upstream.asked(f"*/{package.filename}")[-1].range == f"bytes={SENT}-"


@pytest.mark.parametrize("fault", WRONG)
def test_wrong_bytes_are_never_a_whole_answer_nor_kept(yard: Yard, fault: str) -> None:
    """F16, F17, F21, F22, F23, T06: an error or a cut; and the right bytes once there are some."""
    package = add_large(yard, f"wrong-{fault}")
    path = yard.path_of(package)
    before = len(kept_files(yard.data))
    wrong = WRONG[fault] if fault != "f22-flipped-last" else wrong_bytes(package.size - 1)
    spoiled = yard.upstream.fault(f"*/{package.filename}", wrong)

    head, body = yard.take_cut(path)

    assert head.startswith(b"HTTP/1.1 503 ") or len(body) < package.size
    assert len(kept_files(yard.data)) == before
    spoiled.clear()
    assert yard.client.ask(path).body == package.content


def test_etag_of_unproven_bytes_is_never_used_again(yard: Yard) -> None:
    """F22: whoever resumes after a cut begins again instead of appending to wrong bytes."""
    package = add_large(yard, "retagged")
    path = yard.path_of(package)
    spoiled = yard.upstream.fault(f"*/{package.filename}", wrong_bytes())
    tags = set()
    for _ in range(2):
        head, _ = yard.take_cut(path)
        tags |= {line for line in head.lower().split(b"\r\n") if line.startswith(b"etag: ")}
    spoiled.clear()
    (tag, *_) = [tag.partition(b": ")[2].decode() for tag in tags]

    answer = yard.client.ask(path, {"Range": f"bytes={SENT}-", "If-Range": tag})

    assert len(tags) == 2
    assert all(package.sha256.encode() not in tag for tag in tags)
    assert (answer.status, answer.body) == (200, package.content)


def test_page_that_changes_its_mind_about_a_file_is_not_followed(yard: Yard) -> None:
    """T06: a name that was bound to bytes keeps them, whatever the page says later."""
    package = make_wheel("rebound", "1.0", payload_bytes=100_000)
    yard.add_held(package)
    old_path = yard.path_of(package)
    yard.client.ask(old_path)
    other = make_wheel("rebound", "1.0", payload_bytes=200_000)
    yard.upstream.remove(package.filename)
    yard.upstream.add(other)

    page = yard.until(
        "/simple/rebound/", lambda page: page["x-pypi-last-serial"] == str(yard.upstream.serial)
    )

    assert page.file(package.filename)["hashes"] == {"sha256": package.sha256}
    assert yard.client.ask(old_path).body == package.content
    assert yard.client.ask(yard.path_of(package)).body == package.content
