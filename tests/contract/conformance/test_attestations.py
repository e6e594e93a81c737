"""Attestations over HTTP: sent with a file, listed on its page, served beside it."""

import base64
import json
from collections.abc import Iterator

import pytest

from contract.conformance.hosting import Hosting
from contract.conformance.hosting import hosting as hosting_on
from support.packages import Package, make_wheel
from support.simulator import Simulator
from support.uploads import Form, form_of

BASE = "https://packages.example"


@pytest.fixture(scope="module")
def hosting(upstream: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    """A server that is known by an address with HTTPS: no other may name provenance (PEP 740)."""
    settings = {"SERVER__BASE_URL": BASE}
    with hosting_on(upstream.url, tmp_path_factory.mktemp("data"), settings) as found:
        yield found


def attestation(package: Package, **changes: object) -> dict[str, object]:
    """Return an attestation about a file that is whole, and that nobody has signed."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": package.filename, "digest": {"sha256": package.sha256}}],
        "predicateType": "https://example.org/publish/v1",
        "predicate": None,
        **changes,
    }
    return {
        "version": 1,
        "verification_material": {"certificate": "AAAA", "transparency_entries": [{"a": 1}]},
        "envelope": {
            "statement": base64.b64encode(json.dumps(statement).encode()).decode(),
            "signature": "AAAA",
        },
    }


def attested(package: Package, *attestations: object) -> Form:
    """Return the form of an upload with attestations."""
    return form_of(package).with_values("attestations", json.dumps(attestations))


def test_attestation_that_came_with_a_file_is_served_beside_it(hosting: Hosting) -> None:
    """The page names the address, and what is there says that nobody verified it."""
    package = make_wheel("attested", "1.0")
    sent = attestation(package)

    answer = hosting.upload(attested(package, sent))
    listed = hosting.page("attested").file(package.filename)["provenance"]
    served = hosting.client.ask(f"/integrity/attested/1.0/{package.filename}/provenance")

    assert (answer.status, answer.body) == (200, b"")
    assert listed == f"{BASE}/integrity/attested/1.0/{package.filename}/provenance"
    assert served.status == 200
    assert served.json() == {
        "version": 1,
        "attestation_bundles": [{"publisher": {"kind": "Unverified"}, "attestations": [sent]}],
    }


def test_file_without_attestation_names_no_provenance(hosting: Hosting) -> None:
    """And there is none."""
    package = make_wheel("plain", "1.0")
    hosting.upload(package)

    served = hosting.client.ask(f"/integrity/plain/1.0/{package.filename}/provenance")

    assert not hosting.page("plain").file(package.filename).get("provenance")
    assert served.status == 404


def test_attestation_about_another_file_is_400_and_nothing_is_published(hosting: Hosting) -> None:
    """With the place of what is wrong, in the reason phrase too."""
    package = make_wheel("misattested", "1.0")
    wrong = attestation(package, subject=[{"name": "other-1.tar.gz", "digest": {}}])

    answer = hosting.upload(attested(package, wrong))

    assert answer.status == 400
    assert b"attestations[0].envelope.statement.subject" in answer.body
    assert hosting.filenames("misattested") == set()
