"""The upstream of those who configured none: PyPI, as a library knows it."""

from urllib.parse import urlsplit

from distlib.index import DEFAULT_INDEX

__all__ = ["default_index_url"]


def default_index_url() -> str:
    """Return the URL of PyPI's Simple API.

    No address of an index stands in this program: distlib says where PyPI is (scheme and host),
    and the path is that of the Simple API on it.
    """
    parts = urlsplit(DEFAULT_INDEX)
    return f"{parts.scheme}://{parts.netloc}/simple/"
