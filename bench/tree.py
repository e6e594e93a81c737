"""The same bytes as files: what nginx sends as they are is taken from a server's own answers."""

import gzip
from pathlib import Path

from bench.asking import Answer, ask, find_file
from bench.cases import FileCase, PageCase
from bench.errors import CannotMeasureError
from bench.root import REPRESENTATIONS
from bench.servers import Server

__all__ = ["copy_file", "copy_page", "copy_root"]

OK = 200


def copy_page(tree: Path, source: Server, case: PageCase) -> None:
    """Write one representation of a page, as `index.json`, `index.json.gz` and so on."""
    answer = ask(source.page_url(case.project), case.headers)
    _write_page(tree / "simple" / case.project, answer, case)


def copy_root(tree: Path, source: Server) -> None:
    """Write the list of projects, in each form that is measured."""
    for form in REPRESENTATIONS:
        _write_page(tree / "simple", ask(source.page_url(""), form.headers), form)


def copy_file(tree: Path, source: Server, case: FileCase) -> None:
    """Write a file under the path that the source gives it, with the page that links to it."""
    path = find_file(source.page_url(case.project))
    answer = ask(source.url + path, case.headers)
    if answer.status != OK or len(answer.body) != case.size:
        raise CannotMeasureError(f"{case}: {answer.status}, {len(answer.body):,} bytes")
    file = tree / path.removeprefix("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(answer.body)
    page = tree / "simple" / case.project / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f'<a href="{path}">{file.name}</a>', "utf-8")


def _write_page(folder: Path, answer: Answer, case: PageCase) -> None:
    if answer.status != OK or answer.content_type != case.content_type:
        raise CannotMeasureError(f"{case}: {answer.status} {answer.content_type}")
    folder.mkdir(parents=True, exist_ok=True)
    body = answer.body
    if case.compressed and not answer.is_compressed:
        body = gzip.compress(body, mtime=0)  # the upstream alone does not compress
    folder.joinpath(f"index.{case.format}{'.gz' if case.compressed else ''}").write_bytes(body)
