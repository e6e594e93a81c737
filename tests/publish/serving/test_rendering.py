"""Every configuration passes the syntax check of its own program, and is what `deploy/` has."""

import re
from pathlib import Path

import pytest

from support.house import ROOT
from support.web_servers import Place, WebServer, apache, caddy, check_syntax, nginx
from wheelyard.publish.serving import KINDS, Kind, Site, deployed_files, render_configuration
from wheelyard.publish.serving.apache import MODULES

SERVERS: dict[Kind, WebServer] = {
    "nginx": nginx.NGINX,
    "nginx-front": nginx.NGINX,
    "apache": apache.APACHE,
    "caddy": caddy.CADDY,
}
SITES = {
    "as-deployed": Site(),
    "with-all-said": Site(
        tree="/srv/tree-1.0_b",
        host="127.0.0.1",
        listen="8080",
        prefix="/a.b/index-2",
        page_max_age_seconds=0,
        server="[::1]:8765",
    ),
}


@pytest.mark.parametrize("path", sorted(deployed_files()))
def test_deployed_file_is_what_the_program_makes(path: str) -> None:
    """One source; `tools/deployed.py` writes them anew."""
    assert ROOT.joinpath("deploy", path).read_text("utf-8") == deployed_files()[path]


@pytest.mark.parametrize("site", SITES.values(), ids=SITES.keys())
@pytest.mark.parametrize("kind", SERVERS)
def test_configuration_passes_the_check_of_its_program(
    kind: Kind, site: Site, tmp_path: Path
) -> None:
    """As it is given out, in a file of its own."""
    (text,) = render_configuration(kind, site).values()
    place = Place(tmp_path, 1)

    check_syntax(SERVERS[kind], place, whole(kind, place, text))


def whole(kind: Kind, place: Place, text: str) -> str:
    """Return all of what the program reads."""
    if kind == "apache":
        return apache.whole(place, text, MODULES)
    return caddy.whole(place, text) if kind == "caddy" else nginx.whole(place, text)


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_operator_changes_is_marked(kind: Kind) -> None:
    """The directory, the name and what is behind stand beside the word."""
    text = "".join(render_configuration(kind).values())

    assert text.count("CHANGE") >= 3


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "cloudfront"])
def test_configuration_has_nothing_of_this_machine(kind: Kind) -> None:
    """Its own values alone."""
    (text,) = render_configuration(kind, SITES["with-all-said"]).values()

    assert "/srv/tree-1.0_b" in text
    assert "packages.example" not in text
    assert not re.search(r"/(?:root|home|work|tmp)/", text)
