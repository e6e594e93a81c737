"""Source archives that must be refused, and odd ones that must not, by name.

What has to be said of each stands in `tests/data/reject/uploads/NAME.expected`.
The archives are of `acme` 1.0 and sound but for the one thing that their name says.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Mapping, Sequence

from support.raw_zip import RawZip

__all__ = ["ACCEPTED_SDISTS", "REJECTED_SDISTS", "SDIST_NAME"]

SDIST_NAME = "acme-1.0.tar.gz"
TOP = "acme-1.0"
PKG_INFO = b"Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n\nAcme.\n"

Entry = tuple[tarfile.TarInfo, bytes]


def member(path: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, to: str = "") -> Entry:
    """Return one member of a tar archive."""
    info = tarfile.TarInfo(path)
    info.type, info.size, info.linkname = kind, len(content), to
    return info, content


def blocks(entries: Sequence[Entry], form: int = tarfile.GNU_FORMAT) -> bytes:
    """Return a tar archive of these members, with its end."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def sound(*more: Entry, form: int = tarfile.GNU_FORMAT) -> bytes:
    """Return the tar of a sound source archive with these members behind it."""
    info, setup = member(f"{TOP}/PKG-INFO", PKG_INFO), member(f"{TOP}/setup.py", b"1 / 0\n")
    return blocks([info, setup, *more], form)


def packed(content: bytes) -> bytes:
    """Return bytes as gzip packs them."""
    return gzip.compress(content, 9, mtime=0)


def with_member(*arguments: object) -> bytes:
    """Return a source archive with one more member."""
    return packed(sound(member(*arguments)))  # type: ignore[arg-type]  # as `member` takes them


def link(path: str, to: str, kind: bytes = tarfile.SYMTYPE) -> bytes:
    """Return a source archive with a link in it."""
    return with_member(f"{TOP}/{path}", b"", kind, to)


def pax(**headers: str) -> bytes:
    """Return a source archive with a member that has such an extended header."""
    entry = member(f"{TOP}/a.py", b"x")
    entry[0].pax_headers = headers
    return packed(sound(entry, form=tarfile.PAX_FORMAT))


def global_pax(**headers: str) -> bytes:
    """Return a source archive that begins with a global header."""
    stream = io.BytesIO()
    with tarfile.open(
        fileobj=stream, mode="w", format=tarfile.PAX_FORMAT, pax_headers=headers
    ) as archive:
        info, content = member(f"{TOP}/PKG-INFO", PKG_INFO)
        archive.addfile(info, io.BytesIO(content))
    return packed(stream.getvalue())


def bent(change: Callable[[bytearray], object]) -> bytes:
    """Return a source archive of which the first header was changed, checksum included."""
    whole = bytearray(sound())
    change(whole)
    checksum = sum(whole[:148]) + 8 * 32 + sum(whole[156:512])
    whole[148:156] = f"{checksum:06o}\0 ".encode()
    return packed(bytes(whole))


