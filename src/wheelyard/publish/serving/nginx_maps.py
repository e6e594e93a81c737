"""The choice of a form, as nginx computes it: one ``map`` out of another, each only when asked."""

from collections.abc import Sequence

from wheelyard.publish.serving import accepting

__all__ = ["render_maps"]


def render_maps() -> str:
    """Return the maps that end in ``$wheelyard_form``: `json`, `v1_html` or `html`."""
    return "\n".join([*_ranks(), *_comparisons(), *_choice()])


def _ranks() -> list[str]:
    """Return a map for each form: ``Accept`` to rank."""
    return [
        _map(
            "$http_accept",
            f"$wheelyard_{name}",
            f'"{accepting.NOT_WANTED}"',
            [
                (f"~*{row.pattern}", f'"{row.with_capture("$1")}"')
                for row in accepting.rows_of(form)
            ],
        )
        for form, name in accepting.FORMS.items()
    ]


def _comparisons() -> list[str]:
    """Return a map for each two forms: 1 if the first one has the greater rank."""
    return [
        _map(
            f'"$wheelyard_{one}:$wheelyard_{other}"',
            f"$wheelyard_{one}_before_{other}",
            "0",
            [(f"~{accepting.GREATER}", "1")],
        )
        for one, other in (("json", "html"), ("json", "v1_html"), ("v1_html", "html"))
    ]


def _choice() -> list[str]:
    """Return the maps that put it together; what pip and uv send is looked at first."""
    query = [
        (f"~*{accepting.asked_by_query(form)}", name) for form, name in accepting.FORMS.items()
    ]
    wins = '"$wheelyard_json_before_html$wheelyard_json_before_v1_html"'
    usual = [("", "html"), (f"~{accepting.USUAL}", "json")]
    return [
        _map("$wheelyard_v1_html_before_html", "$wheelyard_markup", "html", [("1", "v1_html")]),
        _map(wins, "$wheelyard_ranked", "$wheelyard_markup", [("11", "json")]),
        _map("$http_accept", "$wheelyard_accepted", "$wheelyard_ranked", usual),
        _map("$arg_format", "$wheelyard_form", "$wheelyard_accepted", query),
    ]


def _map(source: str, target: str, default: str, rows: Sequence[tuple[str, str]]) -> str:
    """Return one ``map``."""
    lines = [f'    "{pattern}" {value};' for pattern, value in rows]
    return "\n".join([f"map {source} {target} {{", f"    default {default};", *lines, "}"])
