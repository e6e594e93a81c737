"""From the addresses somebody wrote to the doors of an upstream."""

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from wheelyard.settings.hidden import HiddenUrl, Secret
from wheelyard.settings.kinds import split_credentials
from wheelyard.settings.records import DoorSettings

__all__ = ["parse_doors", "simple_url"]


def simple_url(url: str) -> tuple[str, str | None]:
    """Return the likeliest index address of ``url``, and the plain one if that might be it too.

    Both end with a slash.  Indexes are named with and without `/simple/`; a few have their
    projects directly below the address given, which only asking can tell.
    """
    plain = url.rstrip("/") + "/"
    last = urlsplit(plain).path.rstrip("/").rpartition("/")[2]
    if last in {"simple", "+simple"}:
        return plain, None
    return f"{plain}simple/", plain


def parse_doors(urls: Sequence[HiddenUrl], credentials: Secret | None) -> tuple[DoorSettings, ...]:
    """Return one door per address. What an address carries itself wins over ``credentials``."""
    doors = []
    for hidden in urls:
        url, own = split_credentials(hidden.reveal())
        likeliest, plain = simple_url(url)
        doors.append(
            DoorSettings(
                url=likeliest,
                plain_url=plain,
                credentials=_own_credentials(own) if own else credentials,
            )
        )
    return tuple(doors)


def _own_credentials(information: str) -> Secret:
    """Return what stands in an address; a user without a password has an empty one, as for pip."""
    return Secret(unquote(information) if ":" in information else f"{unquote(information)}:")
