"""The names of owners of our own."""

from wheelyard.catalog import hosted_index, hosted_owner


def test_owner_of_an_index_names_it() -> None:
    """There and back again."""
    assert hosted_owner("staging") == "hosted:staging"
    assert hosted_index(hosted_owner("staging")) == "staging"


def test_group_of_doors_is_no_index_of_ours() -> None:
    """Even if it is called like one."""
    assert hosted_index("staging") is None
