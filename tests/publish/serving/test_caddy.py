"""What Caddy is told; that it does so, the scenarios show with Caddy itself."""

import subprocess

from support.web_servers.caddy import CADDY
from wheelyard.publish.serving.caddy import render_caddy
from wheelyard.publish.serving.site import Site


def test_caddyfile_is_formatted_as_caddy_formats_it() -> None:
    """Else it says so at each start."""
    text = render_caddy(Site(prefix="/python"))

    formatted = subprocess.run(
        [CADDY.path(), "fmt", "-"], input=text.encode(), capture_output=True, check=False
    )

    assert formatted.stdout.decode() == text, formatted.stderr


def test_html_needs_no_reason() -> None:
    """It is what everybody gets for whom nothing else is chosen, and so it comes last."""
    text = render_caddy(Site())

    assert text.index("handle @json {") < text.index("handle @v1_html {")
    assert text.index("handle @v1_html {") < text.index("handle @html {")
    assert text.count("expression `true`") == 1
