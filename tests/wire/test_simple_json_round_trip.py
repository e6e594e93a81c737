"""What is written is what is read again, in both forms, for any project."""

import contextlib
from urllib.parse import quote

import html5lib
import msgspec
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.model import File, Project, ProjectEntry, ProjectList, ProjectStatus
from wheelyard.names import Filename, ProjectName, normalise
from wheelyard.wire import simple_html, simple_json
from wheelyard.wire.digests import strongest
from wheelyard.wire.fields import listed_versions

URL = "https://index.example/simple/example-package/"
NAME = ProjectName("example-package")


class SameUrls:
    """Links that lead where the owner's lead."""

    def file_url(self, project: ProjectName, file: File) -> str:
        """Return the owner's URL."""
        return file.url

    def provenance_url(self, project: ProjectName, file: File) -> str | None:
        """Return the owner's URL."""
        return file.provenance


def digests(digits: int) -> st.SearchStrategy[str]:
    """Return digests of so many hex digits."""
    return st.text("0123456789abcdef", min_size=digits, max_size=digits)


def hashes() -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    """Return what a file entry has under ``hashes``."""
    return st.one_of(
        st.just(()),
        digests(64).map(lambda text: (("sha256", text),)),
        st.tuples(digests(32), digests(64)).map(lambda two: (("md5", two[0]), ("sha256", two[1]))),
        digests(128).map(lambda text: (("sha512", text),)),
    )


# Everything that a record may hold: parsers replace the rest.
TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"]), min_size=1, max_size=20
)
VERSIONS = st.builds("{}.{}".format, st.integers(0, 30), st.integers(0, 30))
TIMES = st.builds(
    "{:04}-{:02}-{:02}T12:{:02}:59{}Z".format,
    st.integers(1990, 2090),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 59),
    st.sampled_from(["", ".5", ".123456"]),
)
FILENAMES = st.one_of(
    VERSIONS.map("example_package-{}-py3-none-any.whl".format),
    VERSIONS.map("Example.Package-{}.tar.gz".format),
    VERSIONS.map("example-package-{}+it's&\"<odd>.zip".format),
    VERSIONS.map("example_package-{}-py2.7.egg".format),
)


@st.composite
def files(draw: st.DrawFn) -> File:
    """Return a file of the project."""
    filename = draw(FILENAMES)
    provenance = f"https://index.example/integrity/{quote(filename)}/provenance?a=1&b=2"
    return File(
        filename=Filename(filename),
        url=f"https://files.example/packages/{quote(filename)}",
        hashes=draw(hashes()),
        size=draw(st.one_of(st.none(), st.integers(0, 1 << 52))),
        upload_time=draw(st.one_of(st.none(), TIMES)),
        requires_python=draw(st.one_of(st.none(), TEXT)),
        core_metadata=draw(
            st.sampled_from([None, False, (("sha256", "ab" * 32),), (("sha256", "cd" * 32),)])
        ),
        yanked=draw(st.one_of(st.booleans(), TEXT)),
        gpg_sig=draw(st.sampled_from([None, True, False])),
        provenance=draw(st.sampled_from([None, provenance])),
    )


STATUSES = st.one_of(
    st.just(ProjectStatus()),
    st.builds(
        ProjectStatus,
        st.sampled_from(["active", "archived", "deprecated"]),
        st.one_of(st.none(), TEXT),
    ),
)


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Return a project whose versions are those of its files and perhaps more."""
    listed = tuple(draw(st.lists(files(), max_size=4, unique_by=lambda file: file.filename)))
    project = Project(
        name=NAME,
        files=listed,
        versions=tuple(dict.fromkeys(draw(st.lists(VERSIONS, max_size=3)))),
        status=draw(STATUSES),
        serial=draw(st.one_of(st.none(), st.integers(0, 1 << 60))),
    )
    return msgspec.structs.replace(project, versions=tuple(listed_versions(project, listed)))


def as_html_tells(project: Project) -> Project:
    """Return what of a project has a place in the HTML form."""
    signed = all(file.gpg_sig is not None for file in project.files)
    told = [
        msgspec.structs.replace(
            file,
            hashes=(best,) if (best := strongest(file.hashes)) else (),
            core_metadata=file.core_metadata or None,
            gpg_sig=file.gpg_sig if signed else None,
        )
        for file in project.files
    ]
    return msgspec.structs.replace(project, files=tuple(told), versions=())


@given(projects())
def test_json_page_is_read_as_it_was_meant(project: Project) -> None:
    """``parse(render(project)) == project``, to the last field."""
    body = simple_json.render_project(project, SameUrls())

    assert simple_json.parse_project(body, URL, NAME) == project


@given(projects())
def test_html_page_is_read_as_it_was_meant(project: Project) -> None:
    """The same for everything that HTML has a place for."""
    body = simple_html.render_project(project, SameUrls())

    assert simple_html.parse_project(body, URL, NAME) == as_html_tells(project)


@given(projects())
def test_c31_both_forms_list_the_same(project: Project) -> None:
    """Files, digests and yanks do not depend on what the client asked for."""
    from_json = simple_json.parse_project(
        simple_json.render_project(project, SameUrls()), URL, NAME
    )

    from_html = simple_html.parse_project(
        simple_html.render_project(project, SameUrls()), URL, NAME
    )

    assert as_html_tells(from_json) == from_html


@given(projects())
def test_c11_html_page_is_valid_html5(project: Project) -> None:
    """A strict parser finds nothing to complain about, whatever the records hold."""
    body = simple_html.render_project(project, SameUrls()).decode()

    html5lib.HTMLParser(strict=True).parse(body)

    assert body.startswith("<!DOCTYPE html>\n")


@given(projects(), st.binary(min_size=1, max_size=3), st.data())
def test_t17_t18_damaged_page_is_a_record_or_bad_input(
    project: Project, damage: bytes, data: st.DataObject
) -> None:
    """Nothing else leaves a parser, wherever a page was damaged."""
    for parse, body in (
        (simple_json.parse_project, simple_json.render_project(project, SameUrls())),
        (simple_html.parse_project, simple_html.render_project(project, SameUrls())),
    ):
        at = data.draw(st.integers(0, len(body)))
        with contextlib.suppress(BadInput):
            parse(body[:at] + damage + body[at + len(damage) :], URL, NAME)


NAMES = st.lists(
    st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True),
    max_size=6,
    unique_by=normalise,
)
SERIALS = st.one_of(st.none(), st.integers(0, 1 << 60))


@given(NAMES, SERIALS, SERIALS)
def test_json_list_is_read_as_it_was_meant(
    names: list[str], serial: int | None, global_serial: int | None
) -> None:
    """Names as displayed, and the serials that mirrors go by."""
    listed = ProjectList(tuple(ProjectEntry(name, serial) for name in names), global_serial)

    assert simple_json.parse_project_list(simple_json.render_project_list(listed)) == listed


@given(NAMES, SERIALS)
def test_html_list_is_read_as_it_was_meant(names: list[str], serial: int | None) -> None:
    """HTML has no serial per project, and all the rest."""
    listed = ProjectList(tuple(ProjectEntry(name) for name in names), serial)
    body = simple_html.render_project_list(listed)

    assert simple_html.parse_project_list(body, "https://index.example/simple/") == listed
    html5lib.HTMLParser(strict=True).parse(body.decode())
