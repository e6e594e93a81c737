"""Listings of directories: Python's own server, and Apache's page written after its source."""

import contextlib
import html
import http.server
import os
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from support.doors.places import OpenDoor, Program, running
from support.web_servers.web_server import free_port

__all__ = ["apache", "python_server"]

_NAME_WIDTH = 23


@contextlib.contextmanager
def python_server(root: Path, folder: Path) -> Iterator[OpenDoor]:
    """Serve `root` with `python -m http.server`."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    words = ("-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", root)
    url = f"http://127.0.0.1:{port}/"
    program = Program((sys.executable, *words), url, folder, {"PATH": os.defpath})
    with running(program) as leave:
        yield OpenDoor(url, leave)


@contextlib.contextmanager
def apache(root: Path, *, table: bool) -> Iterator[OpenDoor]:
    """Serve `root` with the listings of Apache: as `<pre>`, or as Debian sets it up, a table."""

    class Handler(_Apache):
        is_table = table

        def __init__(self, *words: object) -> None:
            super().__init__(*words, directory=str(root))  # type: ignore[arg-type]  # three things

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="apache")
    thread.start()
    left = threading.Event()

    def leave() -> None:
        if not left.is_set():
            left.set()
            server.shutdown()
            server.server_close()
            thread.join()

    try:
        yield OpenDoor(f"http://127.0.0.1:{server.server_address[1]}/", leave)
    finally:
        leave()


class _Apache(http.server.SimpleHTTPRequestHandler):
    """Files as Python serves them, and listings as Apache writes them.

    Source: httpd, `modules/generators/mod_autoindex.c` (`output_directories`, `emit_head`).
    """

    is_table = False

    def list_directory(self, path: str | os.PathLike[str]) -> BytesIO | None:
        """Send a listing."""
        entries = sorted(Path(path).iterdir())
        title = f"Index of {html.escape(self.path.rstrip('/') or '/')}"
        page = self._table(entries) if self.is_table else self._preformatted(entries)
        doctype = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">'
        text = f"{doctype}\n<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n"
        body = f"{text}<h1>{title}</h1>\n{page}</body></html>\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)

    def _table(self, entries: list[Path]) -> str:
        columns = [("N", "Name"), ("M", "Last modified"), ("S", "Size"), ("D", "Description")]
        heads = "".join(f'<th><a href="?C={key};O=D">{text}</a></th>' for key, text in columns)
        lines = ["  <table>", f'   <tr><th valign="top"></th>{heads}</tr>']
        lines.append('<tr><td></td><td><a href="/">Parent Directory</a></td><td>&nbsp;</td></tr>')
        lines += [
            f'<tr><td valign="top"></td><td><a href="{link}">{shown}</a></td>'
            f'<td align="right">{when}  </td><td align="right">{size}</td><td>&nbsp;</td></tr>'
            for link, shown, _, when, size in map(_described, entries)
        ]
        return "\n".join([*lines, "</table>\n"])

    def _preformatted(self, entries: list[Path]) -> str:
        heads = '<img src="/icons/blank.gif" alt="Icon "> <a href="?C=N;O=D">Name</a>'
        lines = [f'<pre>{heads} <a href="?C=M;O=A">Last modified</a><hr>']
        lines.append('<img src="/icons/back.gif" alt="[DIR]"> <a href="/">Parent Directory</a>   -')
        lines += [
            f'<img src="/icons/unknown.gif" alt="[   ]"> <a href="{link}">{shown}</a>{gap} '
            f"{when}  {size}  "
            for link, shown, gap, when, size in map(_described, entries)
        ]
        return "\n".join([*lines, "<hr></pre>\n"])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its base's word)
        """Say nothing."""


def _described(path: Path) -> tuple[str, str, str, str, str]:
    """Return the link, the text, the space behind it, the time and the size of an entry."""
    name = f"{path.name}/" if path.is_dir() else path.name
    cut = name if len(name) <= _NAME_WIDTH else f"{name[: _NAME_WIDTH - 3]}..>"
    status = path.stat()
    when = datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%d %H:%M")
    size = "  - " if path.is_dir() else f"{status.st_size:>4}"
    return quote(name), html.escape(cut), " " * (_NAME_WIDTH - len(cut)), when, size
