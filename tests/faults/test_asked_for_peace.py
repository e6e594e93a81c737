"""An upstream that says how long it wants to be left alone: F11, in every way there is to say it.

Obeyed towards the upstream, for ten minutes at most, and never passed on: pip sleeps for whatever
it is told. That the ten minutes end is shown with a clock of their own, in `tests/decide`.
"""

import re
import time
from email.utils import formatdate
from functools import partial
from pathlib import Path

import pytest

from faults.yard import PATIENT, Yard, at_once, eventually, open_yard
from support.packages import make_wheel
from support.simulator import Simulator, status

LONG = {
    "3600": "3600",
    "date": formatdate(time.time() + 3600, usegmt=True),
}
SHORT = {"0": "0", "3": "3", "garbage": "when it suits you", "fraction": "1.5", "none": None}
QUESTIONS = 6


@pytest.mark.parametrize("asked", LONG)
def test_upstream_that_asks_for_an_hour_is_left_alone(
    tmp_path: Path, upstream: Simulator, asked: str
) -> None:
    """F11: nobody asks it anything more; what is held goes on to be sent, the rest is 503."""
    known = [make_wheel(f"known-{number}", "1.0") for number in range(QUESTIONS)]
    with open_yard(tmp_path / "data", upstream, settings=PATIENT) as yard:
        yard.add_held(*known)
        path = yard.path_of(known[0])
        file = yard.client.ask(path)
        upstream.fault("*", status(429, retry_after=LONG[asked]))
        eventually(lambda: yard.ask_page("first").status == 503, "an upstream that wants peace")
        upstream.forget()

        stale = at_once(*[partial(yard.stale_page, each.name) for each in known])
        cold = at_once(*[partial(yard.ask_page, f"cold-{number}") for number in range(QUESTIONS)])
        again = yard.client.ask(path)

    assert {page.status for page in stale} == {200}
    assert again.body == file.body == known[0].content
    assert {answer.status for answer in cold} == {503}
    assert {answer["retry-after"] for answer in cold} == {"1"}
    assert upstream.requests == []
    seconds = [int(n) for n in re.findall(r"asked again in (\d+) s", cold[0].text)]
    assert all(500 < left <= 600 for left in seconds), cold[0].text
    assert seconds


@pytest.mark.parametrize("asked", SHORT)
def test_upstream_that_asks_for_little_is_asked_again_soon(patient: Yard, asked: str) -> None:
    """F11: a moment, nothing, or what is neither a number nor a date: then all is as before."""
    known, cold = make_wheel(f"peace-{asked}", "1.0"), make_wheel(f"cold-peace-{asked}", "1.0")
    patient.add_held(known)
    patient.upstream.add(cold)
    limited = patient.upstream.fault("*", status(429, retry_after=SHORT[asked]))

    stale, refused = patient.stale_page(known.name), patient.ask_page(cold.name)

    assert stale.json()["versions"] == ["1.0"]
    assert (refused.status, refused["retry-after"]) == (503, "1")
    limited.clear()
    page = patient.until(f"/simple/{cold.name}/", lambda answer: answer.status == 200)
    assert page.json()["versions"] == ["1.0"]


@pytest.mark.parametrize("code", [500, 503, 504])
def test_header_of_the_upstream_is_not_passed_on(yard: Yard, code: int) -> None:
    """F10, F11: a file that cannot be had is 503 with a second of our own; never 504."""
    package = make_wheel(f"relayed-{code}", "1.0")
    yard.add_held(package)
    path = yard.path_of(package)
    yard.upstream.fault(f"*/{package.filename}", status(code, retry_after=3600))

    answer = yard.client.ask(path)

    assert (answer.status, answer["retry-after"]) == (503, "1")
