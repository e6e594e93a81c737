"""CloudFront before a bucket: its function, and what is said to AWS in JSON.

The bucket is nobody's but the distribution's. It may be *listed* by it as well, because a store
that may not say what it has says 403 where there is nothing, and 403 is not "does not exist" to an
installer. That is why the function lets no request through that would list it.
"""

import json
from collections.abc import Mapping
from typing import Final

from wheelyard.publish.serving.cloudfront_function import render_function
from wheelyard.publish.serving.site import Site

__all__ = ["render_cloudfront"]

_FAILED: Final = (500, 502, 503, 504)


def render_cloudfront(site: Site) -> Mapping[str, str]:
    """Return the files that set a distribution up, by name."""
    return {
        "function.js": render_function(site),
        "bucket-policy.json": _json(_bucket_policy(site)),
        "cache-policy.json": _json(_cache_policy()),
        "distribution.json": _json(_distribution(site)),
    }


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2) + "\n"


def _bucket_policy(site: Site) -> Mapping[str, object]:
    """Return who may read the bucket."""
    arn = f"arn:aws:s3:::{site.bucket}"
    common = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Condition": {"StringEquals": {"AWS:SourceArn": site.distribution}},
    }
    read = {"Sid": "ReadObjects", **common, "Action": "s3:GetObject", "Resource": f"{arn}/*"}
    tell = {"Sid": "SayWhatIsMissing", **common, "Action": "s3:ListBucket", "Resource": arn}
    return {"Version": "2012-10-17", "Statement": [read, tell]}


def _cache_policy() -> Mapping[str, object]:
    """Return what an object in the cache is told apart by: its path, and nothing else."""
    return {
        "Name": "wheelyard-tree",
        "Comment": "A published tree: the function has made one path of what a client asks for.",
        "DefaultTTL": 60,
        "MinTTL": 0,
        "MaxTTL": 31_536_000,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": False,
            "EnableAcceptEncodingBrotli": False,
            "HeadersConfig": {"HeaderBehavior": "none"},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "none"},
        },
    }


def _distribution(site: Site) -> Mapping[str, object]:
    """Return the distribution; what has to be made first is marked CHANGE."""
    function = "arn:aws:cloudfront::CHANGE:function/wheelyard-tree"
    events = ("viewer-request", "viewer-response")
    associated = [{"FunctionARN": function, "EventType": event} for event in events]
    methods = ["GET", "HEAD"]
    kept = {404: 10, **dict.fromkeys(_FAILED, 1)}
    errors = [{"ErrorCode": code, "ErrorCachingMinTTL": ttl} for code, ttl in kept.items()]
    return {
        "CallerReference": "wheelyard-tree",
        "Comment": "A published tree of Wheelyard",
        "Enabled": True,
        "HttpVersion": "http2and3",
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "tree",
                    "DomainName": f"{site.bucket}.s3.CHANGE-REGION.amazonaws.com",
                    "OriginPath": "",
                    "OriginAccessControlId": "CHANGE",
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "tree",
            "ViewerProtocolPolicy": "redirect-to-https",
            "AllowedMethods": {
                "Quantity": len(methods),
                "Items": methods,
                "CachedMethods": {"Quantity": len(methods), "Items": methods},
            },
            # A wheel must arrive as it is, and pages are compressed already.
            "Compress": False,
            "CachePolicyId": "CHANGE",
            "FunctionAssociations": {"Quantity": len(associated), "Items": associated},
        },
        "CustomErrorResponses": {"Quantity": len(errors), "Items": errors},
    }
