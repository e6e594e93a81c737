"""The function that CloudFront runs before its cache and after it, in JavaScript.

Before: the address of a page becomes that of one of its forms, so that the cache has each form
once, whatever the headers of a client look like. Whatever is not in the tree is 404 here, because a
bucket that is asked for `/` would list itself. After: `Vary`, for the caches behind CloudFront.

The choice is that of ``wire/negotiate.py``, word for word; tests run both on one table of cases.
Editing rules: CloudFront's runtime 2.0 is ECMAScript 5.1 with some of 6 to 9, at most 10 KB, a
millisecond, and no way to ask the bucket for anything.
Source: CloudFront's developer guide, "JavaScript runtime 2.0 features for CloudFront Functions".
"""

from typing import Final

from wheelyard.publish.serving import contents
from wheelyard.publish.serving.site import Site

__all__ = ["render_function"]

_WITH_VIEWS: Final = """\
import cf from 'cloudfront';

// The view that counts: `a` or `b`, under the key `view` of the key value store of this function.
async function start() {
    try {
        return '/views/' + (await cf.kvs().get('view'));
    } catch (error) {
        return '/views/a';
    }
}
"""

_WITHOUT_VIEWS: Final = """\
// Where pages are in the bucket: this tree has no views.
async function start() {
    return '';
}
"""

