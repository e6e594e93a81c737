"""CloudFront is told paths: exactly those that changed, or everything when there are too many."""

import re
from xml.etree import ElementTree as ET

import pytest

from publish.purging.batches import batch_of
from support.told import Told
from wheelyard.clock import FrozenClock
from wheelyard.errors import Unavailable
from wheelyard.publish.purging.aws_signature import AwsCredentials, AwsRequest, sign_request
from wheelyard.publish.purging.cloudfront import (
    MOST_PATHS,
    CloudFrontPurger,
    invalidation_url,
    render_invalidation,
    select_paths,
)
from wheelyard.publish.purging.purger import Purged
from wheelyard.settings import Secret
from wheelyard.transport import WebhookClient, WebhookRules

pytestmark = pytest.mark.anyio

CREDENTIALS = AwsCredentials("AKIDEXAMPLE", Secret("hush"), Secret("lent"))
SPACE = "{http://cloudfront.amazonaws.com/doc/2020-05-31/}"


def paths_in(body: bytes) -> list[str]:
    """Return what an invalidation names."""
    root = ET.fromstring(body)  # noqa: S314 - our own
    names = [each.text or "" for each in root.iter(f"{SPACE}Path")]
    assert root.findtext(f"{SPACE}Paths/{SPACE}Quantity") == str(len(names))
    return names


async def purge(told: Told, clock: FrozenClock, paths: list[str], **words: object) -> Purged:
    """Purge these paths."""
    url = invalidation_url("E1", told.url)
    owed = words.pop("owed", 0)
    assert isinstance(owed, int)
    async with WebhookClient(WebhookRules(url)) as client:
        purger = CloudFrontPurger(client, "E1", CREDENTIALS, clock, url, **words)  # type: ignore[arg-type]  # two
        return await purger.purge(batch_of(paths, owed=owed))


async def test_paths_are_invalidated_in_one_signed_request(clock: FrozenClock) -> None:
    """The address and the objects behind it; the reference is that of the batch."""
    with Told() as told:
        told.replies = [201]
        purged = await purge(told, clock, ["/simple/a/", "/packages/a-1.0+x.whl"])

    (heard,) = told.heard
    assert purged is Purged.THESE
    assert heard.path == "/2020-05-31/distribution/E1/invalidation"
    assert paths_in(heard.body) == ["/simple/a/*", "/packages/a-1.0%2Bx.whl"]
    assert b"<CallerReference>i-main-7-x</CallerReference>" in heard.body
    asked = AwsRequest(
        f"{told.url}{heard.path}",
        "us-east-1",
        "cloudfront",
        headers={"Content-Type": "text/xml"},
        body=heard.body,
    )
    signed = sign_request(asked, CREDENTIALS, clock.now())
    assert heard.headers["authorization"] == signed["Authorization"]
    assert heard.headers["x-amz-security-token"] == "lent"
    assert heard.headers["host"] == told.url.removeprefix("http://")


async def test_more_than_may_be_named_is_everything(clock: FrozenClock) -> None:
    """One path instead of thousands; then nothing is owed any more."""
    with Told() as told:
        told.replies = [201]
        purged = await purge(told, clock, ["/packages/x.whl"] * 2, owed=MOST_PATHS + 1)

    assert purged is Purged.EVERYTHING
    assert paths_in(told.heard[0].body) == ["/*"]


async def test_pages_that_have_too_many_names_are_everything(clock: FrozenClock) -> None:
    """It is the names that are counted."""
    pages = [f"/simple/p{number}/" for number in range(MOST_PATHS // 5 + 1)]
    with Told() as told:
        told.replies = [201]
        purged = await purge(told, clock, pages)

    assert purged is Purged.EVERYTHING


async def test_tree_with_views_is_named_in_both(clock: FrozenClock) -> None:
    """The function leads to one of them, and caches may have what either had."""
    with Told() as told:
        told.replies = [201]
        await purge(told, clock, ["/simple/a/", "/simple/"], has_views=True, prefix="/python")

    starts = ("/python", "", "/views/a", "/views/b")
    assert paths_in(told.heard[0].body) == [
        name
        for start in starts
        for name in (f"{start}/simple/a/*", f"{start}/simple/", f"{start}/simple/index.*")
    ]


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "too many"), (403, "CreateInvalidation"), (404, "no distribution"), (500, "500")],
)
async def test_refusal_says_what_to_look_at(clock: FrozenClock, status: int, reason: str) -> None:
    """And nothing of the credentials."""
    with Told() as told:
        told.replies = [status]
        with pytest.raises(Unavailable, match=reason) as caught:
            await purge(told, clock, ["/simple/a/"])

    assert "hush" not in str(caught.value)


def test_list_is_named_without_the_projects_below_it() -> None:
    """`/simple/*` would be every project."""
    assert select_paths(["/simple/"], [""]) == ["/simple/", "/simple/index.*"]


def test_many_pages_are_written_out() -> None:
    """Only few names with a star may be under way at a time."""
    pages = [f"/simple/p{number}/" for number in range(11)]

    named = select_paths(["/simple/", *pages], [""])

    assert not any("*" in name for name in named)
    assert len(named) == 12 * 5
    assert named[:3] == ["/simple/", "/simple/index.html", "/simple/index.html.gz"]


def test_names_are_those_of_what_changed_and_of_nothing_else() -> None:
    """A neighbour whose name begins alike stays where it is."""
    named = select_paths(["/simple/demo/"], [""])

    patterns = [re.escape(name).replace(r"\*", ".*") for name in named]
    for other in ("/simple/demo-two/", "/simple/", "/simple/demo", "/simple/index.html"):
        assert not any(re.fullmatch(pattern, other) for pattern in patterns)
    for own in ("/simple/demo/", "/simple/demo/index.json.gz"):
        assert any(re.fullmatch(pattern, own) for pattern in patterns)


def test_what_xml_does_not_take_is_escaped() -> None:
    """Whatever a path has in it."""
    assert paths_in(render_invalidation(["/a&b<c>"], "x&y")) == ["/a&b<c>"]
