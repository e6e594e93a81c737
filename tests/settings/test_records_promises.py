"""Defaults that the documents promise to whoever configures nothing."""

from wheelyard.settings.records import FreshnessSettings, ServerSettings, UpstreamSettings


def test_server_without_settings_is_where_the_readme_says() -> None:
    """One process, on this machine alone, at the port of every example."""
    server = ServerSettings()

    assert (server.host, server.port, server.workers) == ("127.0.0.1", 8765, 1)


def test_page_without_settings_is_as_fresh_as_at_pypi() -> None:
    """As old as PyPI lets it be; a client waits 5 seconds at most before an old one is used."""
    freshness = FreshnessSettings()

    assert freshness.max_seconds <= 600
    assert freshness.negative_seconds <= 60
    assert freshness.patience_seconds <= 5


def test_upstream_without_settings_is_given_up_in_time() -> None:
    """Connecting and waiting both end before the least patient installer's 15 seconds do."""
    upstream = UpstreamSettings(name="default")

    assert upstream.connect_seconds <= 2
    assert upstream.connect_seconds + upstream.read_seconds < 15
