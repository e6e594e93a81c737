"""What a redirector tells Prometheus."""

from wheelyard.clock import Instant
from wheelyard.decide.redirecting import Health, Role, Target
from wheelyard.monitor.redirect_metrics import (
    REDIRECT_METRICS,
    RedirectFacts,
    render_redirect_metrics,
)
from wheelyard.monitor.snapshots import ConnectionSnapshot

TREE = Target(Role.STATIC, "https://files.example", "acme")
FACTS = RedirectFacts(
    started_at=Instant(1_000.0),
    is_ready=True,
    connections=ConnectionSnapshot(open=3, accepted=9),
    answers={"static": 7},
    health={TREE: Health(Instant(2_000.0), is_up=True)},
    checks={(TREE, "good"): 5},
)


def test_every_metric_of_the_table_is_told() -> None:
    """With labels that name the target, and not a user's."""
    text = render_redirect_metrics(FACTS).decode()

    target = 'role="static",target="https://files.example/acme"'
    assert 'wheelyard_redirect_answers_total{outcome="static"} 7.0' in text
    assert f"wheelyard_redirect_target_up{{{target}}} 1.0" in text
    assert f"wheelyard_redirect_target_changed_time_seconds{{{target}}} 2000.0" in text
    assert f'wheelyard_redirect_target_checks_total{{result="good",{target}}} 5.0' in text
    assert all(row.name in text for row in REDIRECT_METRICS)


def test_what_servers_tell_too_has_the_same_name() -> None:
    """So that one alarm is enough for both."""
    text = render_redirect_metrics(FACTS).decode()

    assert "wheelyard_ready 1.0" in text
    assert "wheelyard_connections_open 3.0" in text
    assert "wheelyard_start_time_seconds 1000.0" in text
    assert "wheelyard_build_info{" in text
