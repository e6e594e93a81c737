"""Wheels that must be refused, and odd ones that must not, by name; each is small and exact.

What has to be said of each stands in `tests/data/reject/uploads/NAME.expected`.
The archives are of `acme` 1.0 and sound but for the one thing that their name says.
"""

import base64
import hashlib
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from support.raw_zip import Member, RawZip, deflate

__all__ = ["ACCEPTED_WHEELS", "REJECTED_WHEELS", "WHEEL_NAME", "sound_members"]

WHEEL_NAME = "acme-1.0-py3-none-any.whl"
INFO = "acme-1.0.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n\nAcme.\n"
WHEEL = b"Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
CODE = b"print('acme')\n" * 20

Change = Callable[[Member], Member]


def digest(content: bytes, algorithm: str = "sha256") -> str:
    """Return a digest as RECORD has it."""
    raw = hashlib.new(algorithm, content).digest()
    return f"{algorithm}={base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def rows(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the lines of RECORD by path."""
    lines = {path: f"{path},{digest(body)},{len(body)}" for path, body in files.items()}
    return lines | {f"{INFO}/RECORD": f"{INFO}/RECORD,,"}


def sound_files() -> dict[str, bytes]:
    """Return the files of a sound wheel, without RECORD."""
    return {"acme/__init__.py": CODE, f"{INFO}/METADATA": METADATA, f"{INFO}/WHEEL": WHEEL}


def members_of(files: Mapping[str, bytes], record: str | bytes | None = None) -> list[Member]:
    """Return members for the files, and RECORD; the true one if none is given."""
    if record is None:
        record = "\n".join(rows(files).values()) + "\n"
    content = record.encode() if isinstance(record, str) else record
    named = {**files, f"{INFO}/RECORD": content}
    return [Member(path.encode(), body) for path, body in named.items()]


def sound_members(more: Mapping[str, bytes] | None = None) -> list[Member]:
    """Return the members of a sound wheel, with these files in it too."""
    return members_of({**(more or {}), **sound_files()})


def plain(**changes: Any) -> bytes:  # noqa: ANN401  # by keyword
    """Return a sound wheel in an archive that is bent in this way."""
    return RawZip(sound_members(), **changes).content()


def first(**changes: Any) -> bytes:  # noqa: ANN401  # by keyword
    """Return a wheel of which the first member is bent in this way."""
    members = sound_members()
    members[0] = replace(members[0], **changes)
    return RawZip(members).content()


def with_file(path: bytes, content: bytes = b"x", **changes: Any) -> bytes:  # noqa: ANN401  # by keyword
    """Return a wheel with one more member, which stands in RECORD as well as it can."""
    name = path.decode("utf-8", "replace").rstrip("/")
    line = f'"{name}",{digest(content)},{len(content)}\n'
    files = sound_files()
    members = members_of(files, line + "\n".join(rows(files).values()) + "\n")
    bent = Member(path, content, **changes)
    return RawZip([bent, *members]).content()


def without(name: str) -> bytes:
    """Return a wheel in which one of the describing files is missing."""
    members = [m for m in sound_members() if m.name != f"{INFO}/{name}".encode()]
    return RawZip(members).content()


def recorded(change: Callable[[dict[str, str]], object]) -> bytes:
    """Return a wheel whose RECORD was changed."""
    lines = rows(sound_files())
    change(lines)
    return RawZip(members_of(sound_files(), "\n".join(lines.values()) + "\n")).content()


def described(**files: bytes) -> bytes:
    """Return a wheel with other describing files; `__` in a keyword is a dot."""
    named = {f"{INFO}/{name.replace('__', '.')}": body for name, body in files.items()}
    return RawZip(members_of({**sound_files(), **named})).content()


def extra(kind: int, content: bytes) -> bytes:
    """Return one extra field."""
    return struct.pack("<2H", kind, len(content)) + content


def unicode_path(name: bytes, of: bytes) -> bytes:
    """Return the extra field that says "this member is really called `name`"."""
    return extra(0x7075, b"\x01" + zlib.crc32(of).to_bytes(4, "little") + name)


def hidden_member() -> bytes:
    """Return a member that only readers of local headers see."""
    member = Member(b"acme/hidden.py", b"import evil\n")
    return member.local_record() + member.body()


def overlapping() -> bytes:
    """Return an archive in which two names share one member's bytes."""
    members = sound_members()
    offset = len(members[0].local_record() + members[0].body())
    members[2] = replace(members[2], central={"offset": offset})
    return RawZip(members).content()


