"""Render what PyPI's JSON API says about a project."""

import json
from email.parser import BytesParser

from packaging.version import InvalidVersion, Version

from support.simulator.contents import Listing, Project
from support.simulator.pages import PageMaker, link_to, render_instant, versions_of

__all__ = ["render_json_api"]


def render_json_api(maker: PageMaker, project: Project, version: str | None) -> bytes | None:
    """Return what `/pypi/<project>/json` says, of one version if given, or `None` for a 404."""
    versions = versions_of(project)
    shown = version or _newest(project)
    if project.is_quarantined or shown is None or shown not in versions:
        return None
    releases = {
        each: [_api_file(maker, x) for x in project.listings if x.package.version == each]
        for each in versions
    }
    document: dict[str, object] = {
        "info": _api_info(project, shown),
        "last_serial": project.serial,
        "urls": releases[shown],
        "vulnerabilities": [],
    }
    if version is None:
        document["releases"] = releases
    return json.dumps(document, separators=(",", ":")).encode()


def _newest(project: Project) -> str | None:
    versions = versions_of(project)
    yanked = {x.package.version for x in project.listings if x.yanked is not None}
    stable = [each for each in versions if each not in yanked and not _is_prerelease(each)]
    held = stable or versions
    return held[-1] if held else None


def _is_prerelease(version: str) -> bool:
    try:
        return Version(version).is_prerelease
    except InvalidVersion:
        return False


def _api_info(project: Project, version: str) -> dict[str, object]:
    listings = [each for each in project.listings if each.package.version == version]
    metadata = next((x.package.metadata for x in listings if x.package.metadata), b"")
    fields = BytesParser().parsebytes(metadata)
    yanked = next((each.yanked for each in listings if each.yanked is not None), None)
    return {
        "name": project.name,
        "version": version,
        "summary": fields.get("Summary"),
        "requires_dist": fields.get_all("Requires-Dist"),
        "requires_python": listings[0].package.requires_python,
        "provides_extra": fields.get_all("Provides-Extra"),
        "description": fields.get_payload(),
        "yanked": yanked is not None,
        "yanked_reason": yanked or None,
    }


def _api_file(maker: PageMaker, listing: Listing) -> dict[str, object]:
    package = listing.package
    moment = render_instant(listing.uploaded_at)
    return {
        "comment_text": "",
        "core-metadata": listing.stated_metadata,
        "digests": {**listing.stated_hashes, "blake2b_256": listing.blake2b_256},
        "downloads": -1,
        "filename": package.filename,
        "has_sig": False,
        "packagetype": "bdist_wheel" if package.is_wheel else "sdist",
        "python_version": "py3" if package.is_wheel else "source",
        "requires_python": package.requires_python,
        "size": listing.stated_size,
        "upload_time": moment.partition(".")[0].removesuffix("Z"),
        "upload_time_iso_8601": moment,
        "url": link_to(maker, listing),
        "yanked": listing.yanked is not None,
        "yanked_reason": listing.yanked or None,
    }
