"""The values of a site are one value each in every configuration."""

import pytest

from wheelyard.errors import BadInput
from wheelyard.publish.serving.site import Site


@pytest.mark.parametrize(
    "words",
    [
        {"tree": "/srv/with space"},
        {"tree": "relative"},
        {"tree": "/srv/$x"},
        {"tree": '/srv/"x'},
        {"host": "a.example; }"},
        {"listen": "eighty"},
        {"listen": "1\n2"},
        {"prefix": "python"},
        {"prefix": "/python/"},
        {"server": "127.0.0.1"},
        {"bucket": "Not A Bucket"},
        {"distribution": "arn:aws:*"},
    ],
    ids=str,
)
def test_value_that_would_not_stay_one_is_refused(words: dict[str, str]) -> None:
    """With its name, and what is wanted instead."""
    ((name, value),) = words.items()

    with pytest.raises(BadInput, match=f"the {name} of a site: give") as caught:
        Site(**words)  # type: ignore[arg-type]  # all of these are texts

    assert value in str(caught.value)


def test_site_takes_what_operators_have() -> None:
    """Addresses of both kinds, ports, and paths with what paths have in them."""
    site = Site(
        tree="/srv/wheelyard/tree-1.0_b",
        host="packages.corp.example",
        listen="[::1]:8080",
        prefix="/python/index-2",
        server="[::1]:8765",
    )

    assert site.listen == "[::1]:8080"
