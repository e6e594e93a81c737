"""Which logs are meant, in which format, and what is told of lines that could not be read."""

import io
from collections.abc import Iterator

import pytest

from cli.people import Console
from support.access_logs import DATA
from wheelyard.cli.commands import Verdict
from wheelyard.cli.log_options import BadLines, given_format, log_options, read_logs
from wheelyard.errors import BadInput
from wheelyard.wire.access_logs import FORMATS, BadLine, LogFormat


def bad(line: int, *, is_end: bool = False) -> BadLine:
    """Return a line that could not be read."""
    return BadLine(where="a.log", line=line, reason="it is none", text="secret", is_end=is_end)


def test_every_format_can_be_named() -> None:
    """The flag has the list that the readers have, without waiting for them."""
    choices = {option.name: option.type for option in log_options()}["form"]

    assert tuple(getattr(choices, "choices", ())) == FORMATS


def test_format_is_found_out_unless_it_is_named() -> None:
    """With what the lines do not say of themselves."""
    assert given_format(None, None, None) is None
    assert given_format("fastly", None, None) == LogFormat("fastly")
    assert given_format("haproxy", "Host, User-Agent", None) == LogFormat(
        "haproxy", ("Host", "User-Agent")
    )


@pytest.mark.parametrize(
    ("text", "mark"), [("tab", "\t"), ("\\t", "\t"), ("space", " "), ("comma", ","), ("|", "|")]
)
def test_delimiter_has_a_name_where_a_shell_needs_one(text: str, mark: str) -> None:
    """Or is itself."""
    assert given_format("cloudfront", "a b", text) == LogFormat("cloudfront", ("a", "b"), mark)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ((None, "a b", None), "add `--from cloudfront`"),
        (("fastly", "a b", None), "add `--from cloudfront`"),
        (("haproxy", None, "tab"), "`--delimiter` is for logs of CloudFront"),
        (("cloudfront", None, "||"), "expected one character"),
    ],
)
def test_flags_that_do_not_fit_are_refused(
    flags: tuple[str | None, str | None, str | None], reason: str
) -> None:
    """With what to add."""
    with pytest.raises(BadInput) as caught:
        given_format(*flags)

    assert reason in str(caught.value)


def test_logs_are_read_one_after_the_other() -> None:
    """Each in its own format."""
    names = ("apache-combined.log", "cloudfront-33.log.gz", "fastly.log")

    log = list(read_logs([DATA / name for name in names], None))

    assert len(log) == 3 * 27


def test_nobody_waits_before_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who forgot the name is told so."""
    terminal = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)

    with pytest.raises(BadInput, match="Name the logs"):
        list(read_logs([], None))


def test_first_bad_lines_are_told_and_all_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without what is in them, which may name people; they make nothing wrong."""
    lines = BadLines()

    assert list(lines.kept_out([bad(1), "x", *map(bad, range(2, 1_200)), "y"])) == ["x", "y"]
    assert lines.end() is Verdict.FINE
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "a.log, line 1: it is none."
    assert len(told) == 6
    assert told[-1] == "1,199 lines in all could not be read."
    assert "secret" not in "".join(told)


def test_file_that_breaks_off_is_always_told(capsys: pytest.CaptureFixture[str]) -> None:
    """It makes the result wrong."""
    lines = BadLines()

    def log() -> Iterator[BadLine]:
        yield from map(bad, range(1, 100))
        yield bad(100, is_end=True)

    assert list(lines.kept_out(log())) == []
    assert lines.end() is Verdict.FOUND_WRONG
    assert "a.log, line 100: it is none." in capsys.readouterr().err


def test_file_that_is_not_there_is_wrong_usage(console: Console) -> None:
    """Before anything is read."""
    code, output, errors = console.call(f"stats convert {DATA / 'haproxy.log'} gone.log")

    assert (code, output) == (2, "")
    assert "'gone.log' does not exist" in errors
