"""Apache's httpd: a virtual host with its rules, and no file of rules inside the tree.

Ranks come from ``SetEnvIf``, where the last row that matches counts, and are compared in
``RewriteCond``. A rewrite says the type of what it leads to, so that no extension does.
"""

import re
from collections.abc import Iterator
from typing import Final

from wheelyard.publish.serving import accepting, contents
from wheelyard.publish.serving.site import Site
from wheelyard.wire import tree
from wheelyard.wire.negotiate import Form

__all__ = ["MODULES", "render_apache"]

MODULES: Final = ("env", "headers", "mime", "rewrite", "setenvif")
"""What has to be loaded; all of it comes with Apache."""

_AROUND: Final = """\
# A published tree of Wheelyard, served by Apache: negotiated pages, compressed ones as they were
# published, files that are kept for ever. It needs `a2enmod {modules}`.
# What is yours to change is marked CHANGE.

# CHANGE the port, and add TLS
<VirtualHost *:{port}>
    # CHANGE; behind a proxy that has TLS, with `https://` before it and `UseCanonicalName On`
    ServerName {host}
    # CHANGE the directory that was published to, here and in the two lines with its name
    DocumentRoot {tree}
    Define WHEELYARD_TREE {tree}
    <Directory {tree}>
        AllowOverride None
        AcceptPathInfo Off
        Options FollowSymLinks
        Require all granted
        SetHandler default-handler
        # An archive that ends in `.gz` is what it is, and not something else in a coding.
        RemoveEncoding .gz .tgz .bz2 .br .xz .zst .Z
    </Directory>

    # What is compressed was compressed when it was published; a wheel never is.
    SetEnvIf Request_URI "^" no-gzip=1 no-brotli=1

    # The rank of each form of a page, by `Accept`; the last line that matches counts.
    SetEnvIf Request_URI "^" WHEELYARD_JSON=- WHEELYARD_V1_HTML=- WHEELYARD_HTML=-
{ranks}

    RewriteEngine On
    # There is nobody here to take anything.
    RewriteCond "%{{REQUEST_METHOD}}" "!^(?:GET|HEAD)$"
    RewriteRule "^" "-" [R=405,L]

    # The form with the greatest rank, or the one that the query asks for.
{choice}

    # The pages, in the coding that they are there in and that the client takes.
{pages}

    # Everything else that the tree has, and nothing that it keeps to itself.
{files}
    RewriteRule "^" "-" [R=404,L]

    Header set Vary "Accept, Accept-Encoding" env=WHEELYARD_PAGE
    Header set Content-Encoding "%{{WHEELYARD_CODING}}e" env=WHEELYARD_CODING
    Header set Cache-Control "{kept}" env=WHEELYARD_PAGE
    Header set Cache-Control "{kept}" env=WHEELYARD_OBJECT
    Header set Cache-Control "{for_ever}" env=WHEELYARD_FILE
    Header set Access-Control-Allow-Origin "*"
    Header always set Vary "Accept, Accept-Encoding" env=WHEELYARD_REDIRECT
    Header always set Cache-Control "public, max-age=600" env=WHEELYARD_REDIRECT
</VirtualHost>
"""

_CODINGS: Final = {"zstd": ("zstd", ".zst"), "gzip": ("(?:x-)?gzip", ".gz")}
_TREE: Final = "${WHEELYARD_TREE}"


def render_apache(site: Site) -> str:
    """Return a configuration of a virtual host that has nothing but the tree."""
    before = f"^{re.escape(site.prefix)}/"
    return _AROUND.format(
        modules=" ".join(MODULES),
        port=site.listen.rpartition(":")[2],
        host=site.host,
        tree=site.tree,
        ranks=_lines(_ranks()),
        choice=_lines(_choice()),
        pages=_lines(_pages(site.prefix, before)),
        files=_lines(_files(before)),
        kept=contents.cache_control(contents.content_of(tree.INFO), site.page_max_age_seconds),
        for_ever=contents.FOR_EVER,
    )


