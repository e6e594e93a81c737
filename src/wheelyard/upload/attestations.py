"""Attestations: who built a file and how, signed; checked here for what needs no cryptography.

``parse_attestations`` sees that each is whole and about this very file. Whether a signature is
right, and whose it is, is looked at in a process of its own (``verified.py``), and only if that was
asked for. What is served says which of the two it was: the publisher of an attestation that nobody
has verified is called so.
Source: PEP 740; in-toto attestation framework, Statement v1.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from wheelyard.errors import BadInput
from wheelyard.names import Filename, Sha256

__all__ = ["Attestation", "parse_attestations", "publisher_of", "render_provenance"]

MAX_CHARACTERS: Final = 1024 * 1024
MAX_ATTESTATIONS: Final = 8
_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_GITHUB: Final = re.compile(
    r"https://github\.com/(?P<repository>[^/@]+/[^/@]+)/\.github/workflows/(?P<workflow>[^/@]+)@.+"
)
_GITLAB: Final = re.compile(
    r"https://gitlab\.com/(?P<repository>[^@]+?)//(?P<workflow_filepath>[^@]+)@.+"
)
_UNVERIFIED: Final = {"kind": "Unverified"}


@dataclass(frozen=True, slots=True)
class Attestation:
    """One attestation about one file. ``content`` is the object as JSON, with nothing unknown."""

    predicate_type: str
    content: bytes = field(repr=False)


class _Material(msgspec.Struct, frozen=True):
    """What a signature is verified with."""

    certificate: str
    transparency_entries: list[dict[str, object]]


class _Envelope(msgspec.Struct, frozen=True):
    """What is said, and the signature below it; both in Base64."""

    statement: str
    signature: str


class _Attestation(msgspec.Struct, frozen=True):
    """An attestation object. Source: PEP 740, "Attestation objects"."""

    version: int
    verification_material: _Material
    envelope: _Envelope


class _Subject(msgspec.Struct, frozen=True):
    """What a statement is about."""

    name: str
    digest: dict[str, str]


class _Statement(msgspec.Struct, frozen=True):
    """What is said. Source: in-toto attestation framework, Statement v1."""

    kind: str = msgspec.field(name="_type")
    subject: list[_Subject] = msgspec.field()
    predicate_type: str = msgspec.field(name="predicateType")


def parse_attestations(raw: str, filename: Filename, sha256: Sha256) -> tuple[Attestation, ...]:
    """Return the attestations in the form field ``raw``, which all are about this file.

    An empty field has none.

    Raises:
        BadInput: with everything that is wrong, each with its place.
    """
    if not raw.strip():
        return ()
    if len(raw) > MAX_CHARACTERS:
        raise BadInput(f"attestations: longer than {MAX_CHARACTERS} characters.")
    try:
        found = msgspec.json.decode(raw, type=list[_Attestation])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        reason = str(error).rstrip(".")
        raise BadInput(f"attestations: not a list of attestation objects: {reason}.") from error
    problems: list[str] = []
    if len(found) > MAX_ATTESTATIONS:
        raise BadInput(f"attestations: more than {MAX_ATTESTATIONS}.")
    parsed = [
        _parse(each, filename, sha256, problems, f"attestations[{number}]")
        for number, each in enumerate(found)
    ]
    kinds = [each.predicate_type for each in parsed if each is not None]
    problems += [
        f"attestations: `{kind[:100]}` comes more than once."
        for kind in dict.fromkeys(kinds)
        if kinds.count(kind) > 1
    ]
    if problems:
        raise BadInput(*problems)
    return tuple(each for each in parsed if each is not None)


def publisher_of(identity: str) -> Mapping[str, object]:
    """Return how a provenance object names the signer; an empty ``identity`` was not verified.

    Source: PEP 740, "Provenance objects"; the kinds are PyPI's where they fit.
    """
    if not identity:
        return _UNVERIFIED
    for kind, pattern in (("GitHub", _GITHUB), ("GitLab", _GITLAB)):
        if found := pattern.fullmatch(identity):
            return {"kind": kind, **found.groupdict(), "environment": None}
    return {"kind": "Sigstore", "identity": identity}


def render_provenance(attestations: Sequence[Attestation], identities: Sequence[str] = ()) -> bytes:
    """Return the provenance object of a file as JSON.

    ``identities`` are those of the signers, one for each attestation; none if they were not
    verified. Source: PEP 740, "Provenance objects".
    """
    signers = identities or [""] * len(attestations)
    bundles: dict[str, list[msgspec.Raw]] = {}
    for attestation, signer in zip(attestations, signers, strict=True):
        bundles.setdefault(signer, []).append(msgspec.Raw(attestation.content))
    document = {
        "version": 1,
        "attestation_bundles": [
            {"publisher": publisher_of(signer), "attestations": listed}
            for signer, listed in bundles.items()
        ],
    }
    return msgspec.json.encode(document)


def _parse(
    found: _Attestation, filename: Filename, sha256: Sha256, problems: list[str], place: str
) -> Attestation | None:
    """Return one attestation; or None, with what is wrong added to ``problems``."""
    wrong = [f"{place}.{problem}" for problem in _problems(found, filename, sha256)]
    problems += wrong
    if wrong:
        return None
    statement = _read_statement(found.envelope.statement)
    kind = statement.predicate_type if isinstance(statement, _Statement) else ""
    return Attestation(kind, msgspec.json.encode(found))


def _problems(found: _Attestation, filename: Filename, sha256: Sha256) -> Iterator[str]:
    """Yield what is wrong with one attestation."""
    if found.version != 1:
        yield f"version: {found.version} is not known, only 1."
    material, envelope = found.verification_material, found.envelope
    if not _decode(material.certificate):
        yield "verification_material.certificate: not Base64."
    if not material.transparency_entries:
        yield "verification_material.transparency_entries: there is none."
    if not _decode(envelope.signature):
        yield "envelope.signature: not Base64."
    statement = _read_statement(envelope.statement)
    if isinstance(statement, str):
        yield f"envelope.statement: {statement}"
        return
    for problem in _statement_problems(statement, filename, sha256):
        yield f"envelope.statement{problem}"


def _statement_problems(statement: _Statement, filename: Filename, sha256: Sha256) -> Iterator[str]:
    """Yield why a statement is not one about this file, each with its place below it."""
    if statement.kind != _STATEMENT:
        yield f": not a statement of the type `{_STATEMENT}`."
    if not statement.predicate_type:
        yield ".predicateType: it is empty."
    if len(statement.subject) != 1:
        yield f".subject: about {len(statement.subject)} files, not about one."
        return
    (subject,) = statement.subject
    if subject.name != filename:
        yield f".subject: about `{subject.name[:200]!a}`, not `{filename}`."
    if subject.digest.get("sha256") != sha256:
        yield ".subject: about other bytes; the SHA-256 differs."


def _read_statement(text: str) -> _Statement | str:
    """Return a statement, or why it is none."""
    content = _decode(text)
    if not content:
        return "not Base64."
    try:
        return msgspec.json.decode(content, type=_Statement)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return f"not an in-toto statement: {str(error).rstrip('.')}."


def _decode(text: str) -> bytes:
    """Return the bytes behind Base64, which may have line ends in it; none if it is none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return b""
