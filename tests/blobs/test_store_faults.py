"""What a store had to say, without its details."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.blobs.store_faults import explain, is_missing_bucket

STATUS = "Error performing PUT https://s/b?sig=hush in 1ms - Server returned non-2xx status code: "


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{STATUS}403 Forbidden: <Code>InvalidAccessKeyId</Code>", "does not know the access key"),
        (f"{STATUS}403 Forbidden: <Code>SignatureDoesNotMatch</Code>", "the secret key is wrong"),
        (f"{STATUS}403 Forbidden: ", "the credentials may not do that"),
        (f"{STATUS}403 Forbidden: <Code>Unheard</Code>", "the credentials may not do that"),
        (f"{STATUS}404 Not Found: <Code>NoSuchBucket</Code>", "no such bucket"),
        (f"{STATUS}404 Not Found: <Code>ContainerNotFound</Code>", "no such bucket"),
        (f"{STATUS}503 Slow Down: <Code>SlowDown</Code>", "asks for patience"),
        (f"{STATUS}500 Internal Server Error: ", "answered with the status 500"),
        (f"{STATUS}507 Insufficient Storage: ", "it is full"),
        ('ConnectError("tcp connect error", Os {kind: ConnectionRefused})', "nobody listens"),
        ('ConnectError("dns error", ...)', "has no address"),
        ("HttpError { kind: Timeout, source: TimedOut }", "did not answer in time"),
        ("source: BadScheme", "plain HTTP"),
        ("InvalidMessage(InvalidContentType)", "does not speak TLS"),
        ("PUT http://169.254.169.254/latest/api/token: 403 Forbidden", "set the KEYS"),
        ("something new", "the connection failed"),
    ],
)
def test_failure_has_a_reason(text: str, reason: str) -> None:
    """It says what to do where anything can be done."""
    assert reason in explain(text, "the KEYS")


def test_object_is_named_where_it_matters() -> None:
    """Whoever gave no credentials does not need to know which object was asked for first."""
    assert explain(f"{STATUS}500 Oh: ", "", "a") == "at `a`, it answered with the status 500"
    assert explain(f"{STATUS}403 Forbidden: ", "", "a").startswith("at `a`, the credentials may")
    assert explain("169.254.169.254", "KEYS", "a") == "there are no credentials; set KEYS"
    assert explain(f"{STATUS}404: <Code>NoSuchBucket</Code>", "", "a").startswith("there is no")


@given(st.text())
def test_reason_never_repeats_the_text(text: str) -> None:
    """Signed URLs and the bodies of answers stay where they are."""
    assert "hush-hush" not in explain(f"{text} hush-hush {STATUS}418 {text}", "the KEYS")


def test_missing_bucket_is_told_from_a_missing_object() -> None:
    """Both are the status 404."""
    assert is_missing_bucket("404 Not Found: <Code>NoSuchBucket</Code>")
    assert not is_missing_bucket("404 Not Found: <Code>NoSuchKey</Code>")
    assert not is_missing_bucket("404 Not Found: ")
