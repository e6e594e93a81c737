"""Everything that can go wrong, as nine sentences.

::

    WheelyardError
    ├── Absent        an authority answered: it is not here            404
    ├── Unavailable   nobody answered, or the answer is not to trust   503
    ├── Refused       policy or rights say no                          403
    ├── LoginNeeded   nobody said who is asking, or it was not true    401
    ├── Throttled     asked too often                                  429
    ├── Corrupt       bytes differ from their digest or length         503, or a reset
    ├── Conflict      two truths about one name                        409
    ├── BadInput      the caller's input, with every problem found     400
    └── ConfigError   a setting, with file, key and nearest key        exit 2

Each class keeps its facts as fields and builds its sentence in one place:
*what*, *where*, *what to do*.  HTTP statuses are known to ``server/problems.py``
alone, exit codes to ``cli/main.py`` alone.
"""

from collections.abc import Sequence
from typing import Literal

__all__ = [
    "Absent",
    "BadInput",
    "ConfigError",
    "Conflict",
    "Corrupt",
    "LoginNeeded",
    "Refused",
    "Throttled",
    "Unavailable",
    "WheelyardError",
]


class WheelyardError(Exception):
    """The root of every error that this program raises on purpose."""


class Absent(WheelyardError):
    """An authority answered that ``what`` does not exist. A claim of certainty.

    Source: RFC 9110, 15.5.5.
    """

    def __init__(self, what: str, where: str = "") -> None:
        self.what = what
        self.where = where
        super().__init__(f"{what} does not exist{f' at {where}' if where else ''}.")


class Unavailable(WheelyardError):
    """Nobody could answer for ``what``; ``causes`` has one error per door asked.

    ``retry_seconds`` is what the upstream asked for, if it did: obeyed towards the
    upstream, never passed on to a client. ``failing`` says what is out of service, if the upstream
    said so itself: this ``thing``, perhaps alone, or the ``door`` as far as we are concerned. Or it
    is our own machine: its ``disk``, or the ``room`` that its settings allow. Or it is ``unasked``:
    whoever could say is not to be asked.
    Source: RFC 9110, 15.6.4; RFC 6585, 4.
    """

    def __init__(
        self,
        what: str,
        reason: str = "",
        *,
        causes: Sequence[WheelyardError] = (),
        retry_seconds: float | None = None,
        failing: Literal["", "thing", "door", "disk", "room", "unasked"] = "",
    ) -> None:
        self.what = what
        self.reason = reason or "; ".join(str(cause) for cause in causes)
        self.causes = tuple(causes)
        self.retry_seconds = retry_seconds
        self.failing = failing
        super().__init__(f"{what} cannot be had now: {self.reason or 'no upstream answered'}")

    @property
    def is_ours(self) -> bool:
        """Whether this machine is the cause: the thing may be had, and cannot be kept or read."""
        return self.failing in {"disk", "room"}


class Refused(WheelyardError):
    """Policy or rights say no to ``what``; ``reason`` is for the person who asked."""

    def __init__(self, what: str, reason: str) -> None:
        self.what = what
        self.reason = reason
        super().__init__(f"{what} is refused: {reason}")


class LoginNeeded(WheelyardError):
    """Nobody may have ``what`` without saying who they are; ``reason`` says what was wrong.

    The same for every name, existing or not. Source: RFC 9110, 15.5.2.
    """

    def __init__(self, what: str, reason: str = "no user or token was given") -> None:
        self.what = what
        self.reason = reason
        super().__init__(
            f"{what} needs a login: {reason}. Use a token as the password of the user `__token__`."
        )


class Throttled(WheelyardError):
    """``what`` was asked for too often; in ``retry_seconds`` it may be asked for again.

    Source: RFC 6585, 4.
    """

    def __init__(self, what: str, retry_seconds: float) -> None:
        self.what = what
        self.retry_seconds = retry_seconds
        super().__init__(f"{what} was tried too often: try again in {retry_seconds:.0f} s.")


class Corrupt(WheelyardError):
    """Bytes of ``what`` differ from what was promised; they are never passed on."""

    def __init__(self, what: str, *, expected: str, actual: str, where: str = "") -> None:
        self.what = what
        self.expected = expected
        self.actual = actual
        self.where = where
        source = f" from {where}" if where else ""
        super().__init__(f"{what}{source} is corrupt: expected {expected}, got {actual}.")


class Conflict(WheelyardError):
    """``what`` is already bound to something else, for ever."""

    def __init__(self, what: str, reason: str) -> None:
        self.what = what
        self.reason = reason
        super().__init__(f"{what}: {reason}")


class BadInput(WheelyardError):
    """Input that cannot be used; ``problems`` names each place and what is wrong there."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        told = [problem.rstrip(".") for problem in problems[:-1]]
        super().__init__("; ".join([*told, *problems[-1:]]))


class ConfigError(WheelyardError):
    """A setting or the place we run in is unusable; the sentence says what to do next."""
