"""What nginx is told; that it does so, the scenarios show with nginx itself."""

from wheelyard.publish.serving.contents import ADDRESSES
from wheelyard.publish.serving.nginx import render_front, render_nginx
from wheelyard.publish.serving.site import Site


def test_tree_alone_has_nobody_to_ask() -> None:
    """What is not there is not found."""
    text = render_nginx(Site())

    assert "proxy_pass" not in text
    assert text.count("=404;") == 3 + len(ADDRESSES)


def test_front_asks_the_server_for_everything_else() -> None:
    """Each place that looks into the tree has the server behind it, with the address unchanged."""
    text = render_front(Site(server="10.0.0.7:8765"))

    assert "=404" not in text
    assert text.count("@wheelyard;") == 3 + len(ADDRESSES) + 1
    assert "proxy_pass http://wheelyard$request_uri;" in text
    assert "server 10.0.0.7:8765;" in text


def test_places_are_below_the_prefix() -> None:
    """All of them, and the dots in it are dots."""
    text = render_nginx(Site(prefix="/a.b/c"))

    places = [line for line in text.splitlines() if "location ~" in line]
    assert len(places) == 2 + len(ADDRESSES)
    assert all(r'"^/a\.b/c/' in place for place in places)
