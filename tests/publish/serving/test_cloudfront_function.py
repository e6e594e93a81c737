"""The function before CloudFront's cache: the same choice as the program's, case by case.

Node runs it, with a module in the place of CloudFront's own that has the view that counts.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from scenario.serving import cases
from wheelyard.publish.serving.cloudfront_function import render_function
from wheelyard.publish.serving.site import Site
from wheelyard.wire.negotiate import Form, negotiate, negotiate_encoding

RUN = """
const events = JSON.parse(require('fs').readFileSync(0, 'utf8'));
(async () => {
    const answers = [];
    for (const event of events) {
        answers.push(await handler(event));
    }
    console.log(JSON.stringify(answers));
})();
"""
STORE = """
const cf = { kvs: () => ({ get: async key => { if (!VIEW) throw new Error(key); return VIEW; } }) };
"""
CODINGS: Sequence[str | None] = (*cases.CODED, "gzip;q=0.5, identity", "*", "*;q=0", "x-gzip")


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs the function of a site; what it is asked is a list, because a start costs most."""

    folder: Path
    site: Site
    view: str = ""

    def run(self, events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return what comes of the events."""
        node = shutil.which("node")
        if node is None:
            pytest.skip("node is not installed (Debian's package `nodejs`)")
        script = render_function(self.site)
        if self.site.has_views:
            store = f"const VIEW = {json.dumps(self.view)};{STORE}"
            script = script.replace("import cf from 'cloudfront';", store)
        path = self.folder / "function.js"
        path.write_text(f"'use strict';\n{script}\n{RUN}", "utf-8")
        done = subprocess.run(
            [node, path], input=json.dumps(events).encode(), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return cast("list[dict[str, Any]]", json.loads(done.stdout))

    def ask(self, *requests: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what comes of requests."""
        return self.run(
            [{"context": {"eventType": "viewer-request"}, "request": each} for each in requests]
        )


def request(link: str, **headers: str | None) -> dict[str, Any]:
    """Return a request as CloudFront has it: the path as it came, each header below its name."""
    parts = urlsplit(link)
    query = [word.partition("=")[::2] for word in parts.query.split("&") if word]
    said = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    return {
        "method": "GET",
        "uri": parts.path,
        "querystring": {name: {"value": value} for name, value in query},
        "headers": {name: {"value": value} for name, value in said.items()},
        "cookies": {},
    }


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return what runs the function of a tree at the root."""
    return Runner(tmp_path, Site(every_page_is_packed=True))


def test_page_has_the_form_that_the_program_would_choose(runner: Runner) -> None:
    """For every `Accept` of the table."""
    requests = [request("/simple/demo/", accept=accept) for accept in cases.ACCEPTS]

    answers = runner.ask(*requests)

    for accept, answer in zip(cases.ACCEPTS, answers, strict=True):
        kind = "json" if negotiate(accept) is Form.JSON else "html"
        assert answer["uri"] == f"/simple/demo/index.{kind}", accept


def test_page_comes_in_gzip_where_the_program_would_compress(runner: Runner) -> None:
    """For every `Accept-Encoding` of the table, except that there is no other coding."""
    requests = [request("/simple/", accept_encoding=coding) for coding in CODINGS]

    answers = runner.ask(*requests)

    for coding, answer in zip(CODINGS, answers, strict=True):
        is_packed = negotiate_encoding(coding) == "gzip" or (
            "gzip" in (coding or "") and negotiate_encoding(coding) == "zstd"
        )
        assert answer["uri"] == f"/simple/index.html{'.gz' * is_packed}", coding


def test_page_comes_as_it_is_where_not_every_page_is_compressed(tmp_path: Path) -> None:
    """Nobody can know in advance whether one is there, and 404 says that it does not exist."""
    runner = Runner(tmp_path, Site(every_page_is_packed=False))

    (answer,) = runner.ask(request("/simple/demo/", accept_encoding="gzip"))

    assert answer["uri"] == "/simple/demo/index.html"


@pytest.mark.parametrize("prefix", ["", "/python/index"])
def test_object_is_asked_for_where_it_is_in_the_bucket(tmp_path: Path, prefix: str) -> None:
    """Each of the table, with the path below the prefix; a plus is encoded."""
    runner = Runner(tmp_path, Site(prefix=prefix))

    answers = runner.ask(*(request(prefix + address.link) for address in cases.ADDRESSES))

    for address, answer in zip(cases.ADDRESSES, answers, strict=True):
        assert answer["uri"] == "/" + address.object_path.replace("+", "%2B")


@pytest.mark.parametrize("prefix", ["", "/python"])
def test_what_is_not_in_the_tree_never_reaches_the_bucket(tmp_path: Path, prefix: str) -> None:
    """Above all not its root, which would be a list of everything."""
    runner = Runner(tmp_path, Site(prefix=prefix))
    paths = ["/views/a/simple/demo/", "/.wheelyard/draft", "/current", "/packages/", "/elsewhere"]
    others = ["/simple/demo/index.json.gz", "/simple/..%2f..%2f/", "/simple/%ff/", "//", "/-/"]
    outside = ["/other/simple/demo/", "/pythonic/simple/"] if prefix else []

    answers = runner.ask(
        *(request(prefix + each) for each in (*paths, *others)), *map(request, outside)
    )

    assert {answer.get("statusCode") for answer in answers} == {404}


@pytest.mark.parametrize(
    ("link", "status", "location"),
    [
        ("/", 302, "simple/"),
        ("/simple", 301, "simple/"),
        ("/simple/demo", 301, "demo/"),
        ("/simple/demo?format=text/html&x=1", 301, "demo/?format=text/html&x=1"),
        ("/simple/Foo_Bar/", 301, "../foo-bar/"),
        ("/simple/Foo..Bar", 301, "foo-bar/"),
        ("/simple/foo%2DBAR/", 301, "../foo-bar/"),
    ],
)
def test_address_that_is_not_the_one_leads_there(
    runner: Runner, link: str, status: int, location: str
) -> None:
    """Relative, so that it holds below any path."""
    (answer,) = runner.ask(request(link))

    assert answer["statusCode"] == status
    assert answer["headers"]["location"]["value"] == location


@pytest.mark.parametrize(
    ("view", "start"), [("a", "/views/a"), ("b", "/views/b"), ("", "/views/a")]
)
def test_pages_of_a_tree_with_views_are_those_of_the_one_that_counts(
    tmp_path: Path, view: str, start: str
) -> None:
    """The store of keys and values says which; files are there once. Without it, it is `a`."""
    runner = Runner(tmp_path, Site(has_views=True), view)
    wheel = cases.link_to(cases.WHEEL)

    answers = runner.ask(
        request("/simple/demo/"), request("/wheelyard.json"), request(wheel), request("/simple/X/")
    )

    uris = [answer.get("uri") for answer in answers]
    assert uris == [f"{start}/simple/demo/index.html", f"{start}/wheelyard.json", wheel, None]


def test_header_that_came_several_times_is_one_list(runner: Runner) -> None:
    """As HTTP has it."""
    asked = request("/simple/demo/")
    values = [{"value": "text/html;q=0.5"}, {"value": cases.JSON}]
    asked["headers"]["accept"] = {"value": cases.JSON, "multiValue": values}

    (answer,) = runner.ask(asked)

    assert answer["uri"].endswith("index.json")


def test_answer_says_what_it_was_chosen_by(runner: Runner) -> None:
    """For the caches behind CloudFront; a file was not chosen, and an error is left alone."""

    def event(uri: str, status: int) -> dict[str, Any]:
        response = {"statusCode": status, "headers": {"etag": {"value": '"1"'}}}
        context = {"eventType": "viewer-response"}
        return {"context": context, "request": request(uri), "response": response}

    page, file, missing = runner.run(
        [event("/simple/demo/", 200), event("/packages/x.whl", 206), event("/simple/x/", 404)]
    )

    assert page["headers"]["vary"] == {"value": "Accept, Accept-Encoding"}
    assert "vary" not in file["headers"]
    assert file["headers"]["access-control-allow-origin"] == {"value": "*"}
    assert missing["headers"] == {"etag": {"value": '"1"'}}


@pytest.mark.parametrize("has_views", [False, True])
def test_function_is_small_enough(has_views: bool) -> None:  # noqa: FBT001 - a column
    """CloudFront takes no more than 10 KB."""
    site = Site(has_views=has_views, prefix="/a/rather/long/path/below/which/it/is")

    assert len(render_function(site).encode()) < 10_000
