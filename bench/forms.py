"""What an upload client sends: a small valid wheel, and the form that publishes it.

Put together here, before any clock runs, so that what is timed is the server.
"""

import base64
import io
import random
import zipfile
from dataclasses import dataclass
from hashlib import blake2b, md5, sha256

__all__ = ["Upload", "make_upload"]

BOUNDARY = "4d1f7a9e6b0c4f53b1a2-bench"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
LONG_AGO = (2024, 1, 1, 12, 0, 0)
METADATA_VERSION = "2.1"
SUMMARY = "A package of the bench."


@dataclass(frozen=True, slots=True)
class Upload:
    """The body of one upload."""

    filename: str
    body: bytes
    content_type: str = CONTENT_TYPE


def make_upload(project: str, version: str, size: int) -> Upload:
    """Return the upload of a wheel of about `size` bytes, with the fields that twine sends."""
    package = project.replace("-", "_")
    filename = f"{package}-{version}-py3-none-any.whl"
    content = _make_wheel(package, project, version, size)
    fields = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": METADATA_VERSION,
        "name": project,
        "version": version,
        "summary": SUMMARY,
        "requires_python": ">=3.8",
        "filetype": "bdist_wheel",
        "pyversion": "py3",
        "md5_digest": md5(content, usedforsecurity=False).hexdigest(),
        "sha256_digest": sha256(content).hexdigest(),
        "blake2_256_digest": blake2b(content, digest_size=32).hexdigest(),
    }
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="content"; filename="{filename}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    end = f"\r\n--{BOUNDARY}--\r\n"
    body = b"".join([*(part.encode() for part in parts), file.encode(), content, end.encode()])
    return Upload(filename, body)


def _make_wheel(package: str, project: str, version: str, size: int) -> bytes:
    """Return a wheel whose payload no other wheel has, and no archiver makes smaller."""
    info = f"{package}-{version}.dist-info"
    metadata = (
        f"Metadata-Version: {METADATA_VERSION}\nName: {project}\nVersion: {version}\n"
        f"Summary: {SUMMARY}\nRequires-Python: >=3.8\n\nNothing to see.\n"
    )
    wheel = "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {
        f"{package}/__init__.py": f'__version__ = "{version}"\n'.encode(),
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": wheel.encode(),
    }
    empty = _zip({**files, f"{package}/payload.bin": b""}, info)
    payload = random.Random(f"{project} {version}").randbytes(max(0, size - len(empty)))  # noqa: S311  # no secret
    return _zip({**files, f"{package}/payload.bin": payload}, info)


def _zip(files: dict[str, bytes], info: str) -> bytes:
    """Return an archive of `files` with their record."""
    lines = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files.items()]
    record = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(zipfile.ZipInfo(path, LONG_AGO), content)
    return buffer.getvalue()


def _digest(content: bytes) -> str:
    """Return a digest as a record has it."""
    return base64.urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
