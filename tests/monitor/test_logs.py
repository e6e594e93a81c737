"""What the log looks like, and what never stands in it (T47)."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wheelyard.monitor import configure_logs
from wheelyard.settings import HiddenUrl, LogSettings, Secret

LOGGER = logging.getLogger("wheelyard.test")


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Give the test runner its own log back."""
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    with warnings.catch_warnings():
        yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        """Say that it is."""
        return True


def logging_to(stream: io.StringIO, worker: int = 0, **rules: str) -> io.StringIO:
    """Return ``stream``, after having all logs sent there."""
    configure_logs(LogSettings(**rules), stream, worker)  # type: ignore[arg-type]  # words of the settings
    return stream


def log_failure(reason: str) -> None:
    """Log an exception that was caught."""
    try:
        int(reason)
    except ValueError:
        LOGGER.exception("Something failed.")


def line_of(stream: io.StringIO) -> dict[str, object]:
    """Return the only line of a log of JSON."""
    (line,) = stream.getvalue().splitlines()
    fields: dict[str, object] = json.loads(line)
    return fields


def test_line_for_programs_is_one_object_of_json() -> None:
    """When, how important, from where, what, and fields with units in their names."""
    stream = logging_to(io.StringIO())

    LOGGER.warning("The door `%s` is slow.", "a", extra={"seconds": 1.5, "path": Path("/data")})

    line = line_of(stream)
    assert datetime.fromisoformat(str(line.pop("time"))).tzinfo is not None
    assert line == {
        "level": "warning",
        "name": "wheelyard.test",
        "message": "The door `a` is slow.",
        "seconds": 1.5,
        "path": "/data",
    }


def test_line_for_a_person_is_readable() -> None:
    """The local time, the level, the sentence, the fields."""
    stream = logging_to(Terminal())

    LOGGER.warning("The door is slow.", extra={"seconds": 1.5})

    moment, level, rest = stream.getvalue()[:19], stream.getvalue()[20:27], stream.getvalue()[28:]
    assert datetime.fromisoformat(moment).year > 2000
    assert (level, rest) == ("warning", "The door is slow.  seconds=1.5\n")


@pytest.mark.parametrize(
    ("form", "kind", "is_json"),
    [
        ("auto", io.StringIO, True),
        ("auto", Terminal, False),
        ("text", io.StringIO, False),
        ("json", Terminal, True),
    ],
)
def test_form_is_that_of_the_setting(form: str, kind: type[io.StringIO], is_json: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """A terminal gets text and everything else JSON, unless somebody chose."""
    stream = logging_to(kind(), log_format=form)

    LOGGER.error("Something.")

    assert stream.getvalue().startswith("{") == is_json


@pytest.mark.parametrize(
    ("level", "count"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)]
)
def test_level_is_that_of_the_setting(level: str, count: int) -> None:
    """Less important lines are not written."""
    stream = logging_to(io.StringIO(), log_level=level)

    for name in ("debug", "info", "warning", "error"):
        LOGGER.log(getattr(logging, name.upper()), "Something.")

    assert stream.getvalue().count("\n") == count


def test_setting_up_again_replaces_what_was_set_up() -> None:
    """No line is written twice."""
    first = logging_to(io.StringIO())
    second = logging_to(io.StringIO())

    LOGGER.error("Something.")

    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 1


def test_worker_is_named_when_there_are_several() -> None:
    """So that their lines can be told apart."""
    stream = logging_to(io.StringIO(), worker=3)

    LOGGER.error("Something.")

    assert line_of(stream)["worker"] == 3


def test_error_brings_its_traceback_in_one_line_of_json() -> None:
    """A log collector must not take it apart."""
    stream = logging_to(io.StringIO())

    log_failure("https://user:hunter2@index.example")

    trace = str(line_of(stream)["exception"])
    assert trace.startswith("Traceback")
    assert "https://***@index.example" in trace


def test_error_brings_its_traceback_below_the_line_of_text() -> None:
    """A person reads it as they know it."""
    stream = logging_to(Terminal())

    log_failure("no")

    assert "Something failed.\nTraceback" in stream.getvalue()
    assert stream.getvalue().endswith("base 10: 'no'\n")


def test_warnings_of_libraries_go_to_the_log() -> None:
    """They are not lost, and not written around it."""
    stream = logging_to(io.StringIO())

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("An old way.", DeprecationWarning, stacklevel=1)

    assert "An old way." in str(line_of(stream)["message"])


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("Asked %s.", {"args": (HiddenUrl("https://user:hunter2@a.example/"),)}),
        ("Used %s.", {"args": (Secret("hunter2"),)}),
        ("Asked https://user:hunter2@a.example/simple/ again.", {}),
        ("Asked.", {"extra": {"url": "https://hunter2@a.example"}}),
        ("Asked.", {"extra": {"door": HiddenUrl("https://user:hunter2@a.example/")}}),
        ("Asked.", {"extra": {"key": Secret("hunter2")}}),
        (
            "Asked.",
            {"extra": {"doors": [HiddenUrl("https://hunter2@b"), {"x": Secret("hunter2")}]}},
        ),
        ("Asked.", {"extra": {"Authorization": "Basic hunter2"}}),
        ("Asked.", {"extra": {"index_password": "hunter2"}}),
        ("Asked.", {"extra": {"cookies": ["hunter2"]}}),
        ("Asked.", {"extra": {"headers": {"Proxy-Authorization": "hunter2"}}}),
    ],
)
def test_secret_is_not_in_the_log(
    kind: type[io.StringIO], message: str, fields: dict[str, object]
) -> None:
    """By its type, by its place in an address, by the name of its field (T47)."""
    stream = logging_to(kind())
    arguments = fields.get("args", ())
    assert isinstance(arguments, tuple)
    extra = fields.get("extra")
    assert extra is None or isinstance(extra, dict)

    LOGGER.error(message, *arguments, extra=extra)

    assert stream.getvalue()
    assert "hunter2" not in stream.getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    message=st.text(),
    value=st.text() | st.integers() | st.floats() | st.lists(st.text()) | st.none() | st.binary(),
    is_text=st.booleans(),
)
def test_any_line_is_one_line(message: str, value: object, is_text: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
    """What a client sends can neither forge a line of ours nor stop one (CWE-117)."""
    stream = logging_to(io.StringIO(), log_format="text" if is_text else "json")

    LOGGER.error("%s", message, extra={"value": value})

    assert len(stream.getvalue().splitlines()) == 1
    assert is_text or json.loads(stream.getvalue())["level"] == "error"
