"""Logs of any format to lines of the combined one."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.access_logs import DATA, GONE, LOGS, form_of, story, told
from wheelyard.errors import BadInput
from wheelyard.stats.converting import Conversion, convert_log, save_lines, shorten_address
from wheelyard.stats.log_contents import read_log_file
from wheelyard.wire.access_logs import BadLine, LogEntry, parse_format, read_log


def entries(name: str) -> list[LogEntry]:
    """Return the requests of a log."""
    log = read_log_file(DATA / name, form_of(name))
    return [each for each in log if isinstance(each, LogEntry)]


def again(text: str, form: str | None = None) -> list[LogEntry]:
    """Return the requests of a log that was written here, in which every line is good."""
    log = list(read_log([text.encode("ascii")], None if form is None else parse_format(form)))
    assert not [each for each in log if isinstance(each, BadLine)]
    return [each for each in log if isinstance(each, LogEntry)]


@pytest.mark.parametrize("name", LOGS)
def test_what_is_written_tells_the_same_story(name: str) -> None:
    """A-96: read by the same reader as the logs of Apache and nginx, with the same result.

    User agents have quotation marks, commas, backslashes, letters that are not English, and a
    control character.
    """
    text = "".join(convert_log(entries(name), Conversion()))

    assert told(again(text)) == story()


@pytest.mark.parametrize("name", LOGS)
def test_what_is_written_twice_is_the_same(name: str) -> None:
    """Nothing is lost from one time to the next."""
    once = "".join(convert_log(entries(name), Conversion()))

    assert "".join(convert_log(again(once, "combined"), Conversion())) == once


def test_lines_of_apache_are_as_apache_wrote_them() -> None:
    """Byte for byte."""
    written = "".join(convert_log(entries("apache-combined.log"), Conversion()))

    assert written == (DATA / "apache-combined.log").read_text("utf-8")


def test_line_of_cloudfront_has_what_the_combined_format_has() -> None:
    """F-14."""
    third = entries("cloudfront-33.log")[2]
    (line,) = convert_log([third], Conversion())

    assert line.startswith('192.0.2.10 - - [31/Jan/2026:12:00:02 +0000] "GET /packages/1a/2b/0000')
    assert '-py3-none-any.whl HTTP/2.0" 200 50000 "-" "pip/24.0 {\\"ci\\":null,' in line


def test_host_is_written_before_if_it_is_wanted() -> None:
    """Then the reader finds it again."""
    text = "".join(convert_log(entries("fastly.log"), Conversion(has_host=True)))

    assert {each.host for each in again(text)} == {"packages.example"}
    assert told(again(text)) == story()


@pytest.mark.parametrize("has_host", [False, True])
def test_addresses_are_left_out_if_they_are_not_wanted(*, has_host: bool) -> None:
    """None of them is in what is written, and it is read all the same."""
    conversion = Conversion("none", has_host=has_host)
    text = "".join(convert_log(entries("cloudfront-33.log"), conversion))

    assert {each.client for each in again(text)} == {""}
    assert not any(part in text for part in ("192.0.2", "198.51", "2001:db8", "203.0"))
    assert told(again(text)) == story()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.10", "192.0.2.0"),
        ("2001:db8:1:2::17", "2001:db8:1::"),
        ("::ffff:192.0.2.10", "::"),
        ("client.example", ""),
        ("", ""),
        ("-", ""),
    ],
)
def test_network_of_an_address_is_kept_if_it_is_wanted(address: str, network: str) -> None:
    """A name names somebody; it is left out."""
    assert shorten_address(address) == network


def test_client_that_left_has_no_status() -> None:
    """CloudFront's `000` stays one."""
    (gone,) = [each for each in entries("cloudfront-33.log") if each.status in GONE]
    (line,) = convert_log([gone], Conversion())

    assert ' HTTP/2.0" 000 - "-" ' in line


def test_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """What was there stays until then."""
    path = tmp_path / "access.log"
    path.write_text("before")

    def lines() -> Iterator[str]:
        yield "one\n"
        raise BadInput("no more")

    with pytest.raises(BadInput, match="no more"):
        save_lines(path, lines())

    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]

    save_lines(path, ["one\n", "two\n"])

    assert path.read_text() == "one\ntwo\n"
    assert list(tmp_path.iterdir()) == [path]


def test_pipe_is_written_as_the_lines_come(tmp_path: Path) -> None:
    """It cannot be replaced by a file."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(path.read_text()))
    reader.start()

    save_lines(path, ["one\n"])
    reader.join(180)

    assert got == ["one\n"]
    assert path.is_fifo()


def test_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(BadInput, match=r"access\.log` cannot be written: No such file"):
        save_lines(tmp_path / "gone" / "access.log", ["one\n"])
