"""How the records of JSON pages are spelled."""

import msgspec
import pytest

from wheelyard.wire import json_forms
from wheelyard.wire.json_forms import ListedFile, RenderedFile


@pytest.mark.parametrize("form", [ListedFile, RenderedFile])
def test_keys_are_spelled_with_dashes(form: type[msgspec.Struct]) -> None:
    """As in the standard, whatever Python's names are."""
    keys = {field.encode_name for field in msgspec.structs.fields(form)}

    assert {"requires-python", "core-metadata", "upload-time", "gpg-sig"} <= keys
    assert not any("_" in key for key in keys)


def test_c28_alias_is_read_and_never_written() -> None:
    """``dist-info-metadata`` breaks pip 22.3."""
    read = {field.encode_name for field in msgspec.structs.fields(ListedFile)}
    written = {field.encode_name for field in msgspec.structs.fields(RenderedFile)}

    assert "dist-info-metadata" in read - written
    assert "data-dist-info-metadata" in read & written


def test_written_keys_are_in_alphabetical_order() -> None:
    """As PyPI's are, so that pages can be compared by eye."""
    keys = [field.encode_name for field in msgspec.structs.fields(RenderedFile)]

    assert keys == sorted(keys)


@pytest.mark.parametrize("name", ["RenderedMeta", "RenderedProject", "ListedProject"])
def test_c62_serial_is_a_private_key(name: str) -> None:
    """An underscore in front, as PyPI has it."""
    form = getattr(json_forms, name)

    assert "_last-serial" in {field.encode_name for field in msgspec.structs.fields(form)}
