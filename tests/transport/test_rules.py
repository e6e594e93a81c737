"""The record that a client is made from."""

import pytest

from wheelyard.settings import Secret
from wheelyard.transport import ClientRules, Credentials, Deadlines, Limits


def test_rules_do_not_print_what_they_carry() -> None:
    """Rules end up in error reports; passwords do not."""
    rules = ClientRules(
        "https://user:word-0815@index.example/", credentials=Credentials("a", Secret("word-0815"))
    )

    assert "0815" not in repr(rules)


def test_defaults_keep_the_promises_of_the_design() -> None:
    """F03, F06, F15: connect 2 s, first byte 5 s, three hops."""
    rules = ClientRules("https://index.example/")

    assert rules.deadlines.connect == 2.0
    assert rules.deadlines.first_byte == 5.0
    assert rules.limits.redirects == 3


@pytest.mark.parametrize("record", [Deadlines(), Limits()])
def test_every_default_is_a_limit(record: Deadlines | Limits) -> None:
    """Nothing is without an end by default."""
    values = [getattr(record, name) for name in record.__dataclass_fields__]

    assert all(0 < value < 2**40 for value in values)
