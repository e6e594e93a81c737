"""The process in which signatures are verified: one question, one answer, and the end.

Its libraries take most of a second to import and reach for the network if they may; here they may
not, and the home in which they keep things is gone with the process.
"""

import sys

import msgspec

__all__ = ["VerifyAnswer", "VerifyQuestion", "fits_signer", "main"]


class VerifyQuestion(msgspec.Struct, frozen=True):
    """Attestations as JSON, who may have signed them, and a trusted root (a path) if not ours."""

    attestations: tuple[str, ...]
    signers: tuple[str, ...]
    trusted_root: str = ""


class VerifyAnswer(msgspec.Struct, frozen=True):
    """Who signed each attestation; or what is wrong, empty where nothing is."""

    identities: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def main() -> None:
    """Answer the question on standard input."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=VerifyQuestion)
    from wheelyard.upload.signatures import check  # noqa: PLC0415 - slow, and needs the extra

    answer = check(question)
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def fits_signer(identity: str, patterns: tuple[str, ...]) -> bool:
    """Say whether one of ``patterns`` means ``identity``; ``*`` stands for any characters."""
    return any(_fits(identity, pattern) for pattern in patterns)


def _fits(text: str, pattern: str) -> bool:
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    *middle, last = others
    at, end = len(first), len(text) - len(last)
    if end < at or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
