"""Attestations: which are taken, and what is served of them.

Those in `tests/data/attestations` are real: of pypi-attestations 0.0.19 (Apache-2.0), about itself.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies

from wheelyard.errors import BadInput
from wheelyard.names import Filename, Sha256
from wheelyard.upload.attestations import parse_attestations, publisher_of, render_provenance

DATA = Path(__file__).parents[1] / "data" / "attestations"
FILENAME = Filename("pypi_attestations-0.0.19.tar.gz")
SHA256 = Sha256("9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3")
PUBLISH = json.loads((DATA / f"{FILENAME}.publish.attestation").read_text())
SLSA = json.loads((DATA / f"{FILENAME}.slsa.attestation").read_text())
WORKFLOW = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1"


def raw(*attestations: object) -> str:
    """Return the form field that clients send."""
    return json.dumps(attestations)


def statement(**changes: object) -> dict[str, object]:
    """Return an attestation whose statement is changed, and whose signature is thus wrong."""
    said = json.loads(base64.b64decode(PUBLISH["envelope"]["statement"])) | changes
    said = {name: value for name, value in said.items() if value is not None}
    text = base64.b64encode(json.dumps(said).encode()).decode()
    return {**PUBLISH, "envelope": {**PUBLISH["envelope"], "statement": text}}


def material(**changes: object) -> dict[str, object]:
    """Return an attestation whose material is changed."""
    return {**PUBLISH, "verification_material": {**PUBLISH["verification_material"], **changes}}


def test_real_attestations_are_taken() -> None:
    """As twine sends them: two, of different kinds, about the file."""
    parsed = parse_attestations(raw(PUBLISH, SLSA), FILENAME, SHA256)

    assert len({each.predicate_type for each in parsed}) == 2
    assert [json.loads(each.content) for each in parsed] == [PUBLISH, SLSA]


@pytest.mark.parametrize("text", ["", "  ", "[]"])
def test_no_attestation_is_none(text: str) -> None:
    """Most files have none."""
    assert parse_attestations(text, FILENAME, SHA256) == ()


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: "x", "not a list of attestation objects"),
        (lambda: "{}", "not a list of attestation objects"),
        (lambda: raw({}), "not a list of attestation objects"),
        (lambda: "[" * 100_000, "not a list of attestation objects"),
        (lambda: raw({**PUBLISH, "version": "1"}), r"\$\[0\]\.version"),
        (lambda: raw({**PUBLISH, "version": 2}), r"attestations\[0\]\.version: 2 is not known"),
        (lambda: raw(material(certificate="%")), "certificate: not Base64"),
        (lambda: raw(material(certificate="")), "certificate: not Base64"),
        (lambda: raw(material(transparency_entries=[])), "transparency_entries: there is none"),
        (lambda: raw(statement(_type="other")), "not a statement of the type"),
        (lambda: raw(statement(predicateType="")), "predicateType: it is empty"),
        (lambda: raw(statement(predicateType=None)), "not an in-toto statement"),
        (lambda: raw(statement(subject=[])), "about 0 files"),
        (lambda: raw(statement(subject=[subject(), subject()])), "about 2 files"),
        (lambda: raw(statement(subject=[subject(name="x")])), "about `'x'`, not"),
        (lambda: raw(statement(subject=[subject(digest={})])), "the SHA-256 differs"),
        (lambda: raw(statement(subject=[subject(digest={"sha256": "0"})])), "SHA-256 differs"),
        (lambda: raw(PUBLISH, PUBLISH), "comes more than once"),
        (lambda: raw(*[PUBLISH] * 9), "more than 8"),
        (lambda: " " * 2_000_000 + "[]", "longer than"),
        (
            lambda: raw({**PUBLISH, "envelope": {"statement": "%", "signature": "%"}}),
            "signature: not Base64",
        ),
    ],
    ids=[
        *("text", "object", "empty-object", "nested", "version-text", "version-2", "certificate"),
        *("no-certificate", "no-log", "statement-type", "predicate-empty", "predicate-missing"),
        *("no-subject", "two-subjects", "name", "no-digest", "digest", "twice", "many", "long"),
        "signature",
    ],
)
def test_attestation_that_cannot_be_about_the_file_is_refused(
    make: Callable[[], str], problem: str
) -> None:
    """Before anything is verified, and with the place of what is wrong."""
    with pytest.raises(BadInput, match=problem):
        parse_attestations(make(), FILENAME, SHA256)


def subject(**changes: object) -> dict[str, object]:
    """Return what a statement is about, changed."""
    return {"name": FILENAME, "digest": {"sha256": SHA256}, **changes}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    """Each problem with its place."""
    wrong = [{**PUBLISH, "version": 2}, statement(subject=[subject(name="x", digest={})])]

    with pytest.raises(BadInput) as caught:
        parse_attestations(raw(*wrong), FILENAME, SHA256)

    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "attestations[0].version",
        "attestations[1].envelope.statement.subject",
        "attestations[1].envelope.statement.subject",
    ]


@hypothesis.given(strategies.text(max_size=100))
def test_any_text_is_taken_or_bad_input_and_nothing_else(text: str) -> None:
    """Strangers may send anything."""
    try:
        assert parse_attestations(text, FILENAME, SHA256) == ()
    except BadInput:
        return


def test_provenance_names_the_signer_of_each() -> None:
    """One bundle per publisher, attestations as they came."""
    parsed = parse_attestations(raw(PUBLISH, SLSA), FILENAME, SHA256)

    document = json.loads(render_provenance(parsed, [WORKFLOW, "https://other.example/x"]))

    assert document == {
        "version": 1,
        "attestation_bundles": [
            {
                "publisher": {
                    "kind": "GitHub",
                    "repository": "acme/app",
                    "workflow": "release.yml",
                    "environment": None,
                },
                "attestations": [PUBLISH],
            },
            {
                "publisher": {"kind": "Sigstore", "identity": "https://other.example/x"},
                "attestations": [SLSA],
            },
        ],
    }


def test_attestations_of_one_signer_are_one_bundle() -> None:
    """That is what a bundle is."""
    parsed = parse_attestations(raw(PUBLISH, SLSA), FILENAME, SHA256)

    (bundle,) = json.loads(render_provenance(parsed, [WORKFLOW] * 2))["attestation_bundles"]

    assert bundle["attestations"] == [PUBLISH, SLSA]


def test_provenance_of_what_nobody_verified_says_so() -> None:
    """Nobody may take "stored" for "verified"."""
    parsed = parse_attestations(raw(PUBLISH), FILENAME, SHA256)

    (bundle,) = json.loads(render_provenance(parsed))["attestation_bundles"]

    assert bundle["publisher"] == {"kind": "Unverified"}


@pytest.mark.parametrize(
    ("identity", "publisher"),
    [
        (
            "https://gitlab.com/acme/sub/app//.gitlab-ci.yml@refs/heads/main",
            {
                "kind": "GitLab",
                "repository": "acme/sub/app",
                "workflow_filepath": ".gitlab-ci.yml",
                "environment": None,
            },
        ),
        ("a@b.example", {"kind": "Sigstore", "identity": "a@b.example"}),
        (
            "https://github.com/acme/app@x/.github/workflows/release.yml@v1",
            {
                "kind": "Sigstore",
                "identity": "https://github.com/acme/app@x/.github/workflows/release.yml@v1",
            },
        ),
    ],
    ids=["gitlab", "address", "disguised"],
)
def test_signers_are_named_as_pypi_does(identity: str, publisher: dict[str, object]) -> None:
    """Programs that check provenance know these kinds; others are what they are."""
    assert publisher_of(identity) == publisher