def long_header(kind: bytes, content: bytes) -> bytes:
    """Return a source archive with such a header in front of a member."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = kind, len(content)
    return packed(sound((info, content), member(f"{TOP}/a.py", b"x")))


def zeros(count: int) -> bytes:
    """Return a source archive in which a member has so many zeros; small, however many."""
    info = tarfile.TarInfo(f"{TOP}/zeros")
    info.size = count
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    stream = packer.compress(sound()[:2048] + info.tobuf(tarfile.GNU_FORMAT))
    megabyte = bytes(1 << 20)
    for _ in range(min(count >> 20, 100)):
        stream += packer.compress(megabyte)
    return stream + packer.flush()


REJECTED_SDISTS: Mapping[str, Callable[[], bytes]] = {
    "gzip-cut-short": lambda: packed(sound())[:-20],
    "gzip-is-a-zip-too": lambda: packed(sound()) + RawZip([]).content(),
    "gzip-is-none": sound,
    "gzip-is-nothing": lambda: b"",
    "gzip-trailing-data": lambda: packed(sound()) + b"hello",
    "gzip-wrong-checksum": lambda: packed(sound())[:-8] + bytes(8),
    "gzip-zeros-only": lambda: bytes(100),
    "sdist-link-for-metadata": lambda: packed(
        blocks([member(f"{TOP}/x", PKG_INFO), member(f"{TOP}/PKG-INFO", b"", tarfile.SYMTYPE, "x")])
    ),
    "sdist-metadata-twice": lambda: with_member(f"{TOP}/PKG-INFO", b"Name: evil\n"),
    "sdist-two-directories": lambda: with_member("evil-1.0/setup.py", b""),
    "sdist-file-beside-the-directory": lambda: with_member("setup.py", b""),
    "sdist-without-metadata": lambda: packed(blocks([member(f"{TOP}/setup.py")])),
    "tar-absolute-path": lambda: with_member("/etc/acme", b"x"),
    "tar-backslash": lambda: with_member(f"{TOP}\\evil.py", b"x"),
    "tar-block-device": lambda: with_member(f"{TOP}/disk", b"", tarfile.BLKTYPE),
    "tar-bomb-in-metadata": lambda: packed(blocks([member(f"{TOP}/PKG-INFO", bytes(17 << 20))])),
    "tar-bomb": lambda: zeros(10 << 30),
    "tar-character-device": lambda: with_member(f"{TOP}/null", b"", tarfile.CHRTYPE),
    "tar-control-character": lambda: with_member(f"{TOP}/\x07.py", b""),
    "tar-cut-short": lambda: packed(sound()[:700]),
    "tar-cut-short-in-a-header": lambda: packed(sound()[:1300]),
    "tar-data-after-its-end": lambda: packed(sound() + sound(member(f"{TOP}/evil.py"))),
    "tar-directory-in-a-file": lambda: with_member(f"{TOP}/setup.py/evil.py", b"x"),
    "tar-empty": lambda: packed(bytes(10_240)),
    "tar-extended-header-too-long": lambda: long_header(b"x", bytes(2 << 20)),
    "tar-extended-header-unreadable": lambda: long_header(b"x", b"99 path=x\n"),
    "tar-global-header-renames": lambda: global_pax(path="evil.py"),
    "tar-header-of-two-formats": lambda: bent(
        lambda raw: raw.__setitem__(slice(345, 349), b"evil")
    ),
    "tar-hard-link-out": lambda: link("a.py", "../../etc/passwd", tarfile.LNKTYPE),
    "tar-hard-link-to-nothing": lambda: link("a.py", f"{TOP}/none.py", tarfile.LNKTYPE),
    "tar-link-with-a-slash": lambda: link("a/", "setup.py"),
    "tar-owner-is-no-number": lambda: bent(lambda raw: raw.__setitem__(slice(108, 111), b"ume")),
    "tar-link-with-content": lambda: with_member(f"{TOP}/a", b"x", tarfile.SYMTYPE, "setup.py"),
    "tar-link-absolute": lambda: link("a.py", "/etc/passwd"),
    "tar-link-by-a-detour": lambda: link("a.py", "src/../../../etc/passwd"),
    "tar-link-empty": lambda: link("a.py", ""),
    "tar-link-out": lambda: link("a.py", "../../etc/passwd"),
    "tar-link-to-the-place-itself": lambda: link("a", ".."),
    "tar-link-used-as-a-directory": lambda: packed(
        sound(member(f"{TOP}/a", b"", tarfile.SYMTYPE, "b"), member(f"{TOP}/a/evil.py", b"x"))
    ),
    "tar-long-name-out": lambda: long_header(b"L", b"../evil.py\0"),
    "tar-member-twice": lambda: with_member(f"{TOP}/setup.py", b"evil\n"),
    "tar-named-twice": lambda: packed(
        sound(
            member("././@LongLink", f"{TOP}/b\0".encode(), b"L"),
            member("././@LongLink", f"{TOP}/c\0".encode(), b"L"),
            member(f"{TOP}/a", b"x"),
        )
    ),
    "tar-name-not-utf-8": lambda: bent(lambda raw: raw.__setitem__(0, 0xFF)),
    "tar-number-impossible": lambda: bent(
        lambda raw: raw.__setitem__(slice(124, 136), b"\xff" * 12)
    ),
    "tar-number-is-none": lambda: bent(
        lambda raw: raw.__setitem__(slice(124, 136), b"0000000009z\0")
    ),
    "tar-parent-path": lambda: with_member(f"{TOP}/../../evil.py", b"x"),
    "tar-pax-path-out": lambda: pax(path="../evil.py"),
    "tar-pax-size-is-none": lambda: long_header(b"x", b"12 size=-12\n"),
    "tar-pax-sparse": lambda: pax(**{"GNU.sparse.major": "1"}),
    "tar-pipe": lambda: with_member(f"{TOP}/pipe", b"", tarfile.FIFOTYPE),
    "tar-size-too-large": lambda: bent(
        lambda raw: raw.__setitem__(slice(124, 136), b"00077777777\0")
    ),
    "tar-sparse": lambda: with_member(f"{TOP}/a", b"", tarfile.GNUTYPE_SPARSE),
    "tar-unknown-type": lambda: with_member(f"{TOP}/a", b"", b"Z"),
    "tar-wrong-checksum": lambda: packed(b"evil" + sound()[4:]),
}

ACCEPTED_SDISTS: Mapping[str, Callable[[], bytes]] = {
    "dot-at-the-beginning": lambda: packed(
        blocks([member(".", b"", tarfile.DIRTYPE), member(f"./{TOP}/PKG-INFO", PKG_INFO)])
    ),
    "directories-twice": lambda: packed(sound(*(2 * [member(f"{TOP}/src", b"", tarfile.DIRTYPE)]))),
    "global-comment": lambda: global_pax(comment="a commit"),
    "gzip-of-two-members": lambda: packed(sound()[:1000]) + packed(sound()[1000:]),
    "gzip-padded-with-zeros": lambda: packed(sound()) + bytes(512),
    "hard-link-inside": lambda: link("a.py", f"{TOP}/setup.py", tarfile.LNKTYPE),
    "link-inside": lambda: link("src/a.py", "../setup.py"),
    "long-name": lambda: with_member(f"{TOP}/{'a' * 90}/{'b' * 90}", b"x"),
    "old-directory": lambda: with_member(f"{TOP}/src/", b"", tarfile.AREGTYPE),
    "pax": lambda: packed(sound(member(f"{TOP}/ü/{'b' * 120}"), form=tarfile.PAX_FORMAT)),
    "plain": lambda: packed(sound()),
    "ustar": lambda: packed(sound(member(f"{TOP}/{'a' * 90}/b"), form=tarfile.USTAR_FORMAT)),
    "without-its-end": lambda: packed(sound()[:2048]),
}
