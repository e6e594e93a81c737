"""The upstream of those who configured none."""

from urllib.parse import urlsplit

from distlib.index import DEFAULT_INDEX

from wheelyard.transport.default_index import default_index_url


def test_default_index_is_where_the_library_says_with_the_path_of_the_simple_api() -> None:
    """Scheme and host are the library's, and only they."""
    url = urlsplit(default_index_url())

    assert url.scheme == "https"
    assert url.netloc == urlsplit(DEFAULT_INDEX).netloc
    assert url.path == "/simple/"
