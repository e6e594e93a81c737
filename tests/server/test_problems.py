"""Which error is which answer: the last column of the failure table, cell by cell."""

import pytest

from wheelyard.errors import (
    Absent,
    BadInput,
    ConfigError,
    Conflict,
    Corrupt,
    Refused,
    Unavailable,
    WheelyardError,
)
from wheelyard.server.problems import (
    Problem,
    loop_detected,
    method_not_allowed,
    mint_status,
    name_taken,
    problem_of,
    range_not_satisfiable,
)

CORRUPT = Corrupt("`a.whl`", expected="sha256 00", actual="sha256 11")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Absent("`flask`"), 404),
        (Refused("`flask`", "it is blocked"), 403),
        (BadInput("`-` is not a project name."), 400),
        (Conflict("`a.whl`", "it is bound to other bytes"), 409),
        (Unavailable("`flask`", "timeout"), 503),
        (CORRUPT, 503),
        (ConfigError("`server.port` is no port."), 503),
        (WheelyardError(), 503),
    ],
)
def test_error_has_one_status(error: WheelyardError, status: int) -> None:
    """404 is a claim of certainty, 503 asks the client to come again; no other 5xx is used."""
    assert problem_of(error).status == status


@pytest.mark.parametrize(
    "error",
    [Absent("`flask`"), Refused("`flask`", "it is blocked"), Unavailable("`flask`"), CORRUPT],
)
def test_answer_says_what_the_error_says(error: WheelyardError) -> None:
    """In a sentence that ends, on a line of its own."""
    body = problem_of(error).body.decode()

    assert body.rstrip("\n").rstrip(".") == str(error).rstrip(".")
    assert body.endswith(".\n")


@pytest.mark.parametrize("error", [Unavailable("`flask`", retry_seconds=900), CORRUPT])
def test_client_may_ask_again_in_a_second(error: WheelyardError) -> None:
    """A whole number, and never what the upstream asked of us: pip sleeps for whatever it reads."""
    assert dict(problem_of(error).headers)[b"retry-after"] == b"1"


def test_error_that_nobody_foresaw_tells_nothing() -> None:
    """What went wrong is in the log; it may hold paths and secrets."""
    assert b"its log says why" in problem_of(WheelyardError("/secret/path")).body
    assert b"secret" not in problem_of(WheelyardError("/secret/path")).body


def test_refusal_of_a_method_names_those_that_are_taken() -> None:
    """Source: RFC 9110, 15.5.6."""
    problem = method_not_allowed("GET, HEAD")

    assert problem.status == 405
    assert problem.headers == ((b"allow", b"GET, HEAD"),)


def test_range_past_the_end_tells_the_length() -> None:
    """Source: RFC 9110, 15.5.17."""
    problem = range_not_satisfiable(10)

    assert problem.status == 416
    assert dict(problem.headers)[b"content-range"] == b"bytes */10"


def test_loop_says_what_to_change() -> None:
    """The one answer that is for the operator and not for a client."""
    problem = loop_detected()

    assert problem.status == 508
    assert "`urls`" in problem.sentence
    assert "`[upstream.NAME] addresses`" in problem.sentence


@pytest.mark.parametrize("sentence", ["It is gone.", "Is it gone?", "It is gone!"])
def test_sentence_keeps_its_end(sentence: str) -> None:
    """One full stop is enough."""
    assert Problem(404, sentence).body == f"{sentence}\n".encode()


def test_sentence_that_cannot_be_encoded_is_sent_all_the_same() -> None:
    """A path may hold half a character; the answer about it must not fail."""
    assert Problem(404, "\ud800 is gone").body == b"\\ud800 is gone.\n"


def test_name_that_is_taken_is_told_as_upload_clients_know_it() -> None:
    """400 and not 409, the words that they look for first, in the reason phrase as well."""
    problem = name_taken(Conflict("File already exists", "`a.whl` keeps its bytes"))

    assert problem.status == 400
    assert problem.sentence == "File already exists. `a.whl` keeps its bytes"
    assert problem.reason == problem.sentence.encode()


@pytest.mark.parametrize(
    ("code", "status"), [("not-enabled", 403), ("invalid-token", 422), ("invalid-payload", 422)]
)
def test_refused_exchange_has_the_status_that_pypi_gives_it(code: str, status: int) -> None:
    """Clients tell "off" from "no" by it."""
    assert mint_status(code) == status
