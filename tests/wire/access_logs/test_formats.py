"""The formats by their names."""

import pytest

from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.formats import FORMATS, LogFormat, open_reader, parse_format


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_has_a_reader(name: str) -> None:
    """By its name."""
    form = parse_format(name)

    assert form.name == name
    assert callable(open_reader(form).read)


def test_reader_is_told_what_the_lines_do_not_say() -> None:
    """The columns, and what is between them."""
    fields = ("timestamp", "cs-method", "cs-uri-stem", "sc-status")
    entry = open_reader(LogFormat("cloudfront", fields, ",")).read("1769860800,GET,/a,200")

    assert entry is not None
    assert entry.raw_path == "/a"


def test_unknown_format_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(BadInput, match="use one of combined, vhost-combined, cloudfront"):
        parse_format("iis")
