"""The record of an upstream: what nobody says is what most people want."""

from wheelyard.settings import DoorSettings, Secret, UpstreamSettings


def test_upstream_without_words_is_careful() -> None:
    """Digests are recorded, 403 is no absence, and nobody is asked for ever."""
    upstream = UpstreamSettings(name="corp")

    assert upstream.unhashed == "record"
    assert not upstream.forbidden_means_absent
    assert 0 < upstream.connect_seconds < upstream.read_seconds
    assert not upstream.offline


def test_credentials_of_a_door_are_not_shown() -> None:
    """Neither in a log nor in a traceback."""
    door = DoorSettings(url="https://index.example/simple/", credentials=Secret("user:hunter2"))

    assert "hunter2" not in repr(door)
