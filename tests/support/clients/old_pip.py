"""pip before 19, which starts on no Python of today: its requests, and its way to read a page.

What it sends, what it takes for a page, how it finds links in it and what it checks are written
down here as its code has them; what it does with a wheel once it has it is nobody's business here.
Source: pip 9.0.3 and 18.1, `pip/index.py` and `pip/download.py`.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

import html5lib
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from support.packages import normalize
from support.simulator import Reply, ask

__all__ = ["OLD_PIPS", "NotFoundByOldPipError", "OldPip"]

_HASH = re.compile(r"(sha1|sha224|sha384|sha256|sha512|md5)=([a-f0-9]+)")
_WHEEL = re.compile(r"(?P<name>.+?)-(?P<version>\d[^-]*)(-\d[^-]*)?-.+?-.+?-.+?\.whl")
_SDIST = re.compile(r"(?P<name>.+)-(?P<version>\d[^-]*)\.(tar\.gz|zip)")
_UNCLEAN = re.compile(r"[^a-z0-9$&+,/:;=?@.#%_\\|-]", re.IGNORECASE)


class NotFoundByOldPipError(AssertionError):
    """The old pip would have given up; the message says at what."""


@dataclass(frozen=True, slots=True)
class Link:
    """One anchor of a page, as the old pip keeps it."""

    url: str
    requires_python: str | None

    @property
    def filename(self) -> str:
        """Return the last part of the path, unescaped."""
        return unquote(urlsplit(self.url).path.rpartition("/")[2])

    @property
    def hash(self) -> tuple[str, str] | None:
        """Return algorithm and digest, if the address says them."""
        found = _HASH.search(urlsplit(self.url).fragment)
        return (found[1], found[2]) if found else None


@dataclass(frozen=True, slots=True)
class OldPip:
    """One old pip, installing for one version of Python."""

    version: str
    cache_control: str
    python: str = "3.4.10"

    def __str__(self) -> str:
        return f"pip-{self.version}"

    def download(self, project: str, index_url: str, folder: Path) -> Path:
        """Save the newest archive that this Python may have.

        Raises:
            NotFoundByOldPipError: the old pip would have failed.
        """
        links = self._links(f"{index_url.rstrip('/')}/{normalize(project)}/")
        candidates = [(found, link) for link in links if (found := self._rank(project, link))]
        if not candidates:
            raise NotFoundByOldPipError(f"no matching distribution among {links}")
        link = max(candidates, key=lambda candidate: candidate[0])[1]
        content = self._fetch(link)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / link.filename
        path.write_bytes(content)
        return path

    def _links(self, page_url: str) -> list[Link]:
        fields = {"Accept": "text/html", "Cache-Control": self.cache_control}
        url, reply = self._ask(page_url, {**fields, "Accept-Encoding": "gzip, deflate"})
        content_type = reply.headers.get("content-type", "")
        if not content_type.lower().startswith("text/html"):
            raise NotFoundByOldPipError(f"{url} is of the type {content_type!r}, which it skips")
        return list(_links_on(url, reply.body))

    def _fetch(self, link: Link) -> bytes:
        url, reply = self._ask(urldefrag(link.url).url, {"Accept-Encoding": "identity"})
        if link.hash is not None:
            algorithm, digest = link.hash
            if hashlib.new(algorithm, reply.body).hexdigest() != digest:
                raise NotFoundByOldPipError(f"{url} does not have the {algorithm} of the page")
        return reply.body

    def _ask(self, url: str, fields: dict[str, str]) -> tuple[str, Reply]:
        agent = f'pip/{self.version} {{"python":"{self.python}"}}'
        fields = {"User-Agent": agent, "Connection": "keep-alive", **fields}
        reply = ask(url, fields)
        while reply.status in {301, 302, 303, 307, 308}:
            url = urljoin(url, reply.headers["location"])
            reply = ask(url, fields)
        if reply.status != 200:
            raise NotFoundByOldPipError(f"{url} answers {reply.status}")
        return url, reply

    def _rank(self, project: str, link: Link) -> tuple[Version, bool] | None:
        """Return what decides between candidates: the version, then whether it is a wheel."""
        found = _WHEEL.fullmatch(link.filename) or _SDIST.fullmatch(link.filename)
        if found is None or normalize(found["name"]) != normalize(project):
            return None
        if link.requires_python and self.python not in SpecifierSet(link.requires_python):
            return None
        version = Version(found["version"])
        return None if version.is_prerelease else (version, link.filename.endswith(".whl"))


def _links_on(page_url: str, body: bytes) -> Iterator[Link]:
    tree = html5lib.parse(body, transport_encoding="utf-8", namespaceHTMLElements=False)
    base = next((each.get("href") for each in tree.iter("base") if each.get("href")), page_url)
    for anchor in tree.iter("a"):
        if href := anchor.get("href"):
            # It escapes what is unclean and leaves alone what is escaped already.
            url = _UNCLEAN.sub(lambda found: quote(found[0]), urljoin(base, href))
            yield Link(url, anchor.get("data-requires-python"))


OLD_PIPS = (OldPip("9.0.3", "max-age=600"), OldPip("18.1", "max-age=0"))
"""One with each of the two ways to ask for a page."""
