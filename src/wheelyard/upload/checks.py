"""What an upload's form, file name and digests must be; everything but the archive itself.

Pure and cheap: what may cost time because a stranger wrote it (metadata, archives) is checked in
``inspecting``.  All problems are collected; each names its field and says what to do.
Source: PyPI's upload interface, whose messages these are where clients may look for them.
"""

import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Final

from wheelyard.errors import BadInput
from wheelyard.names import MAX_VERSION_LENGTH, is_version, parse_project_name
from wheelyard.upload.archives.paths import shown
from wheelyard.upload.filenames import check_filename
from wheelyard.upload.findings import Findings
from wheelyard.wire.upload_fields import UploadForm

__all__ = ["check_digests", "check_form", "check_upload"]

_PROTOCOL: Final = "1"
_HEX_DIGITS: Final = {"md5_digest": 32, "sha256_digest": 64, "blake2_256_digest": 64}
_OTHER_DIGEST: Final = (
    "The digest supplied does not match a digest calculated from the uploaded file."
)
_HEX: Final = re.compile(r"[0-9a-f]+")
_MAX_ATTESTATIONS: Final = 4 * 1024 * 1024


def check_upload(form: UploadForm, filename: str, *, strict: bool = False) -> Findings:
    """Say what is wrong with a form that came with a file called ``filename``.

    ``strict`` refuses what is else only warned about: names and forms of former times.
    """
    findings = check_form(form) + check_filename(filename, form.name, form.version, strict=strict)
    return findings + Findings(tuple(_suffix_problems(form.filetype, filename)))


def check_form(form: UploadForm) -> Findings:
    """Say what is wrong with the form alone; its copy of the metadata is not looked at."""
    problems = [
        *_protocol_problems(form),
        *_identity_problems(form),
        *_filetype_problems(form),
        *_digest_problems(form),
    ]
    if len(form.attestations) > _MAX_ATTESTATIONS:
        problems.append(f"attestations: longer than {_MAX_ATTESTATIONS} characters.")
    return Findings(tuple(problems))


def check_digests(form: UploadForm, actual: Mapping[str, str]) -> Findings:
    """Say whether the form's digests are those of the file that came.

    ``actual`` has hex digits in small letters under ``md5``, ``sha256`` and ``blake2_256``; one
    that the form states and that is missing there counts as another one.
    """
    for field in _HEX_DIGITS:
        stated: str = getattr(form, field)
        known = actual.get(field.removesuffix("_digest"), "")
        if stated and not hmac.compare_digest(stated.encode(), known.encode()):
            return Findings((f"{_OTHER_DIGEST} `{field}` differs: send the file again.",))
    return Findings()


def _protocol_problems(form: UploadForm) -> Iterator[str]:
    """Yield what is wrong with the version of the upload protocol."""
    if form.protocol_version != _PROTOCOL:
        yield "Unknown protocol version. Send `protocol_version` 1."


def _identity_problems(form: UploadForm) -> Iterator[str]:
    """Yield what is wrong with the project's name and version as texts."""
    if not form.name:
        yield "name: This field is required. Send the project's name."
    else:
        try:
            parse_project_name(form.name)
        except BadInput as error:
            yield f"name: {error}"
    if not form.version:
        yield "version: This field is required. Send the release's version."
    elif not is_version(form.version):
        yield (
            f"version: {shown(form.version)} is not a version. Use one such as `1.0` or `1.0rc1` "
            f"(PEP 440), at most {MAX_VERSION_LENGTH} characters."
        )
    if not form.metadata_version:
        yield "metadata_version: This field is required. Send what the file's metadata has."


def _filetype_problems(form: UploadForm) -> Iterator[str]:
    """Yield what is wrong with kind and Python version of the file."""
    if form.filetype not in {"bdist_wheel", "sdist"}:
        yield "filetype: Use a known file type: `bdist_wheel` or `sdist`."
    elif form.filetype == "bdist_wheel" and not form.pyversion:
        yield "pyversion: Python version is required for binary distribution uploads."
    elif form.filetype == "sdist" and form.pyversion not in {"", "source"}:
        yield "pyversion: Use 'source' as Python version for an sdist."


def _suffix_problems(filetype: str, filename: str) -> Iterator[str]:
    """Yield what is wrong with a file name that is of another kind than the form says."""
    is_wheel = filename.endswith(".whl")
    if filetype in {"bdist_wheel", "sdist"} and is_wheel != (filetype == "bdist_wheel"):
        yield f"filetype: `{filetype}` is not what {filename!r} is. Send the kind of the file."


def _digest_problems(form: UploadForm) -> Iterator[str]:
    """Yield what is wrong with the digests as texts."""
    stated = {field: getattr(form, field) for field in _HEX_DIGITS}
    if not any(stated.values()):
        yield "Include at least one message digest: `sha256_digest` is best."
    for field, digits in _HEX_DIGITS.items():
        text: str = stated[field]
        if text and (len(text) != digits or not _HEX.fullmatch(text)):
            yield f"{field}: Use a valid, hex-encoded message digest of {digits} digits."
