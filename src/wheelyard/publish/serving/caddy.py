"""Caddy: one site, whose pages it sends as they were compressed when they were published.

Its expressions (RE2) cannot compare, but CEL can: ranks are texts, and so are compared as such.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from wheelyard.publish.serving import accepting, contents
from wheelyard.publish.serving.site import Site
from wheelyard.wire import tree
from wheelyard.wire.negotiate import Form

__all__ = ["render_caddy"]

_AROUND: Final = """\
# A published tree of Wheelyard, served by Caddy: negotiated pages, compressed ones as they were
# published, files that are kept for ever. What is yours to change is marked CHANGE.

# CHANGE: without `http://` and the port, Caddy gets a certificate by itself
http://{host}:{port} {{
	# CHANGE: the directory that was published to
	root * {tree}

	# The rank of each form of a page, by `Accept`; the first line that matches counts.
{ranks}

	# The form that the query asks for, if it does.
{query}

	map {{query}} {{wheelyard_query}} {{
		"" ""
		default "?{{query}}"
	}}

	@root path {prefix}/
	redir @root simple/ 302
{redirects}

	# There is nobody here to take anything.
	@taking not method GET HEAD
	handle @taking {{
		respond 405
	}}

	@page path_regexp page ^{before}/simple/((?:{name}/)?)$
	handle @page {{
		header {{
			Vary "Accept, Accept-Encoding"
			defer
		}}
{pages}
		respond 404
	}}
{files}
	# What the tree keeps to itself, and all the rest, is not there.
	handle {{
		respond 404
	}}
}}
"""

_FORM: Final = """\
		@{name} {{
			expression `{wins}`
			file /simple/{{re.page.1}}index.{suffix}
		}}
		handle @{name} {{
			header Content-Type "{kind}"
			header Cache-Control "{kept}"
			header Access-Control-Allow-Origin *
			rewrite * /simple/{{re.page.1}}index.{suffix}
			file_server {{
				precompressed zstd gzip
			}}
		}}"""

_FILE: Final = """\
	@{name} path_regexp {name} ^{before}/({expression})$
	handle @{name} {{
		@{name}_here file /{{re.{name}.1}}
		header @{name}_here {{
			Content-Type "{kind}"
			Cache-Control "{kept}"
			Access-Control-Allow-Origin *
		}}
		rewrite * /{{re.{name}.1}}
		file_server
	}}"""

_REDIRECTS: Final = """\
	@list path_regexp list ^{before}/(simple)$
	@named path_regexp named ^{before}/simple/({name})$
	header @list Vary "Accept, Accept-Encoding"
	header @named Vary "Accept, Accept-Encoding"
	header @list Cache-Control "public, max-age=600"
	header @named Cache-Control "public, max-age=600"
	redir @list simple/{{wheelyard_query}} 301
	redir @named {{re.named.1}}/{{wheelyard_query}} 301"""


def render_caddy(site: Site) -> str:
    """Return a configuration of a site that has nothing but the tree."""
    before = re.escape(site.prefix)
    kept = contents.cache_control(contents.content_of(tree.INFO), site.page_max_age_seconds)
    return _AROUND.format(
        host=site.host,
        port=site.listen.rpartition(":")[2],
        tree=site.tree,
        prefix=site.prefix,
        before=before,
        name=contents.NAME,
        ranks="\n".join(_ranks()),
        query=_query(),
        redirects=_REDIRECTS.format(before=before, name=contents.NAME),
        pages="\n".join(_pages(kept)),
        files="\n".join(_files(before, kept)),
    )


def _ranks() -> Iterator[str]:
    """Yield a map for each form: ``Accept`` to rank."""
    for form, name in accepting.FORMS.items():
        rows = [
            (f"~(?i){row.pattern}", row.with_capture("${1}")) for row in accepting.rows_of(form)
        ]
        yield _map("{header.Accept}", f"wheelyard_{name}", rows, accepting.NOT_WANTED)


def _query() -> str:
    """Return the map from the query to the form that it asks for."""
    rows = [
        (f"~(?i){accepting.asked_by_query(form)}", name) for form, name in accepting.FORMS.items()
    ]
    return _map("{query.format}", "wheelyard_asked", rows, "none")


def _map(source: str, target: str, rows: Sequence[tuple[str, str]], default: str) -> str:
    """Return one ``map``."""
    lines = [f'\t\t"{pattern}" "{value}"' for pattern, value in rows]
    return "\n".join([f"\tmap {source} {{{target}}} {{", *lines, f'\t\tdefault "{default}"', "\t}"])


def _pages(kept: str) -> Iterator[str]:
    """Yield what sends a page, the form that needs no reason last."""
    for form, name in accepting.FORMS.items():
        suffix = "json" if form is Form.JSON else "html"
        wins = _wins(name)
        yield _FORM.format(name=name, wins=wins, suffix=suffix, kind=form.media_type, kept=kept)


def _wins(name: str) -> str:
    """Return the expression that a form is the one to send, if those before it are not."""
    others = list(accepting.FORMS.values())
    later = others[others.index(name) + 1 :]
    ranks = [f"{{wheelyard_{name}}} > {{wheelyard_{each}}}" for each in later]
    by_rank = " && ".join(['{wheelyard_asked} == "none"', *ranks])
    if not later:
        return "true"
    return f'{{wheelyard_asked}} == "{name}" || ({by_rank})'


def _files(before: str, kept: str) -> Iterator[str]:
    """Yield what sends the files, and what is there under one name."""
    for address in contents.ADDRESSES:
        content = address.content
        yield _FILE.format(
            name=address.name,
            before=before,
            expression=address.pattern,
            kind=content.content_type,
            kept=contents.FOR_EVER if content.is_for_ever else kept,
        )