def tar_too() -> bytes:
    """Return an archive whose first block is the header of a tar archive as well."""
    name = b"PK\x03\x04".ljust(100, b"x")
    whole = bytearray(first(local_extra=extra(0xCAFE, bytes(600)), central_extra=b""))
    block = whole[:512]
    checksum = sum(block) - sum(block[148:156]) + 8 * 32
    # The checksum's place is inside the extra field, which may hold anything.
    whole[148:156] = f"{checksum:06o}\0 ".encode()
    assert len(name) == 100
    return bytes(whole)


def huge() -> bytes:
    """Return a small archive that promises ten gigabytes."""
    large = extra(1, struct.pack("<2Q", 10 << 30, 999))
    sizes = {"unpacked": 0xFFFFFFFF, "packed": 0xFFFFFFFF}
    bent = Member(b"a", b"x", packed=bytes(999), local=sizes, central=sizes)
    members = [replace(bent, local_extra=large, central_extra=large), *sound_members()]
    return RawZip(members).content()


def million() -> bytes:
    """Return the end of an archive of a million members."""
    place = 46 * 1_000_000
    promise = {"here": 1_000_000, "count": 1_000_000, "length": place}
    full = {"here": 0xFFFF, "count": 0xFFFF, "length": 0xFFFFFFFF}
    return (
        bytes(place)
        + RawZip([], zip64=True, end64=promise, end=full, locator={"offset": place}).content()
    )


def two_ends() -> bytes:
    """Return an archive inside of which another one ends where this one does."""
    body = sound_members()
    inner = b"PK\x05\x06" + bytes(16)
    outer = RawZip([*body[:3], replace(body[3], method=0)]).content()
    behind = len(outer) - 22
    tail = outer[behind:]
    at = len(inner) + 2
    # The inner record stands in the directory, as the extra field of its last entry.
    field = extra(0xCAFE, inner + struct.pack("<H", at - at + 22))
    members = [*body[:3], replace(body[3], central_extra=field)]
    assert len(tail) == 22
    return RawZip(members).content()


def reversed_order() -> bytes:
    """Return an archive whose directory is in another order than its members."""
    return RawZip(sound_members(), order=lambda entries: entries[::-1]).content()


def lying_size() -> bytes:
    """Return a member of which both records state fewer bytes than it unpacks to."""
    small = {"unpacked": 10, "crc": zlib.crc32(CODE[:10])}
    return first(local=small, central=small)


def both(**values: int) -> dict[str, Any]:
    """Return changes of both records of a member alike."""
    return {"local": values, "central": values}


SIZES64 = struct.pack("<2Q", len(CODE), len(deflate(CODE)))

