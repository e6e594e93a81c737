"""Pages as bytes: each representation made once, and the same for the same content."""

import gzip
import threading
from collections.abc import Iterator

import msgspec
import pytest
import zstandard

from support.fakes import make_file, make_project
from wheelyard.model import Project, ProjectEntry, ProjectList
from wheelyard.pages import PageLinks, Rendered, render_project, render_root
from wheelyard.wire.negotiate import Encoding, Form

LINKS = PageLinks()
ENCODINGS: tuple[Encoding, ...] = ("identity", "gzip", "zstd")
WIDE = make_project("wide", *(make_file(f"wide-1.{n}.tar.gz") for n in range(50)), serial=7)
EVERY = [(form, encoding) for form in Form for encoding in ENCODINGS]


def headers_of(rendered: Rendered, form: Form, encoding: Encoding = "identity") -> dict[str, str]:
    """Return the headers of a representation, none of which is there twice."""
    pairs = [(n.decode(), v.decode()) for n, v in rendered.variant(form, encoding).headers]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize("form", Form)
def test_representation_is_labelled(form: Form) -> None:
    """Type, exact length, tag, what it depends on, and the serial of its owner."""
    rendered = render_project(WIDE, LINKS)

    headers = headers_of(rendered, form)

    assert headers == {
        "content-type": form.media_type,
        "content-length": str(len(rendered.variant(form, "identity").body)),
        "etag": rendered.variant(form, "identity").etag.decode(),
        "vary": "Accept, Accept-Encoding",
        "x-pypi-last-serial": "7",
    }


@pytest.mark.parametrize("form", Form)
def test_compressed_representation_is_the_plain_one(form: Form) -> None:
    """And says how it is packed, with the length of what is sent."""
    rendered = render_project(WIDE, LINKS)
    plain = rendered.variant(form, "identity").body

    packed = rendered.variant(form, "gzip").body
    dense = rendered.variant(form, "zstd").body

    assert gzip.decompress(packed) == plain
    assert zstandard.ZstdDecompressor().decompress(dense) == plain
    assert headers_of(rendered, form, "gzip")["content-encoding"] == "gzip"
    assert headers_of(rendered, form, "zstd")["content-encoding"] == "zstd"
    assert headers_of(rendered, form, "gzip")["content-length"] == str(len(packed))
    assert len(packed) < len(plain) / 3


def test_every_representation_has_a_tag_of_its_own() -> None:
    """A client that has one of them must not be told that it has another."""
    rendered = render_project(WIDE, LINKS)

    tags = {rendered.variant(form, encoding).etag for form, encoding in EVERY}

    assert len(tags) == len(EVERY)


def test_same_content_has_the_same_bytes_and_tags() -> None:
    """On every node, after every restart, in whatever order it is asked for."""
    first, second = render_project(WIDE, LINKS), render_project(WIDE, LINKS)

    for form, encoding in reversed(EVERY):
        second.variant(form, encoding)

    for form, encoding in EVERY:
        assert first.variant(form, encoding) == second.variant(form, encoding)


def test_changed_content_has_another_tag() -> None:
    """However small the change."""
    (first, *rest) = WIDE.files
    changed = make_project("wide", msgspec.structs.replace(first, yanked=True), *rest, serial=7)

    before, after = render_project(WIDE, LINKS), render_project(changed, LINKS)

    for form, encoding in EVERY:
        assert before.variant(form, encoding).etag != after.variant(form, encoding).etag


def test_small_page_is_not_compressed() -> None:
    """A few hundred bytes fit into one packet either way, and then one tag serves all."""
    rendered = render_project(make_project("empty"), LINKS)

    packed = rendered.variant(Form.JSON, "gzip")

    assert packed is rendered.variant(Form.JSON, "identity")
    assert "content-encoding" not in headers_of(rendered, Form.JSON, "gzip")


def test_representation_is_made_once() -> None:
    """The second request finds it."""
    rendered = render_project(WIDE, LINKS)
    assert rendered.held(Form.JSON, "gzip") is None

    made = rendered.variant(Form.JSON, "gzip")

    assert rendered.held(Form.JSON, "gzip") is made
    assert rendered.variant(Form.JSON, "gzip") is made


def test_herd_has_a_representation_made_by_the_first() -> None:
    """Many threads that want the same large page cost one rendering."""
    calls: list[int] = []
    together = threading.Barrier(4)

    def make() -> bytes:
        calls.append(1)
        return b"." * 1_000

    rendered = Rendered({Form.JSON: make})

    def want() -> None:
        together.wait(10)
        rendered.variant(Form.JSON, "gzip")

    threads = [threading.Thread(target=want) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(calls) == 1


def test_both_kinds_of_html_share_one_rendering() -> None:
    """They differ in the type alone."""
    rendered = render_project(WIDE, LINKS)

    plain, versioned = (rendered.variant(form, "identity") for form in (Form.HTML, Form.V1_HTML))

    assert plain.body is versioned.body


def test_model_is_let_go_once_every_form_was_made() -> None:
    """Rendered bytes are all that has to be kept then."""
    rendered = render_project(WIDE, LINKS)

    for form in Form:
        rendered.variant(form, "identity")

    assert rendered.forms == {}
    assert rendered.variant(Form.V1_HTML, "gzip").body


def test_size_counts_what_was_made() -> None:
    """The shelf weighs pages by it."""
    rendered = render_project(WIDE, LINKS)
    assert rendered.size_bytes == 0

    bodies = [rendered.variant(form, encoding).body for form, encoding in EVERY]

    assert rendered.size_bytes == sum(map(len, bodies))


def serials() -> Iterator[Rendered]:
    """Yield a page and a list of an owner without serials."""
    yield render_project(Project(WIDE.name, WIDE.files), LINKS)
    yield render_root(ProjectList((ProjectEntry("Foo"),)))


def test_owner_without_serials_gets_none_of_ours() -> None:
    """Numbers of different owners never mix."""
    for rendered in serials():
        assert "x-pypi-last-serial" not in headers_of(rendered, Form.JSON)


def test_root_is_rendered_in_every_form() -> None:
    """Names as they are displayed, with the serial of the list."""
    rendered = render_root(ProjectList((ProjectEntry("Foo.Bar", 3), ProjectEntry("zip")), 9))

    for form in Form:
        assert b"Foo.Bar" in rendered.variant(form, "identity").body
        assert headers_of(rendered, form)["x-pypi-last-serial"] == "9"
