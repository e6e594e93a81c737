"""Real clients, each as it was released, in an environment that knows nothing of this machine.

Start here: `roster.py` (all of them, for parametrised tests), then `sandbox.py` and one client::

    pip = Pip(PIP_26, Sandbox(tmp_path / "pip"))
    result = pip.install(["demo"], server.url, tmp_path / "target").checked()
    assert result.installed == {"demo": "1.0"}

Each edition has a lock in `locks/` and an environment in `.cache/clients`, which is made on first
use from whatever index this machine's pip is configured for. Where none answers, `need` skips.
Like the simulator, this knows nothing of `wheelyard`.
"""

from support.clients.buildout import Buildout
from support.clients.easy_install import EasyInstall
from support.clients.editions import (
    BANDERSNATCH,
    BANDERSNATCH_8,
    BUILDOUT,
    DEVPI,
    EASY_INSTALL,
    FLIT,
    PIP2PI,
    PIP_20,
    PIP_22,
    PIP_26,
    PIPS,
    PYPISERVER,
    TWINE_6,
    TWINE_7,
    VIRTUALENV,
    Edition,
)
from support.clients.elsewhere import Elsewhere
from support.clients.environments import UnreachableIndexError, prepared, why_no_index_answers
from support.clients.flit import Flit
from support.clients.hatch import Hatch
from support.clients.hatch_publish import HatchPublish
from support.clients.installed import Result, files_in, projects_in
from support.clients.old_pip import OLD_PIPS, NotFoundByOldPipError, OldPip
from support.clients.pdm import Pdm
from support.clients.pdm_publish import PdmPublish
from support.clients.pip import Pip
from support.clients.pipenv import Pipenv
from support.clients.poetry import Poetry
from support.clients.poetry_publish import PoetryPublish
from support.clients.projects import Installer, Locked, Locker, OneCommand
from support.clients.publishers import PUBLISHERS, SKIPPERS, TWINES
from support.clients.publishing import Account, Publisher, Release, release_of
from support.clients.recorder import Recorder, Reply
from support.clients.roster import (
    INSTALLERS,
    LOCKERS,
    NOT_INSTALLED,
    OLDEST_PIP,
    PIP_AND_UV,
    PIP_EDITIONS,
    Kind,
    need,
)
from support.clients.sandbox import ClientFailedError, Outcome, Sandbox
from support.clients.twine import Twine
from support.clients.uv import Uv
from support.clients.uv_publish import UvPublish
from support.clients.virtualenv import Virtualenv, seed_wheels

__all__ = [
    "BANDERSNATCH",
    "BANDERSNATCH_8",
    "BUILDOUT",
    "DEVPI",
    "EASY_INSTALL",
    "FLIT",
    "INSTALLERS",
    "LOCKERS",
    "NOT_INSTALLED",
    "OLDEST_PIP",
    "OLD_PIPS",
    "PIP2PI",
    "PIPS",
    "PIP_20",
    "PIP_22",
    "PIP_26",
    "PIP_AND_UV",
    "PIP_EDITIONS",
    "PUBLISHERS",
    "PYPISERVER",
    "SKIPPERS",
    "TWINES",
    "TWINE_6",
    "TWINE_7",
    "VIRTUALENV",
    "Account",
    "Buildout",
    "ClientFailedError",
    "EasyInstall",
    "Edition",
    "Elsewhere",
    "Flit",
    "Hatch",
    "HatchPublish",
    "Installer",
    "Kind",
    "Locked",
    "Locker",
    "NotFoundByOldPipError",
    "OldPip",
    "OneCommand",
    "Outcome",
    "Pdm",
    "PdmPublish",
    "Pip",
    "Pipenv",
    "Poetry",
    "PoetryPublish",
    "Publisher",
    "Recorder",
    "Release",
    "Reply",
    "Result",
    "Sandbox",
    "Twine",
    "UnreachableIndexError",
    "Uv",
    "UvPublish",
    "Virtualenv",
    "files_in",
    "need",
    "prepared",
    "projects_in",
    "release_of",
    "seed_wheels",
    "why_no_index_answers",
]
