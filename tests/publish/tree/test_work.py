"""The state of one publish."""

from pathlib import Path

from wheelyard.publish.targets.target import ObjectHeaders, Outgoing
from wheelyard.publish.tree.work import pieces, size_of


def test_pieces_have_everything_once() -> None:
    """The last one may be shorter."""
    assert pieces([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]
    assert pieces([], 2) == []


def test_size_is_that_of_what_is_sent(tmp_path: Path) -> None:
    """Of bytes, or of the file that has them."""
    headers = ObjectHeaders("text/plain", "no-cache")
    (tmp_path / "blob").write_bytes(b"12345")

    assert size_of(Outgoing("x", b"123", headers)) == 3
    assert size_of(Outgoing("x", tmp_path / "blob", headers)) == 5
