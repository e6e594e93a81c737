"""Between records and rows: columns in the order of a record's fields, JSON for the few maps."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from typing import ClassVar, Protocol

import msgspec
import sqlalchemy as sa

__all__ = ["Columns", "Record", "columns_of", "parse_map", "render_json", "values_of"]


class Record(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[object]]]


Columns = Sequence[sa.ColumnElement]  # type: ignore[type-arg]  # columns of every kind


def columns_of(table: sa.Table, record: type[Record]) -> Columns:
    """Return the columns that hold the fields of ``record``, in their order."""
    return [
        table.c[field.name if field.name in table.c else f"{field.name}_json"]
        for field in fields(record)
    ]


def values_of(record: Record) -> dict[str, object]:
    """Return the fields of ``record`` by name, none of them copied."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def render_json(value: object) -> str:
    """Return ``value`` as compact JSON with its keys in order."""
    return msgspec.json.encode(value, order="deterministic").decode()


def parse_map(text: str) -> Mapping[str, object]:
    """Return the map that ``text`` holds as JSON."""
    return msgspec.json.decode(text, type=dict[str, object])
