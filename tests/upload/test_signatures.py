"""Signatures: the policy about who may have signed; the rest is in `test_verified.py`."""

from dataclasses import dataclass

import pytest
from sigstore.errors import VerificationError

from wheelyard.upload.signatures import _Signer


@dataclass(frozen=True, slots=True)
class Named:
    """An object with the value or the number that the library's types have."""

    value: object = None
    dotted_string: str = ""
    oid: "Named | None" = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, as far as it is looked at."""

    extensions: tuple[Named, ...]


def certificate(*names: str) -> Certificate:
    """Return a certificate for these names, with another extension before them."""
    listed = [Named(name) for name in names]
    other = Named([], oid=Named(dotted_string="1.2.3"))
    return Certificate((other, Named(listed, oid=Named(dotted_string="2.5.29.17"))))


def test_signer_who_may_is_remembered() -> None:
    """The name goes into the provenance."""
    signer = _Signer(("https://a.example/*",))

    signer.verify(certificate("https://a.example/x"))

    assert signer.identity == "https://a.example/x"


@pytest.mark.parametrize(
    "names", [(), ("https://b.example/x",), ("https://a.example/x", "https://a.example/y")]
)
def test_certificate_of_anybody_else_is_refused(names: tuple[str, ...]) -> None:
    """Nobody, somebody else, and more than one."""
    signer = _Signer(("https://a.example/*",))

    with pytest.raises(VerificationError, match="not one of"):
        signer.verify(certificate(*names))

    assert signer.identity == ""
