"""The headers of what is published."""

from wheelyard.publish.targets.target import ObjectHeaders
from wheelyard.publish.tree.headers import TreeHeaders, file_key, project_key

HEADERS = TreeHeaders(600)
A_WHILE = "public, max-age=600, stale-while-revalidate=300, stale-if-error=86400"
FOR_EVER = "public, max-age=31536000, immutable"
WHEEL = "packages/aa/bb/cc/demo-1.0.tar.gz"


def test_page_is_kept_for_a_while_in_its_own_type() -> None:
    """A-92: PEP 691's type for JSON, and a coding where there is one."""
    json, html = "application/vnd.pypi.simple.v1+json", "text/html; charset=utf-8"

    assert HEADERS.of_page("demo", "index.json") == ObjectHeaders(json, A_WHILE, "", "project/demo")
    packed = HEADERS.of_page("demo", "index.html.gz")
    assert packed == ObjectHeaders(html, A_WHILE, "gzip", "project/demo")
    assert HEADERS.of_page("", "index.json.zst") == ObjectHeaders(json, A_WHILE, "zstd", "root")


def test_file_is_kept_for_ever_and_never_unpacked_on_the_way() -> None:
    """A-92: what ends in `.gz` has no content coding."""
    found = HEADERS.of_object("file", WHEEL)

    assert found == ObjectHeaders("application/octet-stream", FOR_EVER, "", "file/demo-1.0.tar.gz")
    metadata = HEADERS.of_object("metadata", f"{WHEEL}.metadata")
    assert (metadata.cache_control, metadata.content_type) == (
        FOR_EVER,
        "text/plain; charset=utf-8",
    )
    assert HEADERS.of_object("provenance", "integrity/x").cache_control == A_WHILE


def test_what_belongs_to_a_file_has_its_key() -> None:
    """One purge is enough for all of it."""
    provenance = "integrity/demo/1.0/demo-1.0.tar.gz/provenance"

    keys = {file_key(path) for path in (WHEEL, f"{WHEEL}.metadata", provenance)}

    assert keys == {"file/demo-1.0.tar.gz"}
    assert [project_key("demo"), project_key("")] == ["project/demo", "root"]
