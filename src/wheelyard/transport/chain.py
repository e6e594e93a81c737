"""Which of our servers a question has passed, so that a circle of several of them is noticed.

A question of a client makes us ask upstream, mostly in a task that outlives the client. Tasks
inherit the context of whoever started them, and so what is remembered here goes with the question
without every component on the way having to hand it on. It changes no answer.
Source: RFC 9110, 7.6.3 (Via).
"""

import re
from contextvars import ContextVar

__all__ = ["remember_via", "render_via"]

_OURS = re.compile(r"\d\.\d wheelyard-[0-9A-Za-z-]{1,64}")
_MAX_SERVERS = 16

_passed: ContextVar[tuple[str, ...]] = ContextVar("passed", default=())


def remember_via(header: str) -> None:
    """Note whom the question that is answered here has passed; others than ours are dropped."""
    _passed.set(tuple(_OURS.findall(header)[:_MAX_SERVERS]))


def render_via(own: str) -> str:
    """Return the ``Via`` of a request made for the present question: those before us, then us."""
    return ", ".join((*_passed.get(), own))
