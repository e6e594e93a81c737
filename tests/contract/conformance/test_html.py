"""The HTML form: statements C-11 to C-20, and section 1.3 of the notes on standards."""

import re
from urllib.parse import urlsplit

import pytest

from contract.conformance.asking import HTML, JSON, V1_HTML, Client
from contract.conformance.contents import DIFFICULT_PYTHON, DIFFICULT_REASON, PROJECTS
from contract.conformance.pages import HtmlPage, read_html
from contract.conformance.serving import Site
from support.packages import make_wheel

SHA256 = re.compile(r"sha256=[0-9a-f]{64}")


def page_of(client: Client, name: str) -> HtmlPage:
    """Return the HTML page of a project, read strictly."""
    return read_html(client.page(name, HTML).body)


@pytest.mark.parametrize("accept", [HTML, V1_HTML])
@pytest.mark.parametrize("path", ["", *(f"{name}/" for name in PROJECTS)])
def test_c11_page_is_html5_without_a_mistake(client: Client, path: str, accept: str) -> None:
    """A strict reader finds nothing to forgive."""
    answer = client.ask(f"/simple/{path}", {"Accept": accept})

    assert answer.body.startswith(b"<!DOCTYPE html>")
    assert "pypi:repository-version" in read_html(answer.body).metas


@pytest.mark.parametrize("name", PROJECTS)
def test_c12_one_anchor_per_file_named_as_the_file(client: Client, name: str) -> None:
    """No link leads anywhere but to a file of the project."""
    files = client.page(name).json()["files"]

    anchors = page_of(client, name).anchors

    assert [each.text for each in anchors] == [each["filename"] for each in files]
    assert [each.filename for each in anchors] == [each.text for each in anchors]


@pytest.mark.parametrize("name", PROJECTS)
def test_c13_every_href_has_one_sha256(client: Client, name: str) -> None:
    """One algorithm that everybody knows: uv refuses a fragment of any other."""
    for anchor in page_of(client, name).anchors:
        assert anchor.href.count("#") == 1
        assert SHA256.fullmatch(anchor.fragment)


def test_c14_requires_python_is_escaped_and_comes_back(client: Client) -> None:
    """What a reader gets is what upstream said, quotes and all; on the wire nothing is raw."""
    answer = client.page("difficult", HTML)

    anchor = read_html(answer.body).anchor("difficult-1.0-py3-none-any.whl")

    assert anchor.attributes["data-requires-python"] == DIFFICULT_PYTHON
    assert b'data-requires-python="&gt;=3.8' in answer.body
    assert b'data-requires-python="&gt;=3.8"' in client.page("foo-bar", HTML).body


def test_c15_yanked_file_says_so_and_why(client: Client) -> None:
    """Without a reason the value is empty; a file that is not yanked has no attribute at all."""
    plain, silent, reasoned = page_of(client, "yanked").anchors

    assert "data-yanked" not in plain.attributes
    assert silent.attributes["data-yanked"] == ""
    assert reasoned.attributes["data-yanked"] == "withdrawn"


def test_c15_reason_of_a_yank_is_escaped(client: Client) -> None:
    """A reason with every special character comes back as it was said."""
    answer = client.page("difficult", HTML)

    anchor = read_html(answer.body).anchor("difficult-2.0-py3-none-any.whl")

    assert anchor.attributes["data-yanked"] == DIFFICULT_REASON
    assert b"<b>" not in answer.body


@pytest.mark.parametrize("name", PROJECTS)
def test_c16_metadata_is_advertised_alike_under_both_names(client: Client, name: str) -> None:
    """The old attribute is for pip 22.3 to 23.1, and must not say anything else."""
    for anchor in page_of(client, name).anchors:
        said = anchor.attributes.get("data-core-metadata")
        assert anchor.attributes.get("data-dist-info-metadata", said) == said
        assert said is None or SHA256.fullmatch(said)


def test_c16_wheel_of_upstream_advertises_metadata(client: Client) -> None:
    """There is something to be compared in the test above."""
    anchor = page_of(client, "foo-bar").anchor("foo_bar-1.0-py3-none-any.whl")

    assert "data-core-metadata" in anchor.attributes


