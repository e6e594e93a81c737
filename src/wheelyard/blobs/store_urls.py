"""Which bucket a URL means, and what the environment says about reaching it.

Credentials are never part of a URL: URLs are shown, logged and kept. They come from the variables
that the tools of each provider know, and so do the endpoint and the region.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from wheelyard.errors import BadInput, ConfigError

__all__ = ["PROVIDERS", "Provider", "StoreUrl", "parse_store_url", "read_store_options"]


@dataclass(frozen=True, slots=True)
class Provider:
    """A kind of object store: what it calls itself, and the variables that are passed on to it.

    Of several variables for one option, the first that is set counts. ``prefix`` is how all
    variables of this provider begin; the library reads others of them by itself.
    """

    name: str
    credentials: str
    variables: Mapping[str, tuple[str, ...]]
    endpoint: str
    allow_http: str


PROVIDERS: Final[Mapping[str, Provider]] = {
    "s3": Provider(
        name="S3",
        credentials="`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`",
        variables={
            "access_key_id": ("AWS_ACCESS_KEY_ID",),
            "secret_access_key": ("AWS_SECRET_ACCESS_KEY",),
            "session_token": ("AWS_SESSION_TOKEN",),
            "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
            "endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
            "virtual_hosted_style_request": ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST",),
            "skip_signature": ("AWS_SKIP_SIGNATURE",),
        },
        endpoint="endpoint",
        allow_http="AWS_ALLOW_HTTP",
    ),
    "gs": Provider(
        name="Google Cloud Storage",
        credentials="`GOOGLE_APPLICATION_CREDENTIALS`, the path of a key file",
        variables={
            "application_credentials": ("GOOGLE_APPLICATION_CREDENTIALS",),
            "service_account": ("GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH"),
            "service_account_key": ("GOOGLE_SERVICE_ACCOUNT_KEY",),
            "base_url": ("GOOGLE_BASE_URL",),
            "skip_signature": ("GOOGLE_SKIP_SIGNATURE",),
        },
        endpoint="base_url",
        allow_http="GOOGLE_ALLOW_HTTP",
    ),
    "az": Provider(
        name="Azure Blob Storage",
        credentials="`AZURE_STORAGE_ACCOUNT_NAME` and `AZURE_STORAGE_ACCOUNT_KEY`",
        variables={
            "account_name": ("AZURE_STORAGE_ACCOUNT_NAME",),
            "account_key": ("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY"),
            "sas_key": ("AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS_KEY"),
            "endpoint": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
            "skip_signature": ("AZURE_SKIP_SIGNATURE",),
        },
        endpoint="endpoint",
        allow_http="AZURE_ALLOW_HTTP",
    ),
}

_REGION: Final = "us-east-1"
_TRUE: Final = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """A bucket and a place in it. ``prefix`` is empty, or ends in a slash."""

    scheme: str
    bucket: str
    prefix: str = ""

    def __str__(self) -> str:
        place = f"{self.scheme}://{self.bucket}/{self.prefix}"
        return place.rstrip("/")


def parse_store_url(url: str) -> StoreUrl:
    """Return the bucket that ``url`` names, such as `s3://bucket/prefix`.

    Raises:
        BadInput: it names none, or has what does not belong into it. What it has is not repeated.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if parts.scheme not in {*PROVIDERS, "memory"}:
        raise BadInput(
            "The URL of an object store begins with `s3://`, `gs://` or `az://`, "
            "and then comes the bucket."
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        provider = PROVIDERS.get(parts.scheme, PROVIDERS["s3"])
        raise BadInput(
            f"The URL of an object store is `{parts.scheme}://bucket/prefix` and nothing else: "
            f"credentials do not belong into it. Set {provider.credentials} in the environment."
        )
    prefix = parts.path.strip("/")
    broken = bool(prefix) and not {"..", ".", ""}.isdisjoint(prefix.split("/"))
    if not parts.netloc or not url.isprintable() or broken:
        raise BadInput(
            f"The URL of an object store is `{parts.scheme}://bucket/prefix`, "
            "without empty parts and without `..`."
        )
    return StoreUrl(parts.scheme, parts.netloc, f"{prefix}/" if prefix else "")


def read_store_options(
    url: StoreUrl, environment: Mapping[str, str]
) -> tuple[dict[str, str], bool]:
    """Return what the environment says about this store, and whether it may be plain HTTP.

    Raises:
        ConfigError: the endpoint is plain HTTP, elsewhere, and nothing says that this is wanted.
    """
    provider = PROVIDERS[url.scheme]
    options: dict[str, str] = {}
    for option, names in provider.variables.items():
        found = next((environment[name] for name in names if environment.get(name)), None)
        if found is not None:
            options[option] = found
    if url.scheme == "s3":
        options.setdefault("region", _REGION)
    endpoint = options.get(provider.endpoint, "")
    parts = urlsplit(endpoint)
    if endpoint and (parts.scheme not in {"http", "https"} or "@" in parts.netloc):
        names = provider.variables[provider.endpoint]
        raise ConfigError(
            f"`{names[-1]}` is no endpoint: write it like `https://store.example:9000`, and "
            f"the credentials into {provider.credentials}."
        )
    is_plain = parts.scheme == "http"
    wanted = environment.get(provider.allow_http, "").lower() in _TRUE
    if is_plain and not wanted and not _is_this_machine(parts.hostname or ""):
        raise ConfigError(
            f"The endpoint `{parts.scheme}://{parts.netloc}` is plain HTTP, where anybody on the "
            "way can change what is published: use `https://`, or set "
            f"`{provider.allow_http}=true`."
        )
    return options, is_plain


def _is_this_machine(host: str) -> bool:
    """Say whether ``host`` is loopback."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
