"""``[stats]``: what is counted, as a person writes it."""

from pathlib import Path

import pytest

from wheelyard.errors import ConfigError
from wheelyard.settings import StatsSettings, load_settings


def test_downloads_are_counted_unless_somebody_says_otherwise() -> None:
    """With room for so many programs, and not for ever."""
    settings = StatsSettings()

    assert settings.count_downloads
    assert settings.header
    assert (settings.user_agents, settings.max_user_agents) == ("whole", 1_000)
    assert settings.keep_days == 800


def test_section_is_read(tmp_path: Path) -> None:
    """From the file and from the environment."""
    (tmp_path / "wheelyard.toml").write_text(
        '[stats]\ncount_downloads = false\nuser_agents = "program"\nheader = false\n'
    )

    settings = load_settings({}, {"WHEELYARD__STATS__KEEP_DAYS": "30"}, tmp_path).stats

    assert settings == StatsSettings(
        count_downloads=False, user_agents="program", header=False, keep_days=30
    )


def test_room_for_no_program_at_all_is_refused(tmp_path: Path) -> None:
    """One is `other`."""
    with pytest.raises(ConfigError, match="MAX_USER_AGENTS"):
        load_settings({}, {"WHEELYARD__STATS__MAX_USER_AGENTS": "0"}, tmp_path)
