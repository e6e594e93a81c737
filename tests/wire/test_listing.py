"""Listings of directories, as web servers write them, and pages that are none."""

import pytest

from wheelyard.errors import BadInput
from wheelyard.names import ProjectName
from wheelyard.wire.listing import parse_listing

URL = "http://files.example/pub/"

NGINX = """<html>
<head><title>Index of /pub/</title></head>
<body>
<h1>Index of /pub/</h1><hr><pre><a href="../">../</a>
<a href="Spare.Parts/">Spare.Parts/</a>            21-Nov-2026 10:00                   -
<a href="demo/">demo/</a>                          21-Nov-2026 10:00                   -
<a href="demo-1.0%2Blocal-py3-none-any.whl">demo-1.0+local-py3-none-any.whl</a> 21-Nov-2026 10:00 9
</pre><hr></body>
</html>
"""
APACHE = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html><head><title>Index of /pub</title></head><body><h1>Index of /pub</h1>
<table><tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
<tr><td><a href="/">Parent Directory</a></td><td>&nbsp;</td></tr>
<tr><td><a href="Spare.Parts-1.0.tar.gz">Spare.Parts-1.0.ta..&gt;</a></td></tr>
</table></body></html>
"""
PYTHON = """<!DOCTYPE HTML><html lang="en"><head><meta charset="utf-8">
<title>Directory listing for /pub/</title></head><body><h1>Directory listing for /pub/</h1><hr>
<ul><li><a href="README.txt">README.txt</a></li><li><a href="demo-1.0.zip">demo-1.0.zip</a></li>
</ul><hr></body></html>
"""
BASKETWEAVER = """<html>
<body>
<h1>Package Index</h1>
<ul>
<li><a href="Spare.Parts/index.html">Spare.Parts</a>
</ul>
</body>
</html>
"""


@pytest.mark.parametrize(
    ("page", "folders", "archives", "is_of_directory"),
    [
        (NGINX, {"spare-parts", "demo"}, {"demo-1.0+local-py3-none-any.whl"}, True),
        (APACHE, set(), {"Spare.Parts-1.0.tar.gz"}, True),
        (PYTHON, {"readme-txt"}, {"demo-1.0.zip"}, True),
        (BASKETWEAVER, {"spare-parts"}, set(), True),
        ('<a href="demo/">demo</a><a href="spare-parts/">x</a>', {"demo", "spare-parts"}, set(),
         False),
        ("", set(), set(), False),
    ],
)  # fmt: skip
def test_listing_tells_folders_and_archives(
    page: str, folders: set[str], archives: set[str], *, is_of_directory: bool
) -> None:
    """Without the ways to sort, the way up, and texts that were cut off."""
    listing = parse_listing(page.encode(), URL)

    assert listing is not None
    assert ({*listing.folders}, {*listing.archives}) == (folders, archives)
    assert listing.is_of_directory is is_of_directory


@pytest.mark.parametrize("page", [NGINX, BASKETWEAVER])
def test_folder_is_where_it_is_spelled(page: str) -> None:
    """The address leads to the folder itself."""
    listing = parse_listing(page.encode(), URL)

    assert listing is not None
    assert listing.folders[ProjectName("spare-parts")] == f"{URL}Spare.Parts/"


def test_names_are_of_folders_and_of_archives() -> None:
    """Each project once."""
    page = '<a href="Demo/">x</a><a href="demo-1.0.zip">x</a><a href="spare-2.0.zip">x</a>'
    listing = parse_listing(page.encode(), URL)

    assert listing is not None
    assert listing.names == ["demo", "spare"]
    assert listing.has_files_of(ProjectName("spare"))
    assert not listing.has_files_of(ProjectName("spa"))


@pytest.mark.parametrize(
    "href",
    [
        "../other/",
        "/elsewhere/",
        "http://else.example/pub/demo/",
        "a/b/",
        "-/",
        "?C=N",
        "file:///x/",
    ],
)
def test_what_is_not_right_below_is_no_folder(href: str) -> None:
    """A listing speaks for its own directory."""
    listing = parse_listing(f'<a href="{href}">x</a>'.encode(), URL)

    assert listing is not None
    assert listing.folders == {}


def test_index_is_no_listing() -> None:
    """Who declares a version has every project under its normalised name."""
    page = b'<meta name="pypi:repository-version" content="1.4"><a href="Demo/">Demo</a>'

    assert parse_listing(page, URL) is None


@pytest.mark.parametrize("extra", ["<form>", "<script>"])
def test_page_that_asks_for_input_is_refused(extra: str) -> None:
    """A login page lists nothing, whatever it links to."""
    with pytest.raises(BadInput):
        parse_listing(f'{extra}<a href="demo-1.0.zip">x</a>'.encode(), URL)