def _ranks() -> Iterator[str]:
    """Yield what ranks each form, the weakest row first."""
    for form, name in accepting.FORMS.items():
        for row in reversed(accepting.rows_of(form)):
            rank = row.with_capture("$1")
            yield f'SetEnvIfNoCase Accept "{row.pattern}" WHEELYARD_{name.upper()}={rank}'


def _choice() -> Iterator[str]:
    """Yield what sets ``WHEELYARD_FORM``; each rule overrides those before it."""
    yield 'RewriteRule "^" "-" [E=WHEELYARD_FORM:html]'
    yield _greater("V1_HTML", "HTML")
    yield 'RewriteRule "^" "-" [E=WHEELYARD_FORM:v1_html]'
    yield _greater("JSON", "HTML")
    yield _greater("JSON", "V1_HTML")
    yield 'RewriteRule "^" "-" [E=WHEELYARD_FORM:json]'
    for form, name in accepting.FORMS.items():
        wanted = accepting.asked_by_query(form).removeprefix("^").removesuffix("$")
        yield f'RewriteCond "%{{QUERY_STRING}}" "(?:^|&)format={wanted}(?:&|$)" [NC]'
        yield f'RewriteRule "^" "-" [E=WHEELYARD_FORM:{name}]'


def _greater(one: str, other: str) -> str:
    """Return the condition that one form has a greater rank than another."""
    ranks = f"%{{ENV:WHEELYARD_{one}}}:%{{ENV:WHEELYARD_{other}}}"
    return f'RewriteCond "{ranks}" "{accepting.GREATER}"'


def _pages(prefix: str, before: str) -> Iterator[str]:
    """Yield what leads to a page, and what leads to its address."""
    yield f'RewriteRule "{before}$" "{prefix}/simple/" [R=302,L]'
    to_page = "[R=301,E=WHEELYARD_REDIRECT:1,L]"
    yield f'RewriteRule "{before}simple$" "{prefix}/simple/" {to_page}'
    yield f'RewriteRule "{before}simple/({contents.NAME})$" "{prefix}/simple/$1/" {to_page}'
    for form, name in accepting.FORMS.items():
        suffix = "json" if form is Form.JSON else "html"
        page = f"{_TREE}/simple/$1index.{suffix}"
        rule = f'RewriteRule "{before}simple/((?:{contents.NAME}/)?)$"'
        wanted = f'RewriteCond "%{{ENV:WHEELYARD_FORM}}" "={name}"'
        flags = f"T={form.media_type},E=WHEELYARD_PAGE:1"
        for coding, (pattern, ending) in _CODINGS.items():
            yield wanted
            yield f'RewriteCond "%{{HTTP:Accept-Encoding}}" "{_accepted(pattern)}" [NC]'
            yield f'RewriteCond "{page}{ending}" "-f"'
            yield f'{rule} "{page}{ending}" "[{flags},E=WHEELYARD_CODING:{coding},END]"'
        yield wanted
        yield f'{rule} "{page}" "[{flags},END]"'


def _accepted(coding: str) -> str:
    """Return what matches an ``Accept-Encoding`` that takes a coding."""
    weight = r"\s*;\s*q\s*=\s*(?:1|0?\.[0-9]*[1-9])"
    return rf"(?:^|,)\s*{coding}(?:{weight}|\s*(?:,|$))"


def _files(before: str) -> Iterator[str]:
    """Yield what leads to the files, and to what is there under one name."""
    for address in contents.ADDRESSES:
        content = address.content
        how = "FILE" if content.is_for_ever else "OBJECT"
        flags = f"[T={content.content_type},E=WHEELYARD_{how}:1,END]"
        yield f'RewriteRule "{before}({address.pattern})$" "{_TREE}/$1" "{flags}"'


def _lines(lines: Iterator[str]) -> str:
    """Return the lines as they stand in a virtual host."""
    return "\n".join(f"    {line}" for line in lines)
