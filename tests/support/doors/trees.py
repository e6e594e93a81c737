"""Trees of static pages that old generators wrote."""

from collections.abc import Iterable
from pathlib import Path

from support.doors.contents import flat_directory
from support.packages import Package

__all__ = ["basketweaver", "written_tree"]


def basketweaver(folder: Path, packages: Iterable[Package]) -> Path:
    """Write what `makeindex *` of basketweaver 0.1.3 makes of a folder of archives.

    It is a program for Python 2. Project names are as `PKG-INFO` spells them, links have no
    digest, and items of its lists are not closed. Source: `basketweaver/makeindex.py`, `main`.
    """
    packages = tuple(packages)
    flat_directory(folder, packages)
    projects: dict[str, list[str]] = {}
    for package in packages:
        projects.setdefault(package.name, []).append(package.filename)
    top = folder / "index"
    lines = [f'<li><a href="{name}/index.html">{name}</a>\n' for name in sorted(projects)]
    _write(top / "index.html", "Package Index", lines)
    for name, archives in projects.items():
        links = [f'<li><a href="../../{archive}">{archive}</a>\n' for archive in archives]
        _write(top / name / "index.html", f"{name} Distributions", links)
    return folder


def _write(path: Path, heading: str, items: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f"<html>\n<body>\n<h1>{heading}</h1>\n<ul>\n"
    path.write_text(f"{head}{''.join(items)}</ul>\n</body>\n</html>\n", "utf-8")


def written_tree(folder: Path, packages: Iterable[Package]) -> Path:
    """Write a tree by hand as PEP 503 has it: `simple/NAME/index.html`, digests in the links."""
    packages = tuple(packages)
    flat_directory(folder / "files", packages)
    pages: dict[str, list[str]] = {}
    for package in packages:
        name = package.name.replace(".", "-").lower()
        link = f"../../files/{package.filename}#sha256={package.sha256}"
        pages.setdefault(name, []).append(f'<a href="{link}">{package.filename}</a><br>\n')
    for name, anchors in pages.items():
        page = folder / "simple" / name / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"<!DOCTYPE html><title>Links for {name}</title>\n{''.join(anchors)}")
    root = "".join(f'<a href="{name}/">{name}</a>\n' for name in pages)
    page = folder / "simple" / "index.html"
    page.write_text(f"<!DOCTYPE html><title>Simple index</title>\n{root}", "utf-8")
    return folder
