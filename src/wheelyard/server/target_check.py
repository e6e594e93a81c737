"""Is what answers at a target what should be there? One answer to a check, read.

That something accepts connections says nothing, nor that it answers 200: a captive portal, a login
page and a web server without its files do as much. A tree has a description of itself, and a server
says that it is ready, in words of its own.

A redirector is never a target, be it this one or another: two that name each other would send a
client back and forth. So no redirector is sent to, and no circle of them can be. It is known by a
header that it puts on whatever it answers.
"""

from typing import Final

from wheelyard.decide.redirecting import Finding, Role, Target
from wheelyard.errors import BadInput
from wheelyard.transport import Document, display_url
from wheelyard.wire.tree import INFO, parse_tree_info

__all__ = ["REDIRECTOR", "check_url", "read_check"]

REDIRECTOR: Final = "wheelyard-redirector"
"""The header by which a redirector is known; its value is different for each that runs."""

READY: Final = "-/ready"
_READY_BODY = b"ready\n"
_OK = 200


def check_url(target: Target) -> str:
    """Return what is asked for to find out about ``target``."""
    return f"{target.root}/{INFO if target.role is Role.STATIC else READY}"


def read_check(target: Target, answer: Document, instance: str) -> Finding:
    """Return what ``answer`` to the check says; ``instance`` is the value of our own header."""
    redirector = answer.headers.get(REDIRECTOR)
    if redirector == instance:
        message = "it is this redirector itself: name where the tree or the server is"
        return Finding(message, is_certain=True)
    if redirector is not None:
        message = "it is another redirector: name where that one sends to"
        return Finding(message, is_certain=True)
    if location := answer.headers.get("location"):
        place = display_url(location)
        return Finding(f"it sends on to `{place}`: name the address at which it answers itself")
    if answer.status != _OK:
        return Finding(f"`{check_url(target)}` answers {answer.status}")
    return _read_tree(target, answer) if target.role is Role.STATIC else _read_server(answer)


def _read_tree(target: Target, answer: Document) -> Finding:
    """Return whether a tree answered, and that of the right index."""
    try:
        info = parse_tree_info(answer.body)
    except BadInput as error:
        return Finding(f"no published tree answers there: {str(error).rstrip('.')}")
    if target.index and info.index != target.index:
        return Finding(f"the tree there is of the index `{info.index}`", is_certain=True)
    return Finding()


def _read_server(answer: Document) -> Finding:
    """Return whether a server answered that is ready."""
    if answer.body != _READY_BODY:
        return Finding(f"what answers `/{READY}` there is no Wheelyard server")
    return Finding()
