"""Ways to break an upstream: each is a function that is called once, and mended from outside."""

import json
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from support.simulator import (
    TWO_HOSTS,
    Answer,
    Context,
    Fault,
    Flat,
    Request,
    Simulator,
    Trust,
    empty_page,
    status,
)

__all__ = [
    "Break",
    "cut_short",
    "is_page",
    "show",
    "shrunken",
    "shut_files",
    "spoil_all",
    "wipe",
    "zeros",
]

Break = Callable[[Simulator], object]

_PAGE_SENT = 10
_SMALL_SENT = 30_000
_LARGE_SENT = 300_000


def spoil_all(make: Callable[[], Fault]) -> Break:
    """Spoil every answer."""
    return lambda upstream: upstream.fault("*", make())


def cut_short(make: Callable[[int], Fault]) -> Break:
    """Cut every answer short: pages after a few bytes, files when a part of them has come."""

    def breaks(upstream: Simulator) -> None:
        upstream.fault(is_page, make(_PAGE_SENT))
        upstream.fault(_is_small, make(_SMALL_SENT))
        upstream.fault(_is_large, make(_LARGE_SENT))

    return breaks


def is_page(request: Request) -> bool:
    """Say whether a page or metadata are asked for: what is small, and of use as a whole only."""
    return request.kind in ("root", "page", "metadata")


def _is_large(request: Request) -> bool:
    """Say whether the large file is asked for."""
    return request.kind == "file" and "large" in request.path


def _is_small(request: Request) -> bool:
    """Say whether a small file is asked for."""
    return request.kind == "file" and not _is_large(request)


def zeros() -> Fault:
    """Send as many bytes as were due, and none of them right."""
    return lambda _, answer: replace(answer, body=Flat(bytes(answer.body.size)))


def wipe(upstream: Simulator) -> None:
    """Have an upstream that lost its storage: it lists nothing, and knows of nothing."""
    upstream.fault("root", empty_page())
    upstream.fault(lambda request: request.kind != "root", status(404))


def shrunken(_: Context, answer: Answer) -> Answer:
    """Leave the newest version out of a page, as something that cuts pages might."""
    if not isinstance(answer.body, Flat) or answer.status != HTTPStatus.OK:
        return answer
    page = json.loads(bytes(answer.body.data))
    page["versions"] = page["versions"][:-1]
    page["files"] = page["files"][:-1]
    return replace(answer, body=Flat(json.dumps(page).encode()))


def show(trust: Trust, upstream: Simulator) -> None:
    """Show another certificate."""
    upstream.show(trust)


def shut_files(upstream: Simulator) -> None:
    """Have the files on a host of their own, which refuses connections."""
    upstream.style = TWO_HOSTS
    upstream.down("files")
