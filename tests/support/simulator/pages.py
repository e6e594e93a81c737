"""Render what an index holds into pages, in one style."""

import html
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from packaging.version import InvalidVersion, Version

from support.packages import normalize
from support.simulator.contents import Listing, Project, State, many_name
from support.simulator.style import Style

__all__ = [
    "Addresses",
    "Format",
    "PageMaker",
    "link_to",
    "negotiate",
    "render_instant",
    "render_page",
    "render_root",
    "versions_of",
]


class Format(Enum):
    """The representations of a page, with their content types."""

    JSON = "application/vnd.pypi.simple.v1+json"
    VERSIONED_HTML = "application/vnd.pypi.simple.v1+html"
    HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the two ports of a simulator are, without a final slash."""

    index: str
    files: str


# --- negotiation ----------------------------------------------------------------------------------


def negotiate(accept: str, style: Style) -> Format:
    """Return the format to answer with; like PyPI, `text/html` if nothing else is wanted."""
    offers = [Format.HTML] if style.html else []
    offers += [Format.VERSIONED_HTML] if style.versioned_html else []
    offers += [Format.JSON] if style.json else []
    wanted = dict(_parse_accept(accept))
    best = max(offers, key=lambda offer: _quality(offer.value, wanted))
    return best if _quality(best.value, wanted) > 0 else offers[0]


def _parse_accept(accept: str) -> Iterator[tuple[str, float]]:
    for part in (accept or "*/*").lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q" and value.strip().replace(".", "", 1).isdigit():
                quality = float(value)
        yield name.replace(".latest+", ".v1+"), quality


def _quality(content_type: str, wanted: dict[str, float]) -> float:
    for pattern in (content_type, content_type.partition("/")[0] + "/*", "*/*"):
        if pattern in wanted:
            return wanted[pattern]
    return 0.0


# --- the list of projects -------------------------------------------------------------------------


def render_root(state: State, style: Style, form: Format) -> bytes:
    """Return the list of projects; quarantined ones are not on it."""
    if form is Format.JSON:
        return _render_json_root(state, style)
    title = "Index of /simple" if style.layout == "autoindex" else "Simple index"
    lines = [_html_head(title, _version_meta(state, style))]
    lines += [
        f'    <a href="{name}/">{html.escape(shown)}</a><br/>' for name, shown, _ in _names(state)
    ]
    lines.append("  </body>\n</html>")
    return "\n".join(lines).encode() + _serial_comment(state.serial, style)


def _names(state: State) -> Iterator[tuple[str, str, int]]:
    for name in sorted(state.projects):
        project = state.projects[name]
        if not project.is_quarantined:
            yield name, project.name, project.serial
    for number in range(state.many):
        name = many_name(number)
        if name not in state.projects:
            yield name, name, 1000


def _render_json_root(state: State, style: Style) -> bytes:
    # Joined by hand: 700,000 small objects are too many to be made just to be encoded.
    if style.serials:
        meta = f'{{"_last-serial":{state.serial},"api-version":"{state.api_version}"}}'
        projects = (f'{{"_last-serial":{x},"name":"{shown}"}}' for _, shown, x in _names(state))
    else:
        meta = f'{{"api-version":"{state.api_version}"}}'
        projects = (f'{{"name":"{shown}"}}' for _, shown, _ in _names(state))
    return f'{{"meta":{meta},"projects":[{",".join(projects)}]}}\n'.encode()


# --- the page of a project ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PageMaker:
    """What every page of one index is made with."""

    state: State
    style: Style
    addresses: Addresses


def render_page(maker: PageMaker, project: Project, form: Format) -> bytes:
    """Return the page of one project."""
    if form is Format.JSON:
        return _render_json_page(maker, project)
    if maker.style.layout == "autoindex":
        return _render_autoindex(project)
    return _render_html_page(maker, project)


def _offered(project: Project) -> tuple[Listing, ...]:
    return () if project.is_quarantined else project.listings


def _render_json_page(maker: PageMaker, project: Project) -> bytes:
    files = [_json_file(maker, project, each) for each in _offered(project)]
    version = maker.state.api_version if maker.style.sizes else "1.0"
    meta: dict[str, object] = {"api-version": version}
    if maker.style.serials:
        meta["_last-serial"] = project.serial
    page: dict[str, object] = {"files": files, "meta": meta, "name": normalize(project.name)}
    if version != "1.0":
        page["versions"] = versions_of(project)
    if project.status is not None:
        page["project-status"] = {"status": project.status}
        if project.reason is not None:
            page["project-status"] = {"status": project.status, "reason": project.reason}
    return json.dumps({**page, **project.extra}, separators=(",", ":")).encode() + b"\n"


def _json_file(maker: PageMaker, project: Project, listing: Listing) -> dict[str, object]:
    style, package = maker.style, listing.package
    entry: dict[str, object] = {
        "filename": package.filename,
        "hashes": dict(listing.stated_hashes) if style.hashes else {},
        "url": link_to(maker, listing),
    }
    if style.metadata:
        entry["core-metadata"] = entry["data-dist-info-metadata"] = listing.stated_metadata
    if style.requires_python:
        entry["requires-python"] = package.requires_python
    if style.sizes:
        entry["size"] = listing.stated_size
    if style.dates:
        entry["upload-time"] = render_instant(listing.uploaded_at)
    if style.yanks:
        entry["yanked"] = False if listing.yanked is None else listing.yanked or True
    if listing.provenance is not None:
        entry["provenance"] = _provenance_url(maker, project, listing)
    return entry


def render_instant(moment: datetime) -> str:
    """Return a moment as PEP 700 writes it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def link_to(maker: PageMaker, listing: Listing) -> str:
    """Return the address of a file as pages of this style give it."""
    if maker.style.links == "absolute":
        host = maker.addresses.files if maker.style.separate_file_host else maker.addresses.index
        return host + listing.path
    if maker.style.separate_file_host:
        return maker.addresses.files.partition(":")[2] + listing.path
    return "../.." + listing.path


