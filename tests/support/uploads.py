"""Upload requests to the letter: right ones, and such as are wrong in one respect only.

::

    form = form_of(make_wheel("demo", "1.0"))
    content_type, body = form.without("sha256_digest").render()

They are put together by hand, so they owe nothing to the code under test, and can say what no
client would.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from support.packages import Package

__all__ = ["DIGESTS", "Form", "Part", "digests_of", "form_of"]

DIGESTS: Final = ("md5_digest", "sha256_digest", "blake2_256_digest")
_BOUNDARY: Final = "8f2b7c1d-wheelyard-tests-4e6a90"


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; `filename` and `content_type` are `None` where it has none."""

    name: str
    value: bytes = field(repr=False)
    filename: str | None = None
    content_type: str | None = None

    def render(self) -> bytes:
        """Return the part as it stands between two boundaries. Source: RFC 7578, 4.2."""
        named = "" if self.filename is None else f'; filename="{self.filename}"'
        lines = [f'Content-Disposition: form-data; name="{self.name}"{named}']
        if self.content_type is not None:
            lines.append(f"Content-Type: {self.content_type}")
        return "\r\n".join([*lines, "", ""]).encode() + self.value


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of an upload, in order."""

    parts: tuple[Part, ...]

    def without(self, *names: str) -> "Form":
        """Return the form without some fields."""
        return Form(tuple(part for part in self.parts if part.name not in names))

    def with_values(self, name: str, *values: str) -> "Form":
        """Return the form with these values of one field, and no others, before the file."""
        added = tuple(Part(name, value.encode()) for value in values)
        return Form((*added, *self.without(name).parts))

    def with_file(
        self, *, name: str | None = None, content: bytes | None = None, media_type: str | None = ""
    ) -> "Form":
        """Return the form with the file under another name, with other bytes or another type.

        The digests are those of the bytes; without a type the part has none.
        """
        (file,) = (part for part in self.parts if part.name == "content")
        bytes_sent = file.value if content is None else content
        found = Form(
            tuple(
                replace(
                    part,
                    value=bytes_sent,
                    filename=part.filename if name is None else name,
                    content_type=part.content_type if media_type == "" else media_type,
                )
                if part.name == "content"
                else part
                for part in self.parts
            )
        )
        for digest, value in digests_of(bytes_sent).items():
            found = found.with_values(digest, value)
        return found

    def reversed(self) -> "Form":
        """Return the form with its fields in the other order: the file comes first."""
        return Form(self.parts[::-1])

    def render(self) -> tuple[str, bytes]:
        """Return the content type and the body."""
        delimiter = f"--{_BOUNDARY}\r\n".encode()
        pieces = [delimiter + part.render() + b"\r\n" for part in self.parts]
        body = b"".join([*pieces, f"--{_BOUNDARY}--\r\n".encode()])
        return f"multipart/form-data; boundary={_BOUNDARY}", body


def digests_of(content: bytes) -> dict[str, str]:
    """Return the three digests that a form may have, by the name of the field, as hex digits."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    sha256 = hashlib.sha256(content).hexdigest()
    blake2 = hashlib.blake2b(content, digest_size=32).hexdigest()
    return dict(zip(DIGESTS, (md5, sha256, blake2), strict=True))


def form_of(package: Package, *, digests: Iterable[str] = DIGESTS) -> Form:
    """Return the form that uploads an archive as PyPI's clients do."""
    sums = digests_of(package.content)
    words = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.2",
        "name": package.name,
        "version": package.version,
        "filetype": "bdist_wheel" if package.is_wheel else "sdist",
        "pyversion": package.filename.split("-")[-3] if package.is_wheel else "source",
        **{digest: sums[digest] for digest in digests},
    }
    fields = tuple(Part(name, value.encode()) for name, value in words.items())
    file = Part("content", package.content, package.filename, "application/octet-stream")
    return Form((*fields, file))
