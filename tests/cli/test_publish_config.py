"""`wheelyard publish --config-for`: the configuration of whoever gives out the tree."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wheelyard.cli.main import make_program
from wheelyard.cli.publish_config import SERVERS, site_of
from wheelyard.errors import BadInput
from wheelyard.publish.serving import KINDS, Site, render_configuration
from wheelyard.settings import PublishSettings, ServerSettings

WANTED = PublishSettings(name="main")
SERVER = ServerSettings()


def invoked(*words: str) -> Result:
    """Run the command as a part of the program: a command by itself would keep another help."""
    return CliRunner().invoke(make_program(), ["publish", *words])


def test_every_configuration_can_be_had() -> None:
    """The list here is short to import, and says the same."""
    assert SERVERS == KINDS


@pytest.mark.parametrize("kind", ["nginx", "nginx-front", "apache", "caddy"])
def test_configuration_of_a_web_server_is_for_the_directory(kind: str, tmp_path: Path) -> None:
    """Nothing is published, and no data directory is needed."""
    done = invoked(str(tmp_path / "tree"), "--config-for", kind)

    assert (done.exit_code, done.stderr) == (0, "")
    [text] = render_configuration(kind, Site(tree=str(tmp_path / "tree"))).values()  # type: ignore[arg-type]  # one of them
    assert done.stdout == text
    assert [*tmp_path.iterdir()] == []


def test_files_of_cloudfront_are_named() -> None:
    """There are several, for different calls of its tool."""
    done = invoked("s3://my-bucket/deep", "--config-for", "cloudfront")

    files = render_configuration("cloudfront", Site(bucket="my-bucket"))
    assert done.exit_code == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("==> ")] == [
        f"==> {name} <==" for name in files
    ]
    assert "my-bucket" in done.stdout


def test_site_is_what_the_settings_say() -> None:
    """Its host, its path, how long pages may be kept, and which server is behind it."""
    wanted = replace(
        WANTED,
        base_url="https://py.example/simple-things/",
        page_max_age_seconds=60,
        views="always",
    )
    server = replace(SERVER, host="::1", port=9000)

    site = site_of("nginx", "/srv/tree", wanted, server)

    assert (site.host, site.prefix, site.server) == ("py.example", "/simple-things", "[::1]:9000")
    assert (site.page_max_age_seconds, site.has_views) == (60, True)


@pytest.mark.parametrize(
    ("kind", "target", "told"),
    [
        ("nginx", "s3://bucket", "is an object store"),
        ("cloudfront", "/srv/tree", "serves a bucket"),
        ("cloudfront", "gs://bucket", "serves a bucket"),
        ("nginx", "/srv/a b", "cannot be the tree of a site"),
        ("apache", "", "name the directory"),
    ],
)
def test_target_that_cannot_be_served_so_is_refused(kind: str, target: str, told: str) -> None:
    """With what to give instead."""
    with pytest.raises(BadInput, match=told):
        site_of(kind, target, WANTED, SERVER)  # type: ignore[arg-type]  # one of them
