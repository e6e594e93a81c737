"""What a URL and the environment say about a bucket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.blobs.store_urls import StoreUrl, parse_store_url, read_store_options
from wheelyard.errors import BadInput, ConfigError

S3 = StoreUrl("s3", "bucket")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("s3://bucket", StoreUrl("s3", "bucket")),
        ("s3://bucket/", StoreUrl("s3", "bucket")),
        ("S3://bucket/a/b", StoreUrl("s3", "bucket", "a/b/")),
        ("gs://bucket/a//", StoreUrl("gs", "bucket", "a/")),
        ("az://container/%20a", StoreUrl("az", "container", "%20a/")),
    ],
)
def test_url_names_a_bucket_and_a_place_in_it(text: str, url: StoreUrl) -> None:
    """The prefix is taken as it is: buckets know no percent-encoding."""
    assert parse_store_url(text) == url
    assert parse_store_url(str(url)) == url


@pytest.mark.parametrize(
    "text",
    [
        *("", "bucket", "http://bucket", "s3:bucket", "s3://", "s3:///a", "s3://[", "s3://b/a//b"),
        "s3://b/../c",
        "s3://b/./c",
        "s3://b/a\nb",
        "s3://b?x",
        "s3://b#x",
        "s3://u:p@b",
        "s3://b/..",
    ],
)
def test_text_that_names_no_bucket_is_refused(text: str) -> None:
    """With a sentence that has an example."""
    with pytest.raises(BadInput, match="s3://"):
        parse_store_url(text)


@given(st.text(max_size=30))
def test_any_text_is_a_bucket_or_refused(text: str) -> None:
    """Nothing else is raised, and what was taken says the same when it is written out."""
    try:
        url = parse_store_url(f"s3://{text}")
    except BadInput:
        return

    assert parse_store_url(str(url)) == url


def test_secret_in_a_url_is_not_repeated() -> None:
    """Messages end up in logs."""
    with pytest.raises(BadInput) as caught:
        parse_store_url("az://me:hush@container?sig=hush")

    assert "hush" not in str(caught.value)
    assert "AZURE_STORAGE_ACCOUNT_KEY" in str(caught.value)


def test_options_come_from_the_variables_of_the_provider() -> None:
    """The first of several names counts; the rest of the environment is nobody's business."""
    environment = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "https://one.example",
        "AWS_ENDPOINT_URL_S3": "https://two.example",
        "AWS_SESSION_TOKEN": "",
        "AZURE_STORAGE_ACCOUNT_KEY": "other",
    }

    options, is_plain = read_store_options(S3, environment)

    assert not is_plain
    assert options == {
        "access_key_id": "key",
        "secret_access_key": "hush",
        "region": "eu-west-1",
        "endpoint": "https://two.example",
    }


def test_store_without_a_region_has_the_usual_one() -> None:
    """Stores other than Amazon's rarely have any."""
    assert read_store_options(S3, {}) == ({"region": "us-east-1"}, False)


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:9000", "http://127.1.2.3"],
)
def test_plain_http_on_this_machine_is_taken(endpoint: str) -> None:
    """Nobody is on the way."""
    assert read_store_options(S3, {"AWS_ENDPOINT_URL": endpoint})[1]


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "yes"])
def test_plain_http_elsewhere_is_taken_when_it_is_wanted(word: str) -> None:
    """The environment says so."""
    environment = {"AWS_ENDPOINT_URL": "http://store.example", "AWS_ALLOW_HTTP": word}

    assert read_store_options(S3, environment)[1]


@pytest.mark.parametrize("word", ["", "false", "0"])
@pytest.mark.parametrize(
    ("url", "endpoint", "wish"),
    [
        (S3, "AWS_ENDPOINT_URL", "AWS_ALLOW_HTTP"),
        (StoreUrl("gs", "b"), "GOOGLE_BASE_URL", "GOOGLE_ALLOW_HTTP"),
        (StoreUrl("az", "b"), "AZURE_STORAGE_ENDPOINT", "AZURE_ALLOW_HTTP"),
    ],
)
def test_plain_http_elsewhere_is_refused(
    url: StoreUrl, endpoint: str, wish: str, word: str
) -> None:
    """Whoever is on the way could change every package."""
    with pytest.raises(ConfigError, match=f"`{wish}=true`"):
        read_store_options(url, {endpoint: "http://store.example", wish: word})


@pytest.mark.parametrize("endpoint", ["store.example", "ftp://a", "https://me:hush@store.example"])
def test_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    """And a secret in it is not repeated."""
    with pytest.raises(ConfigError, match="is no endpoint") as caught:
        read_store_options(S3, {"AWS_ENDPOINT_URL": endpoint})

    assert "hush" not in str(caught.value)
