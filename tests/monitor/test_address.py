"""Commands find the server of a data directory."""

from pathlib import Path

from wheelyard.monitor import Address, forget_address, load_address, save_address

ADDRESS = Address("http://127.0.0.1:8765", uds="/run/w.sock", certificate="/tls.pem", process=7)


def test_address_is_found_again(tmp_path: Path) -> None:
    """The directory is made if need be, and nothing else is left in it."""
    save_address(tmp_path / "run", ADDRESS)

    assert load_address(tmp_path / "run") == ADDRESS
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["server.json"]


def test_address_that_nobody_wrote_is_none(tmp_path: Path) -> None:
    """No server has run here, or a crash left half a file."""
    assert load_address(tmp_path) is None

    (tmp_path / "server.json").write_bytes(b"{")

    assert load_address(tmp_path) is None


def test_address_is_forgotten_by_its_own_server_only(tmp_path: Path) -> None:
    """A server that ends late must not hide the one that was started meanwhile."""
    save_address(tmp_path, ADDRESS)

    forget_address(tmp_path, 8)
    kept = load_address(tmp_path)
    forget_address(tmp_path, 7)

    assert kept == ADDRESS
    assert load_address(tmp_path) is None