REJECTED_WHEELS: Mapping[str, Callable[[], bytes]] = {
    "zip-absolute-path": lambda: with_file(b"/etc/acme"),
    "zip-archive-comment": lambda: plain(comment=b"hello"),
    "zip-backslash": lambda: with_file(b"acme\\evil.py"),
    "zip-bomb-by-promise": huge,
    "zip-bzip2": lambda: first(**both(method=12)),
    "zip-control-character": lambda: with_file(b"acme/\x1b[31m.py"),
    "zip-count-too-large": lambda: plain(end={"here": 5, "count": 5}),
    "zip-count-too-small": lambda: plain(end={"here": 3, "count": 3}),
    "zip-cut-short": lambda: plain()[:-30],
    "zip-data-after": lambda: plain(after=b"x"),
    "zip-data-before": lambda: b"#!/bin/sh\n" + plain(),
    "zip-data-before-with-right-offsets": lambda: plain(before=b"#!/bin/sh\n"),
    "zip-data-between": lambda: plain(gap=b"0123456789"),
    "zip-data-descriptor": lambda: first(**both(flags=8)),
    "zip-data-descriptor-in-header-only": lambda: first(local={"flags": 8}),
    "zip-deflate-with-more-behind": lambda: first(packed=deflate(CODE) + b"more"),
    "zip-deflate-without-end": lambda: first(packed=deflate(CODE)[:-3]),
    "zip-deflate-that-is-none": lambda: first(packed=b"\xff" * 40),
    "zip-device": lambda: with_file(b"acme/device", mode=0o020644),
    "zip-directory-with-content": lambda: with_file(b"acme/data/", b"hello"),
    "zip-disks": lambda: plain(end={"disk": 1, "start": 1}),
    "zip-drive": lambda: with_file(b"C:acme.py"),
    "zip-duplicate-directory-and-file": lambda: with_file(b"acme/__init__.py/", b""),
    "zip-duplicate-name": lambda: with_file(b"acme/__init__.py"),
    "zip-duplicate-zip64-field": lambda: first(local_extra=extra(1, b"") + extra(1, b"")),
    "zip-empty": lambda: RawZip([]).content(),
    "zip-encrypted": lambda: first(**both(flags=1)),
    "zip-entry-comment": lambda: first(comment=b"hello"),
    "zip-extra-cut-short": lambda: first(local_extra=b"\x01\x00\xff"),
    "zip-extra-longer-than-it-is": lambda: first(central_extra=struct.pack("<2H", 9, 99)),
    "zip-file-in-a-file": lambda: with_file(b"acme/__init__.py/evil.py"),
    "zip-hidden-member": lambda: plain(hidden=hidden_member()),
    "zip-hidden-member-between": lambda: plain(gap=hidden_member()),
    "zip-is-a-tar-too": tar_too,
    "zip-is-none": lambda: b"this is no archive",
    "zip-is-nothing": lambda: b"",
    "zip-lzma": lambda: first(**both(method=14)),
    "zip-million-members": million,
    "zip-name-differs": lambda: first(local_name=b"acme/__evil__.py"),
    "zip-name-empty": lambda: with_file(b""),
    "zip-name-not-marked": lambda: with_file("acme/ü.py".encode()),
    "zip-name-not-utf-8": lambda: with_file(b"acme/\xff.py"),
    "zip-name-too-long": lambda: with_file(b"a" * 2_000),
    "zip-name-turned-round": lambda: with_file("acme/\u202eyp.".encode(), **both(flags=0x800)),
    "zip-nul-in-name": lambda: with_file(b"acme/a.py\0.txt"),
    "zip-offset-of-directory": lambda: plain(end={"offset": 7}),
    "zip-order": reversed_order,
    "zip-other-checksum": lambda: first(local={"crc": 1}),
    "zip-other-flags": lambda: first(local={"flags": 0x800}),
    "zip-other-method": lambda: first(local={"method": 0}),
    "zip-other-packed-size": lambda: first(local={"packed": 1}),
    "zip-other-unpacked-size": lambda: first(local={"unpacked": 1}),
    "zip-overlap": overlapping,
    "zip-parent-path": lambda: with_file(b"../acme.py"),
    "zip-parent-path-inside": lambda: with_file(b"acme/../../acme.py"),
    "zip-size-lies": lying_size,
    "zip-symbolic-link": lambda: with_file(b"acme/link", b"/etc/passwd", mode=0o120777),
    "zip-two-end-records": two_ends,
    "zip-unicode-path": lambda: first(
        local_extra=unicode_path(b"evil.py", b"acme/__init__.py"),
        central_extra=unicode_path(b"evil.py", b"acme/__init__.py"),
    ),
    "zip-unicode-path-twice": lambda: first(
        central_extra=2 * unicode_path(b"acme/__init__.py", b"acme/__init__.py"),
    ),
    "zip-version": lambda: first(**both(needed=99)),
    "zip-wrong-checksum": lambda: first(**both(crc=1)),
    "zip64-count-differs": lambda: plain(zip64=True, end={"count": 3, "here": 3}),
    "zip64-disks": lambda: plain(zip64=True, locator={"disks": 2}),
    "zip64-extensible-data": lambda: plain(zip64=True, end64_tail=b"hello"),
    "zip64-field-missing": lambda: first(central={"packed": 0xFFFFFFFF}),
    "zip64-field-of-odd-length": lambda: first(local_extra=extra(1, bytes(12))),
    "zip64-field-says-otherwise": lambda: first(local_extra=extra(1, bytes(16))),
    "zip64-locator-elsewhere": lambda: plain(zip64=True, locator={"offset": 0}),
    "zip64-record-is-none": lambda: plain(zip64=True, end64={"mark": b"PK\x06\x05"}),
    "wheel-bomb-in-metadata": lambda: described(METADATA=bytes(17 << 20)),
    "wheel-bomb-in-record": lambda: RawZip(members_of(sound_files(), bytes(17 << 20))).content(),
    "wheel-bomb-in-rows": lambda: RawZip(
        members_of(sound_files(), "".join(f"{number},,\n" for number in range(210_000)))
    ).content(),
    "wheel-bomb-of-zeros": lambda: with_file(b"acme/zeros", bytes(66 << 20)),
    "wheel-entry-points-broken": lambda: described(entry_points__txt=b"nonsense\n"),
    "wheel-entry-points-not-text": lambda: described(entry_points__txt=b"\xff\xfe"),
    "wheel-entry-points-path": lambda: described(
        entry_points__txt=b"[console_scripts]\n../evil = acme:main\n"
    ),
    "wheel-entry-points-object": lambda: described(
        entry_points__txt=b"[console_scripts]\nacme = import os; os.x\n"
    ),
    "wheel-from-the-future": lambda: described(WHEEL=b"Wheel-Version: 2.0\n"),
    "wheel-of-another-project": lambda: plain().replace(b"acme-1.0.dist", b"acmf-1.0.dist"),
    "wheel-of-another-version": lambda: plain().replace(b"acme-1.0.dist", b"acme-1.1.dist"),
    "wheel-two-directories": lambda: with_file(b"evil-1.0.dist-info/METADATA"),
    "wheel-without-directory": lambda: RawZip([Member(b"acme.py", CODE)]).content(),
    "wheel-without-metadata": lambda: without("METADATA"),
    "wheel-without-record": lambda: without("RECORD"),
    "wheel-without-wheel": lambda: without("WHEEL"),
    "record-another-digest": lambda: recorded(
        lambda lines: lines.update(a=lines.pop("acme/__init__.py").replace("=", "=A", 1)[:-5])
    ),
    "record-another-size": lambda: recorded(
        lambda lines: lines.update(a=lines.pop("acme/__init__.py") + "1")
    ),
    "record-contradicts-itself": lambda: recorded(
        lambda lines: lines.update(a=f"acme/__init__.py,{digest(b'x')},1")
    ),
    "record-digest-is-none": lambda: recorded(
        lambda lines: lines.update(a=f"{lines.pop('acme/__init__.py').partition('=')[0]}=?,1")
    ),
    "record-lists-what-is-missing": lambda: recorded(
        lambda lines: lines.update(a=f"acme/evil.py,{digest(b'x')},1")
    ),
    "record-md5": lambda: recorded(
        lambda lines: lines.update(
            {"acme/__init__.py": f"acme/__init__.py,{digest(CODE, 'md5')},{len(CODE)}"}
        )
    ),
    "record-not-text": lambda: RawZip(members_of(sound_files(), b"\xff\xfe")).content(),
    "record-not-csv": lambda: RawZip(members_of(sound_files(), b'"acme,x\n')).content(),
    "record-size-is-none": lambda: recorded(
        lambda lines: lines.update(a=lines.pop("acme/__init__.py") + "x")
    ),
    "record-without-a-file": lambda: recorded(lambda lines: lines.pop("acme/__init__.py")),
    "record-without-digest": lambda: recorded(
        lambda lines: lines.update({"acme/__init__.py": "acme/__init__.py,,"})
    ),
}

