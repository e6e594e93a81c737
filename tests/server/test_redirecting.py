"""From settings to a redirector: what it needs, and what keeps it from starting."""

from pathlib import Path

import anyio
import pytest

from server.asgi import Call
from server.test_serving import Life
from support.sites import Site, tree_of
from wheelyard.clock import Instant
from wheelyard.errors import ConfigError
from wheelyard.server.process import Worker
from wheelyard.server.redirecting import Application, redirect
from wheelyard.settings import Settings, load_settings

NOW = Instant(1_790_000_000.0)


def settings_for(folder: Path, *static: str, **variables: str) -> Settings:
    """Return the settings of a redirector for these trees."""
    environment = {f"WHEELYARD__{name}": value for name, value in variables.items()}
    return load_settings({"redirect.static": static}, environment, folder)


@pytest.mark.anyio
@pytest.mark.blocking  # settings are read, and the log is opened, while nobody is served
async def test_application_redirects_from_its_start_to_its_end(tmp_path: Path) -> None:
    """The first checks are made before the first request is taken."""
    with Site(tree_of()) as tree:
        log = tmp_path / "access.log"
        settings = settings_for(tmp_path, tree.url, SERVER__ACCESS_LOG=str(log))
        application = Application(settings, Worker(), {}, NOW)
        life = Life()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(application, {"type": "lifespan"}, life.receive, life.send)
            await life.changed.wait()
            call = Call("/simple/demo/")
            await application(call.scope, call.receive, call.send)
            life.ends.set()

    assert call.headers["location"] == f"{tree.url}/simple/demo/"
    assert life.said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert '"GET /simple/demo/ HTTP/1.1" 307 0' in log.read_text("utf-8")


@pytest.mark.anyio
@pytest.mark.blocking  # settings are read, and the log is opened, while nobody is served
async def test_target_that_hangs_does_not_delay_the_start_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks meanwhile is told to ask again."""
    monkeypatch.setattr("wheelyard.server.redirecting._START_SECONDS", 0.0)
    application = Application(settings_for(tmp_path, "http://127.0.0.1:9"), Worker(), {}, NOW)
    life = Life()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(application, {"type": "lifespan"}, life.receive, life.send)
        await life.changed.wait()
        call = Call("/simple/demo/")
        await application(call.scope, call.receive, call.send)
        life.ends.set()

    assert call.status == 503


def test_redirector_without_targets_does_not_start(tmp_path: Path) -> None:
    """The sentence says what to give it."""
    with pytest.raises(ConfigError, match="nowhere to send clients: give `--static`"):
        redirect(settings_for(tmp_path), {}, print)