def _provenance_url(maker: PageMaker, project: Project, listing: Listing) -> str:
    package = listing.package
    name = normalize(project.name)
    return (
        f"{maker.addresses.index}/integrity/{name}/{package.version}/{package.filename}/provenance"
    )


def _render_html_page(maker: PageMaker, project: Project) -> bytes:
    head = _version_meta(maker.state, maker.style)
    if project.status is not None:
        head.append(f'<meta name="pypi:project-status" content="{html.escape(project.status)}">')
    if project.reason is not None:
        reason = html.escape(project.reason)
        head.append(f'<meta name="pypi:project-status-reason" content="{reason}">')
    if maker.style.links == "base-href":
        head.append(f'<base href="{maker.addresses.index}/packages/">')
    name = normalize(project.name)
    lines = [_html_head(f"Links for {name}", head), f"    <h1>Links for {name}</h1>"]
    lines += [_anchor(maker, project, each) for each in _offered(project)]
    lines.append("  </body>\n</html>")
    return "\n".join(lines).encode() + _serial_comment(project.serial, maker.style)


def _anchor(maker: PageMaker, project: Project, listing: Listing) -> str:
    link = link_to(maker, listing)
    if maker.style.links == "base-href":
        link = listing.path.removeprefix("/packages/")
    if maker.style.hashes:
        link += "".join(f"#{name}={digest}" for name, digest in listing.stated_hashes.items())
    attributes = {"href": link}
    if maker.style.requires_python and listing.package.requires_python is not None:
        attributes["data-requires-python"] = listing.package.requires_python
    if maker.style.yanks and listing.yanked is not None:
        attributes["data-yanked"] = listing.yanked
    if maker.style.metadata and (stated := listing.stated_metadata):
        value = "true" if stated is True else f"sha256={stated['sha256']}"
        attributes["data-dist-info-metadata"] = attributes["data-core-metadata"] = value
    if listing.provenance is not None:
        attributes["data-provenance"] = _provenance_url(maker, project, listing)
    written = " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items())
    return f"    <a {written} >{html.escape(listing.package.filename)}</a><br />"


def _html_head(title: str, head: Iterable[str]) -> str:
    inner = "".join(f"    {line}\n" for line in [*head, f"<title>{html.escape(title)}</title>"])
    return f"<!DOCTYPE html>\n<html>\n  <head>\n{inner}  </head>\n  <body>"


def _version_meta(state: State, style: Style) -> list[str]:
    if not style.states_version:
        return []
    return [f'<meta name="pypi:repository-version" content="{state.api_version}">']


def _serial_comment(serial: int, style: Style) -> bytes:
    return f"\n<!--SERIAL {serial}-->".encode() if style.serials else b"\n"


def _render_autoindex(project: Project) -> bytes:
    title = f"Index of /simple/{normalize(project.name)}"
    columns = [("N", "Name"), ("M", "Last modified"), ("S", "Size"), ("D", "Description")]
    headings = "".join(f'<th><a href="?C={key};O=A">{text}</a></th>' for key, text in columns)
    lines = [f"<html><head><title>{title}</title></head><body><h1>{title}</h1><table>"]
    lines.append(f'<tr>{headings}</tr>\n<tr><td><a href="/simple/">Parent Directory</a></td></tr>')
    for listing in _offered(project):
        filename = listing.package.filename
        shown = filename if len(filename) < 24 else f"{filename[:20]}..&gt;"
        cells = f"<td>{listing.uploaded_at:%Y-%m-%d %H:%M}</td><td>{listing.stated_size}</td>"
        lines.append(f'<tr><td><a href="{html.escape(filename)}">{shown}</a></td>{cells}</tr>')
    lines.append("</table></body></html>\n")
    return "\n".join(lines).encode()


def versions_of(project: Project) -> list[str]:
    """Return the versions that have files, oldest first."""
    return sorted({each.package.version for each in project.listings}, key=_order)


def _order(version: str) -> tuple[Version, str]:
    try:
        return Version(version), version
    except InvalidVersion:
        return Version("0.dev0"), version