ACCEPTED_WHEELS: Mapping[str, Callable[[], bytes]] = {
    "compiled-rows-without-files": lambda: recorded(
        lambda lines: lines.update(a="acme/__pycache__/__init__.cpython-311.pyc,,")
    ),
    "directories": lambda: RawZip([Member(b"acme/", method=0), *sound_members()]).content(),
    "directory-deflated": lambda: RawZip([Member(b"acme/"), *sound_members()]).content(),
    "plain": plain,
    "record-in-hex": lambda: recorded(
        lambda lines: lines.update(
            {
                "acme/__init__.py": "acme/__init__.py,"
                f"sha256={hashlib.sha256(CODE).hexdigest()},{len(CODE)}"
            }
        )
    ),
    "record-row-twice": lambda: recorded(lambda lines: lines.update(a=lines["acme/__init__.py"])),
    "record-without-size": lambda: recorded(
        lambda lines: lines.update({"acme/__init__.py": f"acme/__init__.py,{digest(CODE)},"})
    ),
    "signature-not-in-record": lambda: RawZip(
        [*sound_members(), Member(f"{INFO}/RECORD.jws".encode(), b"{}")]
    ).content(),
    "stored": lambda: RawZip([replace(m, method=0) for m in sound_members()]).content(),
    "unicode-name": lambda: with_file("acme/ü.py".encode(), **both(flags=0x800)),
    "unicode-path-that-says-the-same": lambda: first(
        central_extra=unicode_path(b"acme/__init__.py", b"acme/__init__.py")
    ),
    "zip64": lambda: plain(zip64=True),
    "zip64-with-full-sizes-in-the-header": lambda: first(local_extra=extra(1, SIZES64)),
    "zip64-sizes-only-in-the-extra-field": lambda: first(
        local={"packed": 0xFFFFFFFF, "unpacked": 0xFFFFFFFF}, local_extra=extra(1, SIZES64)
    ),
}
