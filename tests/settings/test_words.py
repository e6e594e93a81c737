"""What people read about settings."""

from wheelyard.settings.table import TABLE


def test_every_setting_is_explained_in_a_sentence() -> None:
    """With a full stop, so that the reference page reads well."""
    assert [row.key for row in TABLE if not row.words.text.endswith(".")] == []