_SCRIPT: Final = """\
// A published tree of Wheelyard in a bucket, served by CloudFront. For the events viewer-request
// and viewer-response, with the runtime cloudfront-js-2.0.
%START%
const PREFIX = '%PREFIX%'; // CHANGE: the path below which the tree is served, without a final slash
const HAS_GZIP = %HAS_GZIP%; // whether each page is in the bucket in gzip, too

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const ANY_NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const SHARED = /^(packages|integrity)\\//;
const OBJECTS = [
%OBJECTS%
];
const SIMPLE = 'application/vnd.pypi.simple.';
const JSON_TYPES = [SIMPLE + 'v1+json', SIMPLE + 'latest+json'];
const V1_TYPES = [SIMPLE + 'v1+html', SIMPLE + 'latest+html'];

async function handler(event) {
    return event.context.eventType === 'viewer-response' ? answer(event) : await ask(event.request);
}

async function ask(request) {
    const path = inside(request.uri);
    if (path === null) {
        return missing();
    }
    if (path === '') {
        return moved(302, 'simple/');
    }
    if (OBJECTS.some(pattern => pattern.test(path))) {
        // In a bucket a plus stands for a space, so that a plus has to be said like this.
        const key = '/' + path.split('/').map(encodeURIComponent).join('/');
        request.uri = SHARED.test(path) ? key : (await start()) + key;
        return request;
    }
    const page = path.match(/^simple(?:\\/([^/]*))?(\\/?)$/);
    return page
        ? await toPage(request, page[1] || '', page[2] === '/' || path === 'simple/')
        : missing();
}

async function toPage(request, name, hasSlash) {
    const query = queryOf(request.querystring);
    if (name === '' && !hasSlash) {
        return moved(301, 'simple/' + query);
    }
    if (name !== '' && !NAME.test(name)) {
        if (!ANY_NAME.test(name)) {
            return missing();
        }
        const plain = name.replace(/[-_.]+/g, '-').toLowerCase();
        return moved(301, (hasSlash ? '../' : '') + plain + '/' + query);
    }
    if (!hasSlash) {
        return moved(301, name + '/' + query);
    }
    const format = request.querystring.format ? request.querystring.format.value : '';
    const form = formOf(headerOf(request, 'accept'), format);
    const packed = HAS_GZIP && takesGzip(headerOf(request, 'accept-encoding'));
    const folder = (await start()) + '/simple/' + (name && name + '/');
    request.uri = folder + 'index.' + form + (packed ? '.gz' : '');
    return request;
}

function answer(event) {
    const response = event.response;
    if (response.statusCode < 400) {
        response.headers['access-control-allow-origin'] = { value: '*' };
        if (/(^|\\/)simple\\//.test(event.request.uri)) {
            response.headers.vary = { value: 'Accept, Accept-Encoding' };
        }
    }
    return response;
}

// The path below that of the tree, decoded, or null for what is not below it.
function inside(uri) {
    if (uri.slice(0, PREFIX.length + 1) !== PREFIX + '/') {
        return null;
    }
    try {
        return decodeURIComponent(uri.slice(PREFIX.length + 1));
    } catch (error) {
        return null;
    }
}

function moved(status, location) {
    return {
        statusCode: status,
        statusDescription: status === 301 ? 'Moved Permanently' : 'Found',
        headers: {
            location: { value: location },
            'cache-control': { value: 'public, max-age=600' },
            vary: { value: 'Accept, Accept-Encoding' },
        },
    };
}

function missing() {
    return { statusCode: 404, statusDescription: 'Not Found' };
}

function headerOf(request, name) {
    const header = request.headers[name];
    if (!header) {
        return '';
    }
    return header.multiValue ? header.multiValue.map(each => each.value).join(',') : header.value;
}

function queryOf(parameters) {
    const words = Object.keys(parameters).map(name => name + '=' + parameters[name].value);
    return words.length ? '?' + words.join('&') : '';
}

// The ranges of a header with their weights; what cannot be read is left out.
function weightsOf(header) {
    const found = {};
    header.replace(/"[^"]*"?/g, '').split(',').forEach(element => {
        let name = element.split(';')[0].trim().toLowerCase();
        name = name === '*' ? '*/*' : name;
        const match = element.match(/;\\s*q\\s*=\\s*([^;\\s]*)/i);
        const weight = match ? match[1] : '1';
        if (/^([01](\\.[0-9]{0,9})?|\\.[0-9]{1,9})$/.test(weight) && Number(weight) <= 1) {
            found[name] = Math.max(Number(weight), found[name] || 0);
        }
    });
    return found;
}

// Each candidate: its weight, how exactly it was named, and how it stands among equals.
function rank(weights, names, kind, named, wild) {
    const own = names.filter(name => name in weights).map(name => weights[name]);
    if (own.length) {
        return [Math.max.apply(null, own), 2, named];
    }
    return kind in weights ? [weights[kind], 1, named] : [weights['*/*'] || 0, 0, wild];
}

function isBefore(one, other) {
    for (let place = 0; place < 3; place++) {
        if (one[place] !== other[place]) {
            return one[place] > other[place];
        }
    }
    return false;
}

function formOf(accept, format) {
    const wanted = format.replace(/%20|%2B| /gi, '+').replace(/%2F/gi, '/').toLowerCase();
    if (JSON_TYPES.indexOf(wanted) >= 0) {
        return 'json';
    }
    if (V1_TYPES.indexOf(wanted) >= 0 || wanted === 'text/html' || accept.length > 4096) {
        return 'html';
    }
    const weights = weightsOf(accept);
    const json = rank(weights, JSON_TYPES, 'application/*', 3, 2);
    const others = [
        rank(weights, V1_TYPES, 'application/*', 2, 1),
        rank(weights, ['text/html'], 'text/*', 1, 3),
    ];
    return json[0] > 0 && others.every(other => isBefore(json, other)) ? 'json' : 'html';
}

function takesGzip(header) {
    const weights = header.length > 4096 ? {} : weightsOf(header);
    const names = ['gzip', 'x-gzip', '*/*'].filter(name => name in weights);
    const gzip = names.length ? weights[names[0]] : 0;
    return gzip > 0 && (weights.identity || 0) <= gzip;
}
"""


def render_function(site: Site) -> str:
    """Return the function for a site; ``has_views`` of the site says which of two it is."""
    objects = [f"    /^{_javascript(address.pattern)}$/," for address in contents.ADDRESSES]
    start = _WITH_VIEWS if site.has_views else _WITHOUT_VIEWS
    return (
        _SCRIPT.replace("%START%", start)
        .replace("%PREFIX%", site.prefix)
        .replace("%HAS_GZIP%", str(site.every_page_is_packed).lower())
        .replace("%OBJECTS%", "\n".join(objects))
    )


def _javascript(pattern: str) -> str:
    """Return a pattern as it stands between slashes."""
    return pattern.replace(r"\-", "-").replace("/", r"\/").replace(r"[^\/.]", "[^/.]")
