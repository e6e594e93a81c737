"""What Apache is told; that it does so, the scenarios show with Apache itself."""

import re

from wheelyard.publish.serving.apache import MODULES, render_apache
from wheelyard.publish.serving.site import Site


def test_last_rule_is_that_nothing_else_is_there() -> None:
    """Whatever no rule leads to is 404, before Apache looks for a file of that name."""
    rules = [line.strip() for line in render_apache(Site()).splitlines() if "RewriteRule" in line]

    assert rules[-1] == 'RewriteRule "^" "-" [R=404,L]'


def test_strongest_row_of_a_form_comes_last() -> None:
    """Because the last line that matches counts."""
    lines = re.findall(r'SetEnvIfNoCase Accept ".*" WHEELYARD_JSON=(\S+)', render_apache(Site()))

    assert lines[-1] == "0$1-23"
    assert lines[0] == "1-02"


def test_modules_that_are_needed_are_named() -> None:
    """In the words with which they are switched on."""
    assert f"a2enmod {' '.join(MODULES)}" in render_apache(Site())
