"""Files that a command writes: in place of files alone."""

import os
from pathlib import Path

import pytest

from cli.contents import publish
from cli.people import Console
from wheelyard.cli.outputs import check_output
from wheelyard.errors import BadInput


def test_file_takes_the_place_of_a_file_or_of_nothing(tmp_path: Path) -> None:
    """Also of a link to one; a directory is told in other words."""
    (tmp_path / "there").write_text("before")
    (tmp_path / "link").symlink_to("there")

    for name in ("there", "link", "nothing", "."):
        check_output(tmp_path / name)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/stdout", "/dev/stdin"])
def test_device_is_left_alone(path: str) -> None:
    """And what leads to one."""
    with pytest.raises(BadInput, match="is no file, but a device or a pipe"):
        check_output(Path(path))


@pytest.mark.parametrize(
    "command", ["backup", "snapshot", "stats export --format parquet --into"], ids=str.split
)
def test_pipe_stays_a_pipe(command: str, console: Console, tmp_path: Path) -> None:
    """No command replaces one: `backup /dev/null` would leave a machine without it."""
    publish(console, "demo-1.0-py3-none-any.whl", metadata_sha256=None)
    os.mkfifo(tmp_path / "pipe")

    code, output, errors = console.call(f"{command} {tmp_path / 'pipe'}")

    assert (code, output) == (2, "")
    assert "is no file, but a device or a pipe" in errors
    assert (tmp_path / "pipe").is_fifo()
