"""Publishing reads what is in an archive, and runs nothing of it: A-57."""

import io
import tarfile
from pathlib import Path

import pytest

from contract.conformance.asking import JSON
from scenario.publishing.yard import Yard
from support.packages import make_sdist, make_wheel
from support.uploads import form_of

pytestmark = [pytest.mark.scenario]

METADATA = "Metadata-Version: 2.1\nName: acme-canary\nVersion: 1.0\nSummary: quiet\n"


def sdist_with(files: dict[str, str]) -> bytes:
    """Return an sdist of old, whose metadata a tool might want to have built."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"acme_canary-1.0/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return stream.getvalue()


def test_a57_code_in_archives_leaves_no_trace(yard: Yard, tmp_path: Path) -> None:
    """Wherever code may stand in a wheel or an sdist, it is not run to learn about them."""
    canary = tmp_path / "canary"
    code = f"open({str(canary)!r}, 'w').close()\n"
    places = {
        "PKG-INFO": METADATA,
        "setup.py": f"{code}from setuptools import setup\nsetup(name='loud')\n",
        "setup.cfg": "[metadata]\nname = loud\nversion = attr: acme_canary.version\n",
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
        'backend-path = ["."]\n[project]\nname = "acme-canary"\ndynamic = ["version"]\n',
        "backend.py": code,
        "conftest.py": code,
        "acme_canary/__init__.py": code,
    }
    modules = {"acme_canary/__init__.py": code, "acme_canary.pth": f"import os; {code}"}
    wheel = make_wheel("acme-canary", "1.0", modules=modules)
    sdist = form_of(make_sdist("acme-canary", "1.0")).with_file(content=sdist_with(places))

    answers = [yard.hosting.upload(wheel), yard.hosting.upload(sdist)]

    assert [answer.status for answer in answers] == [200, 200], [each.text for each in answers]
    for path in ("/simple/acme-canary/", "/pypi/acme-canary/json"):
        answer = yard.hosting.client.ask(path, {"Accept": JSON})
        assert answer.status == 200
    assert yard.hosting.client.ask("/pypi/acme-canary/json").json()["info"]["name"] == "acme-canary"
    assert not canary.exists()
