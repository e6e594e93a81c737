"""The address of something is one, in however many forms it is laid out."""

import pytest

from wheelyard.publish.purging.purger import address_of


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("simple/demo/index.html", "/simple/demo/"),
        ("simple/demo/index.json.gz", "/simple/demo/"),
        ("views/b/simple/demo/index.html.zst", "/simple/demo/"),
        ("simple/index.json", "/simple/"),
        ("/simple/demo/", "/simple/demo/"),
        ("simple/index-json/index.json", "/simple/index-json/"),
        ("packages/ab/demo-1.0+x.tar.gz", "/packages/ab/demo-1.0+x.tar.gz"),
        ("views/a/-/manifest", "/-/manifest"),
        ("wheelyard.json", "/wheelyard.json"),
    ],
)
def test_address_is_what_clients_ask_for(path: str, address: str) -> None:
    """And not where a store has it."""
    assert address_of(path) == address
