"""``wheelyard stats convert``: logs of any format, as every log tool reads them."""

from pathlib import Path

from cli.people import Console
from support.access_logs import DATA

APACHE = (DATA / "apache-combined.log").read_text("utf-8")


def test_log_is_written_to_standard_output(console: Console) -> None:
    """As it comes, in the combined format."""
    assert console.read(f"stats convert {DATA / 'apache-combined.log'}") == APACHE


def test_log_comes_from_standard_input(console: Console) -> None:
    """Packed too; a dash means the same."""
    body = (DATA / "cloudfront-33.log.gz").read_bytes()
    written = console.read(f"stats convert {DATA / 'cloudfront-33.log'}")

    for line in ("stats convert", "stats convert - --to combined --from cloudfront"):
        assert console.call(line, body) == (0, written, "")


def test_log_is_written_into_a_file(console: Console, tmp_path: Path) -> None:
    """Then nothing is said."""
    path = tmp_path / "access.log"

    assert console.said(f"stats convert {DATA / 'apache-vhost-combined.log'} --out {path}") == ""
    assert path.read_text("utf-8") == APACHE


def test_columns_can_be_named(console: Console) -> None:
    """Where the log does not."""
    fields = ",".join((DATA / "cloudfront-v2-plain.fields").read_text("utf-8").split())
    line = f"stats convert {DATA / 'cloudfront-v2-plain.log'} --from cloudfront --fields {fields}"

    assert len(console.read(line).splitlines()) == 27


def test_addresses_can_be_left_out(console: Console) -> None:
    """All of them, or the part that names a machine."""
    log = DATA / "apache-combined.log"
    none = console.read(f"stats convert {log} --no-addresses").splitlines()
    short = console.read(f"stats convert {log} --addresses network").splitlines()

    assert {line.split()[0] for line in none} == {"-"}
    assert {line.split()[0] for line in short} == {
        "192.0.2.0", "198.51.100.0", "2001:db8::", "203.0.113.0",
    }  # fmt: skip


def test_host_is_written_before_on_demand(console: Console) -> None:
    """For tools that tell sites apart."""
    text = console.read(f"stats convert {DATA / 'haproxy.log'} --to vhost-combined")

    assert {line.split()[0] for line in text.splitlines()} == {"packages.example"}


def test_bad_lines_are_told(console: Console) -> None:
    """And the others written."""
    code, output, errors = console.call(f"stats convert {DATA / 'damaged-combined.log'}")

    assert code == 0
    assert len(output.splitlines()) == 28
    assert "damaged-combined.log, line 3: expected a moment" in errors


def test_log_of_something_else_is_wrong(console: Console, tmp_path: Path) -> None:
    """The formats that there are are named."""
    (tmp_path / "other.log").write_text("hello\n")
    code, output, errors = console.call("stats convert other.log")

    assert (code, output) == (1, "")
    assert "other.log, line 1: it is in no format that is known here" in errors
