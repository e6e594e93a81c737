"""The form of an upload, as PyPI's own clients send it: what stands before and after the file.

The fields are the core metadata inside the file, under the names that the upload interface has for
them, then what identifies the file. The file comes last, so that whoever sends it can stream it.
Source: PyPI's upload interface; RFC 7578; https://packaging.python.org/specifications/core-metadata/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import Final

from wheelyard.names import Filename, is_wheel

__all__ = ["FileToSend", "Pairs", "render_form", "upload_fields"]

Pairs = tuple[tuple[str, str], ...]
"""Fields and their values, in order; a field may come several times."""

_SINGLE: Final = frozenset(
    {
        "metadata_version",
        "name",
        "version",
        "summary",
        "description",
        "description_content_type",
        "keywords",
        "home_page",
        "download_url",
        "author",
        "author_email",
        "maintainer",
        "maintainer_email",
        "license",
        "license_expression",
        "requires_python",
    }
)
_REPEATED: Final = frozenset(
    {
        "platform",
        "supported_platform",
        "classifiers",
        "requires_dist",
        "provides_dist",
        "obsoletes_dist",
        "requires_external",
        "project_urls",
        "provides_extra",
        "dynamic",
        "license_file",
        "import_name",
        "import_namespace",
        "requires",
        "provides",
        "obsoletes",
    }
)
# Where the form's word is another one than the metadata's.
_SPELLINGS: Final = {"classifier": "classifiers", "project_url": "project_urls"}
_CONTINUATION: Final = re.compile(r"\n(?: {7}\||        |\t)")


@dataclass(frozen=True, slots=True)
class FileToSend:
    """What identifies a file. ``kind`` is ``bdist_wheel`` or ``sdist``, digests are hex digits."""

    filename: Filename
    kind: str
    md5: str
    sha256: str
    blake2_256: str

    @property
    def pyversion(self) -> str:
        """What the file is for: the Python tag of a wheel, else ``source``."""
        if not is_wheel(self.filename):
            return "source"
        return self.filename.removesuffix(".whl").split("-")[-3]


def upload_fields(metadata: bytes, file: FileToSend) -> Pairs:
    """Return the fields of the upload of ``file``, whose core metadata are ``metadata``.

    What the metadata do not say is not sent; what does not decode as UTF-8 becomes U+FFFD.
    """
    fields = [
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("filetype", file.kind),
        ("pyversion", file.pyversion),
        ("md5_digest", file.md5),
        ("sha256_digest", file.sha256),
        ("blake2_256_digest", file.blake2_256),
    ]
    seen: set[str] = set()
    for field, value in _metadata_fields(metadata):
        if field not in _REPEATED and field in seen:
            continue
        seen.add(field)
        fields.append((field, value))
    return tuple(fields)


def _metadata_fields(metadata: bytes) -> list[tuple[str, str]]:
    """Return the fields that the metadata give; the description first, if it is the body."""
    text = metadata.decode("utf-8", "replace").replace("\r\n", "\n")
    # Headers only: what follows them is text, whatever type it claims to be.
    message = HeaderParser().parsestr(text)
    body = str(message.get_payload())
    fields = [("description", body)] if body.strip() else []
    for header, raw in message.items():
        word = header.lower().replace("-", "_")
        field = _SPELLINGS.get(word, word)
        value = str(raw).strip()
        if field in _SINGLE | _REPEATED and value and value != "UNKNOWN":
            fields.append((field, _CONTINUATION.sub("\n", value)))
    return fields


def render_form(fields: Mapping[str, str] | Pairs, file: str, boundary: str) -> tuple[bytes, bytes]:
    """Return what stands before and after the bytes of ``file`` in the body of the request.

    ``boundary`` must stand nowhere else: make it at random. Source: RFC 7578, 4.
    """
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in pairs
    ]
    parts.append(
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="content"; filename="{_quoted(file)}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return "".join(parts).encode(), f"\r\n--{boundary}--\r\n".encode()


def _quoted(name: str) -> str:
    """Return a file name as it may stand between double quotes. Source: HTML, "multipart"."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
