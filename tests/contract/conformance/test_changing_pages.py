"""What changes upstream changes here with the next reading: section 1.7, both ways."""

import pytest

from contract.conformance.asking import HTML, Answer
from contract.conformance.pages import read_html
from contract.conformance.serving import Site
from support.packages import Package, make_wheel
from support.simulator import change_headers

SHORT_LIVED = change_headers({"Cache-Control": "max-age=0"})


def have_held(site: Site, *packages: Package) -> None:
    """Have packages upstream, on a page that is held here and asked for each time."""
    (name,) = {package.name for package in packages}
    site.upstream.fault(f"/simple/{name}/", SHORT_LIVED)
    site.upstream.add(*packages)
    site.client.page(name)


def yanks_of(page: Answer) -> list[object]:
    """Return what a page says of the yank of each file."""
    return [file["yanked"] for file in page.json()["files"]]


def test_yank_comes_and_goes_with_the_upstreams(troubled: Site) -> None:
    """A yank is taken back as easily as it is made, in both forms, and the file is served on."""
    package = make_wheel("yanked-for-a-while", "1.0")
    have_held(troubled, package)
    path = f"/simple/{package.name}/"
    troubled.upstream.add(package, yanked="too early")
    yanked = troubled.client.until(path, lambda page: yanks_of(page) == ["too early"])
    html = read_html(troubled.client.page(package.name, HTML).body)
    file = troubled.client.ask(yanked.file(package.filename)["url"])
    troubled.upstream.add(package)

    restored = troubled.client.until(path, lambda page: yanks_of(page) == [False])

    assert html.anchor(package.filename).attributes["data-yanked"] == "too early"
    assert file.body == package.content
    assert len({yanked["etag"], restored["etag"]}) == 2
    again = read_html(troubled.client.page(package.name, HTML).body)
    assert "data-yanked" not in again.anchor(package.filename).attributes


@pytest.mark.parametrize("accept", [HTML, "application/vnd.pypi.simple.v1+json"])
def test_deleted_file_leaves_the_page(troubled: Site, accept: str) -> None:
    """And its version with it, while the others stay: one file of three is no outage."""
    name = f"deleted-{'html' if accept == HTML else 'json'}"
    packages = [make_wheel(name, version) for version in ("1.0", "1.1", "1.2")]
    have_held(troubled, *packages)
    troubled.upstream.remove(packages[0].filename)

    page = troubled.client.until(
        f"/simple/{name}/", lambda page: packages[0].filename not in page.text, accept
    )

    assert all(package.filename in page.text for package in packages[1:])
    assert troubled.client.page(name).json()["versions"] == ["1.1", "1.2"]


def test_quarantine_that_is_lifted_gives_the_files_back(troubled: Site) -> None:
    """What was refused in between had stayed in the store: nobody fetches it a second time."""
    package = make_wheel("quarantined-for-a-while", "1.0")
    have_held(troubled, package)
    path = f"/simple/{package.name}/"
    url = troubled.client.page(package.name).file(package.filename)["url"]
    troubled.client.ask(url)
    troubled.upstream.status(package.name, "quarantined", "a false alarm")
    troubled.client.until(path, lambda page: not page.json()["files"])
    refused = troubled.client.ask(url)
    troubled.upstream.status(package.name, None)

    troubled.client.until(path, lambda page: bool(page.json()["files"]))

    assert refused.status in {403, 404}
    assert troubled.client.ask(url).body == package.content
    assert troubled.upstream.count(f"*/{package.filename}") == 1
