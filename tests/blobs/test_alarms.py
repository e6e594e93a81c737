"""Alarms: one line at the beginning, one at the end."""

import logging

import pytest

from wheelyard.blobs import Alarms, Trouble
from wheelyard.clock import FrozenClock, Instant


def test_alarm_is_told_once_however_often_it_happens(caplog: pytest.LogCaptureFixture) -> None:
    """A full disk fails every request; the log must not fill another one."""
    alarms = Alarms(FrozenClock(Instant(5.0)))
    for reason in ("first", "second"):
        alarms.begin(Trouble.NOT_KEPT, reason, "there")

    alarm = alarms.lasting[Trouble.NOT_KEPT]

    assert (alarm.since, alarm.reason, alarm.subject) == (5.0, "first", "there")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "first" in caplog.text


def test_alarm_that_ends_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the log sees that it is over; what never began has no end."""
    alarms = Alarms()
    alarms.begin(Trouble.UNREADABLE, "it cannot be read")
    for _ in range(2):
        alarms.end(Trouble.UNREADABLE)
    alarms.end(Trouble.NOT_KEPT)

    assert alarms.lasting == {}
    assert caplog.text.count("End of alarm") == 1


@pytest.mark.parametrize("trouble", Trouble)
def test_alarm_says_what_it_means_and_why(trouble: Trouble) -> None:
    """A sentence for people, with the reason."""
    alarms = Alarms()
    alarms.begin(trouble, "because")

    sentence = alarms.lasting[trouble].sentence(trouble)

    assert sentence.endswith(": because")
