"""Signatures: is each attestation signed, logged in public, and by somebody who may?

Imported only by the process of ``attestation_worker.py``: it needs the extra, and takes long.
Source: PEP 740, "Attestation verification"; Sigstore client specification.
"""

import logging

from pypi_attestations import Attestation, AttestationError
from sigstore.errors import Error, VerificationError
from sigstore.models import TrustedRoot
from sigstore.verify import Verifier

from wheelyard.upload.attestation_worker import VerifyAnswer, VerifyQuestion, fits_signer

__all__ = ["check"]

_ALTERNATIVE_NAME = "2.5.29.17"
_MAX_REASON = 300


def check(question: VerifyQuestion) -> VerifyAnswer:
    """Return who signed each attestation, and what is wrong with them. Asks nobody."""
    logging.disable()  # that nothing was fetched anew is meant to be so
    if question.trusted_root:
        verifier = Verifier(trusted_root=TrustedRoot.from_file(question.trusted_root))
    else:
        verifier = Verifier.production(offline=True)
    identities, problems = [], []
    for number, text in enumerate(question.attestations):
        signer = _Signer(question.signers)
        try:
            bundle = Attestation.model_validate_json(text).to_bundle()
            verifier.verify_dsse(bundle, signer)
        except (Error, AttestationError, ValueError) as error:
            reason = " ".join(str(error).split())[:_MAX_REASON].rstrip(".")
            problems.append(f"attestations[{number}]: not verified: {reason}.")
        identities.append(signer.identity)
    return VerifyAnswer(tuple(identities), tuple(problems))


class _Signer:
    """The policy: one of those who may sign has signed. ``identity`` is who it was."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._patterns = patterns
        self.identity = ""

    def verify(self, cert: object) -> None:
        """Refuse a certificate of anybody else; the interface is the library's."""
        names = _names_of(cert)
        if len(names) != 1 or not fits_signer(names[0], self._patterns):
            shown = ", ".join(names) or "nobody"
            message = f"signed by {shown}, who is not one of `upload.signers`"
            raise VerificationError(message)
        self.identity = names[0]


def _names_of(certificate: object) -> list[str]:
    """Return the names that a certificate is for. Source: RFC 5280, 4.2.1.6."""
    return [
        str(name.value)
        for extension in getattr(certificate, "extensions", ())
        if extension.oid.dotted_string == _ALTERNATIVE_NAME
        for name in extension.value
    ]
