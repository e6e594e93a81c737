"""The HTML form: what our pages promise, and what counts as a page of somebody else."""

import html5lib
import pytest
from msgspec.structs import replace

from wheelyard.errors import BadInput
from wheelyard.model import File, Project, ProjectEntry, ProjectList, ProjectStatus
from wheelyard.names import Filename, ProjectName
from wheelyard.wire.simple_html import (
    parse_project,
    parse_project_list,
    render_project,
    render_project_list,
)

NAME = ProjectName("example-package")
URL = "https://index.example/simple/example-package/"
ROOT = "https://index.example/simple/"
WHEEL = File(
    filename=Filename("example_package-1.0-py3-none-any.whl"),
    url="https://files.example/example_package-1.0-py3-none-any.whl",
    hashes=(("md5", "ef" * 16), ("sha256", "ab" * 32)),
)


class OurUrls:
    """Links as a server makes them."""

    def __init__(self, scheme: str = "https://index.example") -> None:
        self.scheme = scheme

    def file_url(self, project: ProjectName, file: File) -> str:
        """Return a URL relative to the page."""
        return f"../../packages/{file.filename}"

    def provenance_url(self, project: ProjectName, file: File) -> str | None:
        """Return a URL if the owner has one."""
        return f"{self.scheme}/integrity/x" if file.provenance else None


def rendered(project: Project, links: OurUrls | None = None) -> str:
    """Return the page of a project as text."""
    return render_project(project, links or OurUrls()).decode()


def anchors(page: str) -> list[tuple[dict[str, str], str]]:
    """Return attributes and text of every anchor, as an HTML5 parser sees them."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    return [(dict(anchor.attrib), anchor.text or "") for anchor in tree.iter("a")]


def attributes(file: File, links: OurUrls | None = None) -> dict[str, str]:
    """Return the attributes of a file's anchor on the page of its project."""
    ((found, _),) = anchors(rendered(Project(NAME, (file,)), links))
    return found


