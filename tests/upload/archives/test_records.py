"""`RECORD` against what is in the archive; whole wheels are in `test_reading.py`."""

import base64
import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.upload.archives.records import (
    MAX_TOLD,
    RecordRow,
    compare_record,
    new_digests,
    parse_record,
)

DIGEST = hashlib.sha256(b"x").digest()
BASE64 = base64.urlsafe_b64encode(DIGEST).rstrip(b"=").decode()
INFO = "acme-1.0.dist-info"


@pytest.mark.parametrize(
    ("line", "path", "row"),
    [
        (f"a.py,sha256={BASE64},1", "a.py", RecordRow("sha256", DIGEST, 1)),
        (f"a.py,sha256={BASE64}=,1", "a.py", RecordRow("sha256", DIGEST, 1)),
        (f"a.py,sha256={DIGEST.hex()},1", "a.py", RecordRow("sha256", DIGEST, 1)),
        (f"a.py,sha256={BASE64},", "a.py", RecordRow("sha256", DIGEST, None)),
        ('"a,b ""c"".py",,', 'a,b "c".py', RecordRow()),
        ("RECORD,,", "RECORD", RecordRow()),
        ("RECORD", "RECORD", RecordRow()),
    ],
)
def test_row_is_read(line: str, path: str, row: RecordRow) -> None:
    """As any tool writes it: quoted, padded, in hex, or with nothing to say."""
    assert parse_record(f"{line}\r\n\r\n".encode()) == {path: row}


@pytest.mark.parametrize(
    "line",
    [f",sha256={BASE64},1", "a,sha256=!,1", "a,,x", "a,,-1", "a,,\u0661", '"a', "a,,1\na,,2"],
)
def test_row_that_says_nothing_certain_is_refused(line: str) -> None:
    """Two readers would read two things."""
    with pytest.raises(BadInput, match="RECORD"):
        parse_record(line.encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_refused(content: bytes) -> None:
    """Nothing but ``BadInput`` leaves the parser."""
    with contextlib.suppress(BadInput):
        parse_record(content)


def test_record_that_agrees_has_no_problem() -> None:
    """RECORD itself and its signatures have no row that says anything."""
    rows = parse_record(f"a,sha256={BASE64},1\n{INFO}/RECORD,,\nx.pyc,,\n".encode())
    digests = new_digests(rows)
    digests["a"].update(b"x")
    files = {"a": 1, f"{INFO}/RECORD": 99, f"{INFO}/RECORD.p7s": 1}

    assert compare_record(rows, files, digests, INFO) is None


def test_disagreements_are_told_together_and_not_without_end() -> None:
    """A wheel of thousands of wrong files has a message for a person."""
    files = {f"{number}.py": 1 for number in range(100)}

    error = compare_record({}, files, {}, INFO)

    assert error is not None
    assert len(error.problems) == MAX_TOLD + 1
    assert error.problems[-1] == "Invalid distribution file. RECORD has 80 more problems."


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "shake_128", "nonsense"])
def test_weak_digest_is_none(algorithm: str) -> None:
    """What can be forged says nothing."""
    rows = {"a": RecordRow(algorithm, DIGEST, 1)}

    error = compare_record(rows, {"a": 1}, new_digests(rows), INFO)

    assert error is not None
    assert "RECORD states no SHA-256 digest, or a stronger one, for `a`" in str(error)
