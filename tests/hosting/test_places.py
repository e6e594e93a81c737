"""Places: which indexes there are, and what a new one may be called."""

import pytest

from support.hosted_files import SOMEBODY
from wheelyard.catalog import Catalog
from wheelyard.errors import BadInput, ConfigError
from wheelyard.hosting import load_places, parse_index_name
from wheelyard.names import IndexName
from wheelyard.settings import IndexSettings


@pytest.mark.anyio
async def test_main_is_always_there(catalog: Catalog) -> None:
    """With the defaults, unless the configuration says otherwise."""
    assert [(place.name, place.origin) for place in (await load_places((), catalog)).values()] == [
        ("main", "always")
    ]

    configured = IndexSettings(name="main", read="members")
    places = await load_places([configured], catalog)

    assert places.find("main").rules is configured
    assert places.find("main").origin == "configuration"


@pytest.mark.anyio
async def test_added_index_has_its_settings(catalog: Catalog) -> None:
    """Those that were given, and the defaults for the rest."""
    settings = {"bases": ("main",), "volatile": True, "keep_development_builds": 3}
    await catalog.indexes.add(IndexName("staging"), settings, SOMEBODY)

    place = (await load_places((), catalog)).find(" staging ")

    assert place.origin == "command"
    assert place.owner == "hosted:staging"
    assert place.rules == IndexSettings(
        name="staging", bases=("main",), volatile=True, keep_development_builds=3
    )


@pytest.mark.anyio
async def test_configuration_counts_over_what_was_added(catalog: Catalog) -> None:
    """Whoever writes it sees there what is in force."""
    await catalog.indexes.add(IndexName("staging"), {"volatile": True}, SOMEBODY)

    places = await load_places([IndexSettings(name="staging")], catalog)

    assert places.find("staging").origin == "configuration"
    assert not places.find("staging").rules.volatile
    assert list(places) == ["main", "staging"]


@pytest.mark.anyio
async def test_added_settings_of_another_version_are_a_sentence(catalog: Catalog) -> None:
    """With what to do about them."""
    await catalog.indexes.add(IndexName("staging"), {"read": "nobody"}, SOMEBODY)

    with pytest.raises(ConfigError, match="`wheelyard index remove staging`"):
        await load_places((), catalog)


@pytest.mark.anyio
async def test_unknown_index_names_those_that_there_are(catalog: Catalog) -> None:
    """And the flag that named it."""
    places = await load_places([IndexSettings(name="prod")], catalog)

    with pytest.raises(BadInput, match="`--to`: there is no index `stagin`, only `main`, `prod`"):
        places.find("stagin", "--to")


@pytest.mark.parametrize("name", ["a", "team-a", "2026", "x" * 64])
def test_usable_name_of_an_index_is_taken_as_it_is(name: str) -> None:
    """It is a part of addresses."""
    assert parse_index_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "-a", "+a", "_a", "a-", "A", "a@b", "a b", "a/b", "ü", "x" * 65, "a\n", ".", "v1.0"],
)
def test_unusable_name_of_an_index_is_refused(name: str) -> None:
    """Signs that begin something else in an address, too."""
    with pytest.raises(BadInput, match="a name is made of"):
        parse_index_name(name)


@pytest.mark.parametrize("name", ["simple", "packages", "legacy", "hosted", "pypi", "manage"])
def test_name_that_begins_other_addresses_is_refused(name: str) -> None:
    """Source: the URLs of DESIGN.md, section 7."""
    with pytest.raises(BadInput, match="is an address of this server itself"):
        parse_index_name(name)