def metas(page: str) -> dict[str, str]:
    """Return the metas of a page by their name."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    return {str(meta.get("name")): str(meta.get("content")) for meta in tree.iter("meta")}


def test_page_is_these_bytes() -> None:
    """The whole page as one looks at it; a change of bytes is visible in review."""
    full = replace(
        WHEEL,
        size=12_345,
        upload_time="2024-02-03T04:05:06Z",
        requires_python=">=3.8",
        core_metadata=(("sha256", "cd" * 32),),
        yanked='broken "on" <musl> & é',
        gpg_sig=False,
        provenance="x",
    )
    project = Project(NAME, (full,), ("1.0",), ProjectStatus("archived", "it's done"), 7)

    assert rendered(project) == (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        '<meta name="pypi:repository-version" content="1.4">\n'
        '<meta name="pypi:project-status" content="archived">\n'
        '<meta name="pypi:project-status-reason" content="it&#x27;s done">\n'
        "<title>Links for example-package</title>\n"
        "</head>\n"
        "<body>\n"
        "<h1>Links for example-package</h1>\n"
        '<a href="../../packages/example_package-1.0-py3-none-any.whl#sha256=' + "ab" * 32 + '"'
        ' data-requires-python="&gt;=3.8"'
        ' data-core-metadata="sha256=' + "cd" * 32 + '"'
        ' data-dist-info-metadata="sha256=' + "cd" * 32 + '"'
        ' data-yanked="broken &quot;on&quot; &lt;musl&gt; &amp; &#233;"'
        ' data-size="12345" data-upload-time="2024-02-03T04:05:06Z" data-gpg-sig="false"'
        ' data-provenance="https://index.example/integrity/x"'
        ">example_package-1.0-py3-none-any.whl</a><br>\n"
        "</body>\n"
        "</html>\n"
        "<!--SERIAL 7-->\n"
    )


def test_c12_there_is_one_anchor_per_file_with_its_name() -> None:
    """Every anchor is a candidate for every client, so there are no others."""
    other = replace(WHEEL, filename=Filename("example-package-1.0.tar.gz"))

    found = anchors(rendered(Project(NAME, (WHEEL, other))))

    assert [text for _, text in found] == [WHEEL.filename, other.filename]
    for attribute, text in found:
        assert attribute["href"].partition("#")[0].rpartition("/")[2] == text


@pytest.mark.parametrize(
    ("hashes", "fragment"),
    [
        ((("md5", "ef" * 16), ("sha256", "ab" * 32)), "sha256=" + "ab" * 32),
        ((("sha512", "ab" * 64), ("md5", "ef" * 16)), "sha512=" + "ab" * 64),
        ((("md5", "ef" * 16),), "md5=" + "ef" * 16),
        ((("sha1", "ef" * 20),), ""),
        ((), ""),
    ],
)
def test_c13_href_has_one_digest_the_best(
    hashes: tuple[tuple[str, str], ...], fragment: str
) -> None:
    """Uv refuses a file over a fragment with an algorithm that it does not know."""
    href = attributes(replace(WHEEL, hashes=hashes))["href"]

    assert href.partition("#")[2] == fragment


@pytest.mark.parametrize(
    "specifier",
    [">=3.8", "<4,>=3.8,,", ">=3.8 ; \"odd\" & 'quoted' <b>", "~=3.5&gt;", "&amp;", " >=3 "],
)
def test_c14_requires_python_is_escaped_and_round_trips(specifier: str) -> None:
    """What PyPI has carried for years reaches the client unchanged."""
    page = rendered(Project(NAME, (replace(WHEEL, requires_python=specifier),)))

    assert anchors(page)[0][0]["data-requires-python"] == specifier
    assert "<" not in page.partition('data-requires-python="')[2].partition('"')[0]
    assert ">" not in page.partition('data-requires-python="')[2].partition('"')[0]
    assert parse_project(page.encode(), URL, NAME).files[0].requires_python == specifier


@pytest.mark.parametrize(
    ("yanked", "attribute"),
    [(False, None), (True, ""), ("why", "why"), ("\"<&'", "\"<&'"), ("false", "false")],
)
def test_c15_yanked_file_has_the_attribute_and_no_other(
    yanked: bool | str,  # noqa: FBT001 - a field of the record
    attribute: str | None,
) -> None:
    """The attribute alone is the mark; never ``data-yanked="false"`` for a file that is not."""
    assert attributes(replace(WHEEL, yanked=yanked)).get("data-yanked") == attribute


@pytest.mark.parametrize("claim", [None, False, (), (("md5", "ef" * 16),)])
def test_c16_metadata_without_a_sha256_is_not_advertised(claim: None) -> None:
    """What cannot be proven is not promised."""
    found = attributes(replace(WHEEL, core_metadata=claim))

    assert "data-core-metadata" not in found
    assert "data-dist-info-metadata" not in found


def test_c16_both_metadata_attributes_are_equal() -> None:
    """The former name is for pip 22.3 to 23.1."""
    claim = (("md5", "ef" * 16), ("sha256", "cd" * 32))

    found = attributes(replace(WHEEL, core_metadata=claim))

    assert found["data-core-metadata"] == "sha256=" + "cd" * 32
    assert found["data-dist-info-metadata"] == found["data-core-metadata"]


def test_c17_version_is_1_4_for_ever() -> None:
    """On a page and on the list; new features are JSON only."""
    root = render_project_list(ProjectList()).decode()

    assert metas(rendered(Project(NAME)))["pypi:repository-version"] == "1.4"
    assert metas(root)["pypi:repository-version"] == "1.4"


@pytest.mark.parametrize(
    ("scheme", "written"),
    [
        ("https://index.example", True),
        ("http://localhost:8765", True),
        ("http://index.example", False),
        ("..", False),
    ],
)
def test_c18_provenance_is_absolute_and_secure_or_left_out(
    scheme: str,
    written: bool,  # noqa: FBT001 - the expected answer
) -> None:
    """A plain-http URL would be a worse claim than none."""
    found = attributes(replace(WHEEL, provenance="x"), OurUrls(scheme))

    assert ("data-provenance" in found) == written


def test_c19_root_links_are_relative_and_normalised() -> None:
    """Poetry derives names from the link, easy_install compares in lower case."""
    listed = ProjectList((ProjectEntry("Foo.Bar"), ProjectEntry("baz")))

    found = anchors(render_project_list(listed).decode())

    assert found == [({"href": "foo-bar/"}, "Foo.Bar"), ({"href": "baz/"}, "baz")]


def test_c20_status_is_told_unless_it_is_active() -> None:
    """With its reason, if there is one."""
    archived = metas(rendered(Project(NAME, status=ProjectStatus("archived", 'a "b"'))))
    active = metas(rendered(Project(NAME)))

    assert archived["pypi:project-status"] == "archived"
    assert archived["pypi:project-status-reason"] == 'a "b"'
    assert "pypi:project-status" not in active


def test_f29_quarantined_project_offers_no_file() -> None:
    """A takedown is obeyed by the renderer too."""
    page = rendered(Project(NAME, (WHEEL,), status=ProjectStatus("quarantined")))

    assert anchors(page) == []
    assert metas(page)["pypi:project-status"] == "quarantined"


def test_signatures_are_told_for_every_file_or_for_none() -> None:
    """The standard wants the attribute on every link if it is used at all."""
    signed = replace(WHEEL, gpg_sig=True)
    other = replace(WHEEL, filename=Filename("example-package-1.0.tar.gz"))

    assert "data-gpg-sig" not in rendered(Project(NAME, (signed, other)))
    assert rendered(Project(NAME, (signed, replace(other, gpg_sig=False)))).count("gpg-sig") == 2


def test_c62_serial_stands_behind_the_page() -> None:
    """As PyPI writes it; where there is none, no comment."""
    root = render_project_list(ProjectList(serial=9)).decode()

    assert rendered(Project(NAME, serial=5)).endswith("</html>\n<!--SERIAL 5-->\n")
    assert root.endswith("</html>\n<!--SERIAL 9-->\n")
    assert "SERIAL" not in rendered(Project(NAME))


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("example_package-1.0-py3-none-any.whl", True),
        ("Example.Package-1.0.tar.gz", True),
        ("example-package-1.0.zip?token=abc", True),
        ("a/b/../example-package-1.0.zip", True),
        ("example%2Dpackage-1.0.zip", True),
        ("example-package-2004d.tar.bz2", True),
        ("example-package-1.0.ZIP", True),
        ("example-package-extra-1.0.zip", False),
        ("example-1.0.zip", False),
        ("example-package.zip", False),
        ("example-package-latest.zip", False),
        ("example-package-1.0.zip.asc", False),
        ("example-package-1.0%0A.zip", False),
        ("example-package-1.0.txt", False),
        ("?file=example-package-1.0.zip", False),
        ("#/example-package-1.0.zip", False),
        ("..%2Fexample-package-1.0.zip", False),
        ("javascript:/example-package-1.0.zip", False),
        ("mailto:example-package-1.0.zip", False),
        ("", False),
    ],
)
def test_link_is_a_file_if_its_last_part_is_an_archive_of_the_project(
    link: str,
    name: bool,  # noqa: FBT001 - the expected answer
) -> None:
    """Nothing else on a page is offered to a client."""
    page = f'<meta name="pypi:repository-version" content="1.0"><a href="{link}">x</a>'

    project = parse_project(page.encode(), URL, NAME)

    assert len(project.files) == name


@pytest.mark.parametrize(
    ("head", "files"),
    [
        ('<meta name="pypi:repository-version" content="1.3">', 0),
        ("<title>Links for example-package</title>", 0),
        ("<title>x</title><h1>Links for Example_Package</h1>", 0),
        ("<title>root/pypi: links for example-package</title>", 0),
        ("<title>Index of /simple/example-package/</title>", 0),
        ("<h1>Directory listing for /example-package</h1>", 0),
        ("<form></form><a href='example-package-1.0.zip'>x</a>", 1),
        ("<script>1</script><a href='example-package-1.0.zip'>x</a>", 1),
    ],
)
def test_f16_sign_of_an_index_makes_a_page(head: str, files: int) -> None:
    """The three signs, each alone."""
    assert len(parse_project(head.encode(), URL, NAME).files) == files


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<title>Links for other</title><a href='example-package-1.0.zip'>x</a>",
        "<title>Links for example-package and all others</title>",
        "<title>Index of /simple/</title>",
        "<title>Links for example-package</title><form>",
        "<title>Links for example-package</title><script>",
        "<title>Links for example-package</title>" + " " * 70_000,
        "<a href='other-1.0.zip'>Links for example-package</a>",
        '<meta name="pypi:repository-version" content="2.0">',
        '<meta name="api-version" content="1.0">',
    ],
)
def test_f16_page_without_a_sign_is_refused(body: str) -> None:
    """Login pages, portals and errors must not become empty projects."""
    with pytest.raises(BadInput):
        parse_project(body.encode(), URL, NAME)


def test_first_of_two_links_to_one_name_counts() -> None:
    """A page cannot offer two different files under one name."""
    page = "<a href='a/example-package-1.0.zip'>x</a><a href='b/example-package-1.0.zip'>x</a>"

    (file,) = parse_project(page.encode(), URL, NAME).files

    assert file.url == f"{URL}a/example-package-1.0.zip"


@pytest.mark.parametrize(
    ("attribute", "claim"),
    [
        ("", None),
        ('data-core-metadata="true"', ()),
        ('data-core-metadata=""', ()),
        ('data-core-metadata="false"', False),
        (f'data-core-metadata="sha256={"cd" * 32}"', (("sha256", "cd" * 32),)),
        (f'data-dist-info-metadata="sha256={"cd" * 32}"', (("sha256", "cd" * 32),)),
        (
            f'data-dist-info-metadata="true" data-core-metadata="sha256={"cd" * 32}"',
            (("sha256", "cd" * 32),),
        ),
    ],
)
def test_metadata_claim_is_read_by_either_attribute(attribute: str, claim: object) -> None:
    """The present name comes before the former one."""
    page = f"<a href='example-package-1.0.zip' {attribute}>x</a>"

    assert parse_project(page.encode(), URL, NAME).files[0].core_metadata == claim


def test_list_accepts_names_right_below_it_only() -> None:
    """Help pages, other hosts and files beside the list are no projects."""
    page = (
        "<title>Simple index</title>"
        "<a href='foo/'>Foo</a> <a href='/simple/bar/'>bar</a> <a href='./baz'>Baz!</a>"
        "<a href='/about/'>about</a> <a href='https://other.example/simple/qux/'>qux</a>"
        "<a href='../'>up</a> <a href='foo-1.0.zip'>x</a> <a href='-bad-/'>x</a> <a href='F.o.o/'>"
    )

    listed = parse_project_list(page.encode(), ROOT)

    assert [entry.name for entry in listed.projects] == ["Foo", "bar", "baz", "F.o.o"]


def test_list_without_a_title_may_sort_and_lead_upwards() -> None:
    """Everything else in it must be a directory."""
    page = "<a href='?C=N;O=D'>Name</a><a href='../'>up</a><a href='#top'>top</a><a href='foo/'>foo"

    assert parse_project_list(page.encode(), ROOT).projects == (ProjectEntry("foo"),)


@pytest.mark.parametrize(
    "body",
    [
        "<title>Simple index</title><form>",
        "<a href='foo/'>foo</a><a href='/about'>about</a>",
        "<a href='login'>log in</a>",
        "<p>nothing</p>",
        "",
        '<meta name="pypi:repository-version" content="2.0"><a href="foo/">foo</a>',
    ],
)
def test_f16_list_without_a_sign_is_refused(body: str) -> None:
    """A page for people is no list of projects."""
    with pytest.raises(BadInput):
        parse_project_list(body.encode(), ROOT)
