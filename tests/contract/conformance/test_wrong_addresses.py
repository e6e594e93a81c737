"""An index URL that is nearly right: A-78."""

import pytest

from contract.conformance.asking import JSON, Client


@pytest.mark.parametrize(
    "path",
    [
        "/foo-bar/",
        "/foo-bar",
        "/simpel/foo-bar/",
        "/Simple/foo-bar/",
        "/simple/foo-bar/foo-bar/",
        "/simple/simple/foo-bar/",
        "/simple/foo-bar/index.html",
        "/pypi/simple/foo-bar/",
        "/main/foo-bar/",
        "/index/foo-bar/+simple/",
        "/team/dev/+simple/foo-bar/",
    ],
)
def test_a78_wrong_address_tells_the_right_one(client: Client, path: str) -> None:
    """An error of the client's, never a page, with a sentence that names where the pages are."""
    answer = client.ask(path, {"Accept": JSON})

    assert answer.status in {400, 404}
    assert "/simple/" in answer.text or "/pypi/NAME/json" in answer.text


def test_a78_first_address_tells_what_to_type(client: Client) -> None:
    """Whoever opens the server in a browser reads two commands that work."""
    text = client.ask("/").text

    assert f"pip install --index-url {client.base_url}simple/ " in text
    assert f"uv pip install --default-index {client.base_url}simple/ " in text
