"""Records and rows: each field finds its column; maps survive as JSON."""

from dataclasses import fields

import pytest

from wheelyard.catalog import (
    DocumentRow,
    HeldRow,
    JournalRow,
    LedgerRow,
    MetadataRow,
    OddPathRow,
    PageRow,
    tables,
)
from wheelyard.catalog.rows import Record, columns_of, parse_map, render_json, values_of
from wheelyard.clock import Instant
from wheelyard.names import ProjectName


@pytest.mark.parametrize(
    ("table", "record"),
    [
        ("pages", PageRow),
        ("documents", DocumentRow),
        ("ledger", LedgerRow),
        ("held", HeldRow),
        ("journal", JournalRow),
        ("metadata_files", MetadataRow),
        ("odd_paths", OddPathRow),
    ],
)
def test_record_has_a_field_for_every_column(table: str, record: type[Record]) -> None:
    """Nothing that is stored is lost on the way back, and the order is that of the record."""
    stored = tables.metadata.tables[table]

    columns = columns_of(stored, record)

    names = [column.name.removesuffix("_json") for column in columns]
    assert names == [field.name for field in fields(record)]
    assert {column.name for column in columns} == set(stored.c.keys())


def test_values_are_the_fields_themselves() -> None:
    """A model of megabytes is not copied on its way to the disk."""
    model = bytes(1_000)
    page = PageRow("pypi", ProjectName("flask"), "url", Instant(1), Instant(1), model=model)

    values = values_of(page)

    assert values["model"] is model
    assert PageRow(**values) == page  # type: ignore[arg-type]  # the values of a page


def test_map_survives_as_json_with_its_keys_in_order() -> None:
    """Equal maps are equal texts, and a text is the map again."""
    text = render_json({"b": [1, None, True], "a": {"é": "x"}})

    assert text == '{"a":{"é":"x"},"b":[1,null,true]}'
    assert parse_map(text) == {"b": [1, None, True], "a": {"é": "x"}}
