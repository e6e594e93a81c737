"""The choice of a form, in the words of nginx; that it chooses right, `test_table.py` shows."""

import re

from wheelyard.publish.serving.nginx_maps import render_maps


def test_maps_end_in_the_form_and_each_is_made_of_those_before_it() -> None:
    """Nothing is used that is not there, and nothing is there that is not used."""
    text = render_maps()

    made = re.findall(r"^map .* \$(wheelyard_\w+) \{$", text, re.MULTILINE)
    used = set(
        re.findall(
            r"\$(wheelyard_[a-z0-9_]+)",
            re.sub(r"^(map .*) \$\w+ \{$", r"\1", text, flags=re.MULTILINE),
        )
    )
    assert made[-1] == "wheelyard_form"
    assert used == set(made[:-1])


def test_what_pip_and_uv_send_is_looked_at_before_any_rank() -> None:
    """The last but one asks for the header itself, and for ranks only by its default."""
    accepted = render_maps().split("map ")[-2]

    assert accepted.startswith("$http_accept $wheelyard_accepted")
    assert "default $wheelyard_ranked;" in accepted
