"""Signatures of requests to AWS, against those that AWS has published."""

from datetime import UTC, datetime

import pytest

from wheelyard.clock import Instant
from wheelyard.publish.purging.aws_signature import (
    AwsCredentials,
    AwsRequest,
    read_aws_credentials,
    sign_request,
)
from wheelyard.settings import Secret

NOW = Instant(datetime(2015, 8, 30, 12, 36, tzinfo=UTC).timestamp())
CREDENTIALS = AwsCredentials("AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
URL = "https://example.amazonaws.com/"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def request(url: str = URL, method: str = "GET", **words: object) -> AwsRequest:
    """Return a request to the service of the test suite."""
    return AwsRequest(url, "us-east-1", "service", method, **words)  # type: ignore[arg-type]  # two


@pytest.mark.parametrize(
    ("asked", "signature"),
    [
        pytest.param(
            request(),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            id="get-vanilla",
        ),
        pytest.param(
            request(f"{URL}?Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            id="get-vanilla-query-order-key-case",
        ),
        pytest.param(
            request(headers={"My-Header1": " value1", "My-Header2": ' "a   b   c"'}),
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
            id="get-header-value-trim",
        ),
        pytest.param(
            request(method="POST"),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            id="post-vanilla",
        ),
        pytest.param(
            request(method="POST", headers={"My-Header1": "value1"}),
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
            id="post-header-key-sort",
        ),
        pytest.param(
            request(method="POST", headers=FORM, body=b"Param1=value1"),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            id="post-x-www-form-urlencoded",
        ),
        pytest.param(
            AwsRequest(
                "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
                "us-east-1",
                "iam",
                "GET",
                {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
            ),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            id="the-worked-example",
        ),
    ],
)
def test_signature_is_the_published_one(asked: AwsRequest, signature: str) -> None:
    """Of AWS's own test suite, and of the example that its documentation works out."""
    headers = sign_request(asked, CREDENTIALS, NOW)

    assert headers["Authorization"].endswith(f"Signature={signature}")


def test_signed_headers_are_named_in_order_and_sent_along() -> None:
    """With the moment, and the scope in which the key counts."""
    headers = sign_request(request(headers=FORM), CREDENTIALS, NOW)

    assert headers["X-Amz-Date"] == "20150830T123600Z"
    assert headers["Content-Type"] == FORM["Content-Type"]
    assert headers["Authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, Signature="
    )


def test_token_of_lent_credentials_is_signed_too() -> None:
    """So that it cannot be exchanged."""
    lent = AwsCredentials("AKIDEXAMPLE", CREDENTIALS.secret, Secret("AQoDYXdz"))

    headers = sign_request(request(), lent, NOW)

    assert headers["X-Amz-Security-Token"] == "AQoDYXdz"
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token," in headers["Authorization"]


def test_credentials_come_from_the_environment() -> None:
    """Under the names that AWS gives them; half of them are none."""
    names = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "hush"}

    assert read_aws_credentials(names) == AwsCredentials("id", Secret("hush"))
    lent = read_aws_credentials({**names, "AWS_SESSION_TOKEN": "t"})
    assert lent == AwsCredentials("id", Secret("hush"), Secret("t"))
    assert read_aws_credentials({"AWS_ACCESS_KEY_ID": "id"}) is None
    assert "hush" not in repr(lent)
