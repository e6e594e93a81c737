"""Pages of an upstream that is ahead of the standards in force: PEP 817 and 825, both drafts."""

import msgspec

from wheelyard.names import parse_project_name
from wheelyard.wire.simple_json import parse_project

NAME = parse_project_name("demo")
WHEEL, VARIANT = "demo-1.0-py3-none-any.whl", "demo-1.0-py3-none-any-x86_64_v3.whl"
BASE = "https://index.example/simple/demo/"


def test_description_of_variants_is_no_file_for_ever() -> None:
    """It may be rewritten under its name, so it is left out; it adds no version either."""
    names = (WHEEL, "demo-1.0-variants.json", VARIANT)
    files = [
        {"filename": name, "url": f"/files/{name}", "hashes": {"sha256": "ab" * 32}, "size": 1}
        for name in names
    ]
    page = {"meta": {"api-version": "1.4"}, "name": "demo", "versions": ["1.0"], "files": files}

    project = parse_project(msgspec.json.encode(page), BASE, NAME)

    assert [file.filename for file in project.files] == [WHEEL, VARIANT]
    assert project.versions == ("1.0",)
