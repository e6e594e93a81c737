"""The log: how lines look, and what must never stand in them.

Everybody writes to the standard library's ``logging``: a readable sentence, and fields with
``extra={...}``, units in their names.  This module alone decides what becomes of it: text for a
person at a terminal, one JSON object per line for everything else.

Secrets are kept out by their type (``Secret``, ``HiddenUrl``).  For texts made elsewhere there is
a second fence: credentials inside addresses and fields with telling names are masked here.
"""

import logging
import re
import sys
import warnings
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import TextIO

import msgspec
import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter
from structlog.typing import EventDict, Processor

from wheelyard.settings import LogSettings

__all__ = ["configure_logs"]

MASK = "***"
_MAX_JSON_INTEGER = 2**63
"""Larger ones are written as text."""
_USER_INFO = re.compile(r"(?<=://)[^/?#\s@]*@")
_TELLING = re.compile(
    r"authorization|cookie|password|passwd|secret|token|credential", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_FORMER = ("_record", "_from_structlog")


def configure_logs(settings: LogSettings, stream: TextIO | None = None, worker: int = 0) -> None:
    """Send every log line of this process to ``stream``, by default standard error.

    ``worker`` is the number of this worker process, put on every line; 0 if there is but one.
    Calling it again replaces what was set up before.
    """
    target = sys.stderr if stream is None else stream
    as_text = settings.log_format == "text" or (settings.log_format == "auto" and target.isatty())
    handler = logging.StreamHandler(target)
    handler.setFormatter(_formatter(worker, as_text=as_text))
    root = logging.getLogger()
    for old in [*root.handlers]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    if not sys.warnoptions:
        warnings.simplefilter("default")
    logging.captureWarnings(capture=True)
    # These tell every step of every request; whoever debugs us does not want to debug them.
    for noisy in ("aiohttp", "asyncio", "uvicorn", "watchfiles"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _formatter(worker: int, *, as_text: bool) -> logging.Formatter:
    """Return what makes a line out of a record."""
    last: list[Processor] = [_render_text] if as_text else [_render_json]
    return ProcessorFormatter(
        foreign_pre_chain=[ExtraAdder()],
        processors=[_Describe(worker), structlog.processors.format_exc_info, _hide, *last],
    )


class _Describe:
    """Adds when, how important, from where, and which worker."""

    def __init__(self, worker: int) -> None:
        self._worker = {"worker": worker} if worker else {}

    def __call__(self, _logger: object, _method: str, event: EventDict) -> EventDict:
        """Return the line's fields in the order in which they are read."""
        record: logging.LogRecord = event["_record"]
        fields = {key: value for key, value in event.items() if key not in {*_FORMER, "event"}}
        moment = datetime.fromtimestamp(record.created, UTC)
        return {
            "time": moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z",
            "level": record.levelname.lower(),
            "name": record.name,
            "message": str(event["event"]),
            **self._worker,
            **fields,
        }


def _hide(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace everything that must not be read by what may be."""
    return _shown_fields(event)


def _shown_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Return fields with the values of those with telling names masked, at any depth."""
    return {
        str(_shown(key)): MASK if _TELLING.search(key) else _shown(value)
        for key, value in fields.items()
    }


def _shown(value: object) -> object:
    """Return a value as JSON has it, with the credentials in addresses masked."""
    match value:
        case bool() | float() | None:
            return value
        case int() if abs(value) < _MAX_JSON_INTEGER:
            return value
        case Mapping():
            return _shown_fields({str(key): item for key, item in value.items()})
        case list() | tuple() | set() | frozenset():
            return [_shown(item) for item in value]
        case _:  # among others `Secret` and `HiddenUrl`, which know what to show
            readable = str(value).encode("utf-8", "backslashreplace").decode()
            return _USER_INFO.sub(f"{MASK}@", readable)


def _render_json(_logger: object, _method: str, event: EventDict) -> str:
    """Return the line as one JSON object."""
    line = msgspec.json.encode(event).decode()
    # JSON allows some control characters as they are; terminals and line counters mind them.
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", line)


def _render_text(_logger: object, _method: str, event: EventDict) -> str:
    """Return the line for a person: when, how important, what, and the fields."""
    fields: MutableMapping[str, object] = dict(event)
    moment = datetime.fromisoformat(str(fields.pop("time"))).astimezone()
    level, message = fields.pop("level"), _on_one_line(str(fields.pop("message")))
    fields.pop("name")
    trace = fields.pop("exception", None)
    tail = "".join(f"  {key}={_on_one_line(str(value))}" for key, value in fields.items())
    line = f"{moment:%Y-%m-%d %H:%M:%S} {level:<7} {message}{tail}"
    return f"{line}\n{trace}" if trace else line


def _on_one_line(text: str) -> str:
    """Return ``text`` with control characters spelled out: a client must not write lines of ours.

    Source: CWE-117.
    """
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