@pytest.mark.parametrize("path", ["", *(f"{name}/" for name in PROJECTS)])
def test_c17_version_of_the_repository_is_stated(client: Client, path: str) -> None:
    """HTML is frozen at 1.4. Source: PEP 833."""
    page = read_html(client.ask(f"/simple/{path}", {"Accept": HTML}).body)

    major, minor = page.metas["pypi:repository-version"].split(".")
    assert (int(major), int(minor)) <= (1, 4)
    assert int(major) == 1


@pytest.mark.parametrize("name", PROJECTS)
def test_c18_provenance_is_at_a_secure_origin(client: Client, name: str) -> None:
    """https, or loopback as in these tests. Source: PEP 740."""
    for anchor in page_of(client, name).anchors:
        said = urlsplit(anchor.attributes.get("data-provenance", "https://index.example/"))
        assert said.scheme == "https" or said.hostname == "127.0.0.1"
        assert said.netloc
        assert said.path.startswith("/")


def test_c18_provenance_is_passed_on(client: Client) -> None:
    """There is something to be compared in the test above."""
    (anchor,) = page_of(client, "provenance").anchors

    assert anchor.attributes["data-provenance"].endswith("/provenance")


def test_c19_root_has_one_relative_link_per_project(client: Client) -> None:
    """Names are cut out of the hrefs by poetry; easy_install compares the texts."""
    page = read_html(client.ask("/simple/", {"Accept": HTML}).body)
    listed = client.ask("/simple/", {"Accept": JSON}).json()["projects"]

    assert sorted(each.href for each in page.anchors) == sorted(f"{name}/" for name in PROJECTS)
    assert [each.text for each in page.anchors] == [entry["name"] for entry in listed]
    assert "Foo.Bar" in {each.text for each in page.anchors}


@pytest.mark.parametrize("name", ["archived", "deprecated", "quarantined"])
def test_c20_status_is_stated(client: Client, name: str) -> None:
    """A project that is not active says so, and why. Source: PEP 792."""
    metas = page_of(client, name).metas

    assert metas["pypi:project-status"] == name
    assert metas["pypi:project-status-reason"] == f"because it is {name}"


def test_c20_active_project_states_nothing(client: Client) -> None:
    """The ordinary case stays as every reader has always known it."""
    assert "pypi:project-status" not in page_of(client, "foo-bar").metas


def test_quarantined_project_offers_no_file(client: Client) -> None:
    """Its page is there and empty. Source: PEP 792."""
    assert page_of(client, "quarantined").anchors == ()


def test_page_is_utf_8_and_says_so(client: Client) -> None:
    """The charset of the header counts for pip, that of the document for browsers."""
    answer = client.page("foo-bar", HTML)

    assert answer["content-type"] == "text/html; charset=utf-8"
    assert b'<meta charset="utf-8">' in answer.body


def test_page_is_ascii_whatever_upstream_says(troubled: Site) -> None:
    """A page is latin-1 for a buildout that does not look at the header (A-71)."""
    troubled.upstream.add(make_wheel("letters", "1.0"), yanked="größer \u2603 \U0001f40d")

    answer = troubled.client.page("letters", HTML)

    (anchor,) = read_html(answer.body).anchors
    assert anchor.attributes["data-yanked"] == "größer \u2603 \U0001f40d"
    assert answer.body.isascii()


def test_page_ends_with_the_serial_of_upstream(client: Client) -> None:
    """Old readers of HTML in bandersnatch look for this comment."""
    answer = client.page("foo-bar", HTML)

    assert answer.text.endswith(f"<!--SERIAL {answer['x-pypi-last-serial']}-->\n")


def test_anchor_has_no_attribute_that_readers_might_misread(client: Client) -> None:
    """Every attribute is one of those that a standard or a client knows."""
    known = {
        "href",
        "data-requires-python",
        "data-core-metadata",
        "data-dist-info-metadata",
        "data-yanked",
        "data-size",
        "data-upload-time",
        "data-gpg-sig",
        "data-provenance",
    }

    for name in PROJECTS:
        for anchor in page_of(client, name).anchors:
            assert set(anchor.attributes) <= known
