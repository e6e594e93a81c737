"""Pages made from upstreams that say less than PyPI, or say it otherwise: the statements hold."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest

from contract.conformance.asking import HTML, JSON, V1_HTML, Answer
from contract.conformance.pages import read_html
from contract.conformance.schema import Page
from contract.conformance.serving import Site, serving
from support.packages import make_sdist, make_wheel
from support.simulator import (
    AUTOINDEX,
    BARE,
    CORPORATE,
    PYPI,
    TWO_HOSTS,
    running_simulator,
)

STYLES = {
    "corporate": CORPORATE,
    "bare": BARE,
    "autoindex": AUTOINDEX,
    "two-hosts": TWO_HOSTS,
    "base-href": replace(PYPI, json=False, links="base-href"),
}
WHEEL, SDIST = make_wheel("Spare.Parts", "1.0"), make_sdist("Spare.Parts", "1.0")
LOCAL = make_wheel("Spare.Parts", "2.0+local.1")
PACKAGES = {package.filename: package for package in (WHEEL, SDIST, LOCAL)}


@pytest.fixture(scope="module", params=STYLES)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A server in front of an upstream of each style."""
    with running_simulator(STYLES[request.param]) as upstream:
        upstream.add(*PACKAGES.values())
        with serving(upstream.url, tmp_path_factory.mktemp("data")) as client:
            yield Site(client, upstream)


def test_page_is_valid_in_every_form(site: Site) -> None:
    """C-11, C-12, C-22 and C-29: strict HTML, and JSON of the highest version that it can be."""
    page = msgspec.json.decode(site.client.page("spare-parts").body, type=Page)
    sized = all(file.size is not None for file in page.files)

    assert page.meta.api_version == ("1.4" if sized else "1.0")
    assert {file.filename for file in page.files} == PACKAGES.keys()
    for accept in (HTML, V1_HTML):
        anchors = read_html(site.client.page("spare-parts", accept).body).anchors
        assert {anchor.text for anchor in anchors} == PACKAGES.keys()


def test_hash_that_is_stated_is_the_right_one(site: Site) -> None:
    """C-13: the digest of the bytes, or none as long as nobody knows it."""
    for anchor in read_html(site.client.page("spare-parts", HTML).body).anchors:
        assert anchor.fragment in {"", f"sha256={PACKAGES[anchor.text].sha256}"}


def test_file_is_sent_and_then_known(site: Site) -> None:
    """C-32 and C-46: right bytes, and from then on its size, digest and metadata on the page."""
    for filename, package in PACKAGES.items():
        url = site.client.page("spare-parts").file(filename)["url"]
        assert site.client.ask(url).body == package.content
        assert site.client.ask(url)["etag"] == f'"{package.sha256}"'

    page = site.client.until("/simple/spare-parts/", knows_everything)

    for filename, package in PACKAGES.items():
        file = page.file(filename)
        assert file["hashes"]["sha256"] == package.sha256
        assert file.get("size", package.size) == package.size
        if package.metadata is not None:
            metadata = site.client.ask(f"{file['url']}.metadata").body
            assert metadata == package.metadata
            assert file["core-metadata"] == {"sha256": hashlib.sha256(metadata).hexdigest()}


def knows_everything(page: Answer) -> bool:
    """Say whether a page has the digest of every file, and advertises metadata of the wheels."""
    files = page.json()["files"]
    wheels = [file for file in files if file["filename"].endswith(".whl")]
    return all(file["hashes"] for file in files) and all(
        file.get("core-metadata") for file in wheels
    )


def test_old_address_of_a_file_goes_on_to_work(site: Site) -> None:
    """A client may hold the page from before the digest was known."""
    urls = [site.client.page("spare-parts").file(filename)["url"] for filename in PACKAGES]
    for url in urls:
        site.client.ask(url)
    site.client.until(
        "/simple/spare-parts/",
        lambda page: all(file["hashes"] for file in page.json()["files"]),
    )

    for url, package in zip(urls, PACKAGES.values(), strict=True):
        assert site.client.ask(url).body == package.content
        assert site.client.ask(url, method="HEAD").status == 200


def test_root_lists_the_project(site: Site) -> None:
    """C-19 and C-21, whatever the root looks like upstream."""
    root = site.client.ask("/simple/", {"Accept": JSON})

    names = [entry["name"].lower().replace(".", "-") for entry in root.json()["projects"]]
    anchors = read_html(site.client.ask("/simple/", {"Accept": HTML}).body).anchors
    assert names == ["spare-parts"]
    assert [anchor.href for anchor in anchors] == ["spare-parts/"]


def test_document_is_there(site: Site) -> None:
    """C-88 and C-91: with a JSON API upstream or without."""
    document = site.client.ask("/pypi/spare-parts/json").json()

    assert document["info"]["version"] == "2.0+local.1"
    assert document["releases"].keys() == {"1.0", "2.0+local.1"}
    for file in document["urls"]:
        assert site.client.ask(file["url"]).body == PACKAGES[file["filename"]].content
