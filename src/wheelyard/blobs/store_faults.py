"""What an object store, or the way to it, had to say, in our words and without its details.

The library's messages hold whole URLs, which may be signed, and pages of debugging. Of these only
an HTTP status, the store's own error code and a few known words are looked at.
"""

import re
from typing import Final

__all__ = ["explain", "is_missing_bucket"]

_CODE: Final = re.compile(r"<Code>([A-Za-z]{1,64})</Code>")
_STATUS: Final = re.compile(r"status code: ([0-9]{3})")

_MISSING_BUCKET: Final = frozenset({"NoSuchBucket", "ContainerNotFound"})

_BY_CODE: Final = {
    "AccessDenied": "the credentials may not do that; allow them to list, read, write and delete",
    "AccountIsDisabled": "the account is disabled",
    "AuthenticationFailed": "it does not believe the credentials; check them in the environment",
    "AuthorizationHeaderMalformed": "the bucket is in another region; set the region",
    "EntityTooLarge": "it takes no object of that size",
    "ExpiredToken": "the credentials have expired; get new ones",
    "InvalidAccessKeyId": "it does not know the access key; check it in the environment",
    "InvalidBucketName": "it takes no bucket of that name",
    "NoSuchUpload": "the upload was ended by somebody else",
    "PermanentRedirect": "the bucket is in another region; set the region or the endpoint",
    "QuotaExceeded": "its quota is used up; make room there",
    "RequestTimeTooSkewed": "the clock of this machine is wrong; set it",
    "SignatureDoesNotMatch": "the secret key is wrong; check it in the environment",
    "SlowDown": "it asks for patience; publish with less concurrency",
    "ServerBusy": "it asks for patience; publish with less concurrency",
} | dict.fromkeys(_MISSING_BUCKET, "there is no such bucket; make it, or correct its name")

_BY_STATUS: Final = {
    400: "it does not understand the request; check endpoint and region",
    401: "it wants other credentials; check them in the environment",
    403: "the credentials may not do that; allow them to list, read, write and delete",
    404: "there is no such bucket; make it, or correct its name",
    412: "somebody else has changed the object meanwhile",
    429: "it asks for patience; publish with less concurrency",
    507: "it is full; make room there",
}

_ANSWERED: Final = "it answered with the status"
_FAILED: Final = "the connection failed"

_NO_CREDENTIALS: Final = ("169.254.169.254", "TokenRequest", "MissingAccount")
"""Without any, the machine is asked whether it has some, as machines of the providers do."""

_BY_WORDS: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("Precondition {",), _BY_STATUS[412]),
    (("dns error",), "its host has no address; check the endpoint"),
    (("ConnectionRefused",), "nobody listens at its endpoint; check that it runs"),
    (("BadScheme",), "its endpoint is plain HTTP, which is not allowed"),
    (("InvalidCertificate", "CertificateError", "UnknownIssuer"), "its certificate is not valid"),
    (("InvalidContentType", "InvalidMessage"), "its endpoint does not speak TLS"),
    (("kind: Timeout", "TimedOut"), "it did not answer in time"),
    (("IncompleteMessage", "ConnectionReset", "BrokenPipe"), "it broke the connection off"),
    (("NetworkUnreachable", "HostUnreachable"), "there is no way to its endpoint"),
)


_OF_OBJECTS: Final = frozenset(
    {
        *(_BY_CODE[code] for code in ("AccessDenied", "EntityTooLarge", "NoSuchUpload")),
        *(_BY_STATUS[status] for status in (403, 412)),
        _FAILED,
    }
)
"""What may be so for one object and not for another; the rest is told of the store alone."""


def explain(text: str, credentials: str, key: str = "") -> str:
    """Return the reason for a failure at ``key`` that the library describes with ``text``.

    ``credentials`` says how they are set.
    """
    reason = _reason(text, credentials)
    is_of_one = reason in _OF_OBJECTS or reason.startswith(_ANSWERED)
    return f"at `{key}`, {reason}" if key and is_of_one else reason


def _reason(text: str, credentials: str) -> str:
    """Return the reason, wherever it was."""
    if any(word in text for word in _NO_CREDENTIALS):
        return f"there are no credentials; set {credentials}"
    status = _STATUS.search(text)
    code = _CODE.search(text)
    if code is not None and code[1] in _BY_CODE:
        return _BY_CODE[code[1]]
    if status is not None:
        known = _BY_STATUS.get(int(status[1]))
        return known or f"{_ANSWERED} {status[1]}"
    for words, reason in _BY_WORDS:
        if any(word in text for word in words):
            return reason
    return _FAILED


def is_missing_bucket(text: str) -> bool:
    """Say whether what was not found is the bucket, and not an object in it."""
    code = _CODE.search(text)
    return code is not None and code[1] in _MISSING_BUCKET
