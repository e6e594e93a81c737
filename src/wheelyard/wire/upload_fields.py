"""The fields of an upload's form as one record.

What a client sends beside the file: who it says the file is, digests, and a copy of the metadata.
The metadata inside the file is the truth; what is here is compared with it.  This module says what
the fields are, and nothing about whether they are acceptable: ``upload/checks.py`` does.
Source: PyPI's upload interface; ``:action`` and the digests are older than any specification.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from wheelyard.errors import BadInput

__all__ = ["UploadForm", "parse_upload_fields"]


class UploadForm(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the form said; an empty text or tuple is what was not sent, was empty or ``UNKNOWN``.

    ``attestations`` is JSON as it came.  Digests are hex digits as they came, in small letters.
    """

    action: str = ""
    protocol_version: str = ""
    filetype: str = ""
    pyversion: str = ""
    md5_digest: str = ""
    sha256_digest: str = ""
    blake2_256_digest: str = ""
    comment: str = ""
    attestations: str = ""
    metadata_version: str = ""
    name: str = ""
    version: str = ""
    summary: str = ""
    description: str = ""
    description_content_type: str = ""
    keywords: str = ""
    home_page: str = ""
    download_url: str = ""
    author: str = ""
    author_email: str = ""
    maintainer: str = ""
    maintainer_email: str = ""
    license: str = ""
    license_expression: str = ""
    requires_python: str = ""
    classifiers: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    supported_platforms: tuple[str, ...] = ()
    requires_dist: tuple[str, ...] = ()
    provides_dist: tuple[str, ...] = ()
    obsoletes_dist: tuple[str, ...] = ()
    requires_external: tuple[str, ...] = ()
    project_urls: tuple[str, ...] = ()
    provides_extra: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    license_files: tuple[str, ...] = ()
    import_names: tuple[str, ...] = ()
    import_namespaces: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    obsoletes: tuple[str, ...] = ()


# Where the form's word is another one. Two spellings of one field are both in use.
_SPELLINGS: Final = {
    ":action": "action",
    "classifier": "classifiers",
    "platform": "platforms",
    "supported_platform": "supported_platforms",
    "project_url": "project_urls",
    "provides_extras": "provides_extra",
    "license_file": "license_files",
    "import_name": "import_names",
    "import_namespace": "import_namespaces",
}
_REPEATED: Final = frozenset(
    field.name for field in msgspec.structs.fields(UploadForm) if field.default == ()
)
_KNOWN: Final = frozenset(UploadForm.__struct_fields__)
_DIGESTS: Final = frozenset({"md5_digest", "sha256_digest", "blake2_256_digest"})
_AS_THEY_ARE: Final = frozenset({"description", "attestations"})


def parse_upload_fields(pairs: Iterable[tuple[str, bytes]]) -> UploadForm:
    """Return the record of these fields, in any order; fields that nobody knows are left out.

    Raises:
        BadInput: a value is not UTF-8, or a field that has one value came with several.
    """
    problems: dict[str, None] = {}
    values: dict[str, list[str]] = {}
    for name, raw in pairs:
        field = _SPELLINGS.get(name, name)
        if field not in _KNOWN:
            continue
        try:
            text = _cleaned(field, raw.decode("utf-8"))
        except UnicodeDecodeError:
            problems[f"{name}: send it in UTF-8."] = None
            continue
        if text:
            values.setdefault(field, []).append(text)
    problems |= dict.fromkeys(_contradictions(values))
    if problems:
        raise BadInput(*problems)
    return msgspec.convert(
        {field: _value(field, found) for field, found in values.items()}, UploadForm
    )


def _cleaned(field: str, text: str) -> str:
    """Return the text of a value, empty if it says nothing.

    A NUL byte is written out: no database and no reader of metadata takes it as it is.
    """
    stripped = text.strip()
    if stripped in {"", "UNKNOWN"}:
        return ""
    kept = text if field in _AS_THEY_ARE else stripped
    return (kept.lower() if field in _DIGESTS else kept).replace("\0", "\\x00")


def _contradictions(values: dict[str, list[str]]) -> Iterable[str]:
    """Yield a sentence for each field with one value that came with several."""
    for field, found in values.items():
        if field not in _REPEATED and field != "keywords" and len(set(found)) > 1:
            yield f"{field}: sent {len(found)} times with different values; send it once."


def _value(field: str, found: list[str]) -> str | tuple[str, ...]:
    """Return what the record holds of the values that came."""
    if field in _REPEATED:
        return tuple(found)
    return ", ".join(found) if field == "keywords" else found[0]
