"""Webhooks on publish, with a real server that is killed and a receiver that is away."""

from collections.abc import Mapping
from pathlib import Path

from contract.conformance.hosting import Hosting
from faults.receiver import SECRET, Receiver, receiving
from faults.yard import Yard, eventually, open_yard
from support.accounts import new_administrator
from support.packages import make_wheel
from support.simulator import Simulator


def telling(*urls: str) -> Mapping[str, object]:
    """Return the settings of a server that tells these webhooks."""
    return {
        "server.publish_webhooks": ",".join(urls),
        "server.publish_webhook_secret": SECRET,
    }


def upload(yard: Yard, token: str, *names: str) -> None:
    """Upload a project of each name."""
    hosting = Hosting(yard.client, Path(), token)
    for name in names:
        assert hosting.upload(make_wheel(name, "1.0")).status == 200


def told(receiver: Receiver) -> list[str]:
    """Return what was taken, in short."""
    return [f"{each['event']} {each['change']['project']}" for each in receiver.news]


def test_what_was_published_is_told_in_order_whatever_happens(
    tmp_path: Path, upstream: Simulator
) -> None:
    """The receiver is away, the server is killed and started again: nothing is left out."""
    data = tmp_path / "data"
    with receiving() as receiver:
        settings = telling(receiver.url)
        token = new_administrator(data)
        with open_yard(data, upstream, workers=2, settings=settings) as yard:
            upload(yard, token, "first")
            eventually(lambda: len(receiver.news) == 2, lambda: f"2 of {told(receiver)}")
            receiver.status = 503
            upload(yard, token, "second", "third")
            attempts = receiver.attempts
            eventually(lambda: receiver.attempts > attempts, "an attempt that fails")
            yard.server.kill()
        receiver.status = 204
        with open_yard(data, upstream, settings=settings):
            eventually(lambda: len(receiver.news) >= 6, lambda: f"6 of {told(receiver)}")

    kinds = ("project.created", "file.added")
    names = ("first", "second", "third")
    assert told(receiver) == [f"{kind} {name}" for name in names for kind in kinds]
    assert not receiver.unsigned
    assert token not in str(receiver.news)
