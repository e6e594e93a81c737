"""What AWS is told in JSON of a tree in a bucket, and of the distribution before it."""

import json

from wheelyard.publish.serving.cloudfront import render_cloudfront
from wheelyard.publish.serving.site import Site


def test_bucket_is_read_by_the_distribution_alone() -> None:
    """It may say what is missing; else a missing object would be 403, which is no answer."""
    site = Site(bucket="acme-tree", distribution="arn:aws:cloudfront::1:distribution/E1")

    policy = json.loads(render_cloudfront(site)["bucket-policy.json"])

    read, tell = policy["Statement"]
    assert (read["Action"], read["Resource"]) == ("s3:GetObject", "arn:aws:s3:::acme-tree/*")
    assert (tell["Action"], tell["Resource"]) == ("s3:ListBucket", "arn:aws:s3:::acme-tree")
    for statement in policy["Statement"]:
        assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert statement["Condition"]["StringEquals"] == {"AWS:SourceArn": site.distribution}


def test_cache_of_the_distribution_knows_objects_by_their_path_alone() -> None:
    """The function has made one path of it, and nothing is compressed a second time."""
    files = render_cloudfront(Site())
    policy = json.loads(files["cache-policy.json"])
    behaviour = json.loads(files["distribution.json"])["DefaultCacheBehavior"]

    key = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["HeadersConfig"] == {"HeaderBehavior": "none"}
    assert not key["EnableAcceptEncodingGzip"]
    assert policy["MinTTL"] == 0
    assert behaviour["Compress"] is False
    assert behaviour["AllowedMethods"]["Items"] == ["GET", "HEAD"]
    associated = behaviour["FunctionAssociations"]["Items"]
    assert [each["EventType"] for each in associated] == ["viewer-request", "viewer-response"]


def test_what_is_missing_is_forgotten_soon() -> None:
    """A project that comes is there within seconds, and an outage is over when it is."""
    document = json.loads(render_cloudfront(Site())["distribution.json"])

    kept = {
        each["ErrorCode"]: each["ErrorCachingMinTTL"]
        for each in document["CustomErrorResponses"]["Items"]
    }
    assert kept == {404: 10, 500: 1, 502: 1, 503: 1, 504: 1}
