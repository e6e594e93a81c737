"""`tools/environment.py`: an environment from a lock file, on machines that lack this or that.

No test asks a package index: the locks here name one small wheel, which pip finds in a folder.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import environment
from environment import CannotPrepareError, Environment, index_settings, prepare

WHEEL = "probe-1.0-py3-none-any.whl"


@pytest.fixture
def clone(tmp_path: Path) -> Environment:
    """Return a clone whose locks name one wheel, which `wheels/` beside them holds."""
    root = tmp_path / "a clone"
    for folder in ("requirements", "src", "wheels"):
        root.joinpath(folder).mkdir(parents=True)
    digest = write_wheel(root / "wheels" / WHEEL)
    for lock in ("run", "test"):
        text = f"probe==1.0 \\\n    --hash=sha256:{digest}\n"
        root.joinpath("requirements", f"{lock}.txt").write_text(text, "utf-8")
    installer = f"uv==0.0.1 \\\n    --hash=sha256:{'0' * 64}\n"
    root.joinpath("requirements", "installer.txt").write_text(installer, "utf-8")
    return clone_at(root)


@pytest.fixture
def offline(clone: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure pip as on a machine that has the wheels in a folder and nothing else."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", (clone.root / "wheels").as_uri())
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
def test_prepare_in_fresh_clone_installs_the_lock_and_the_source(clone: Environment) -> None:
    """Where uv cannot be had, pip alone does it, hashes checked; `src/` is importable."""
    clone.root.joinpath("src", "ours.py").write_text("", "utf-8")

    prepare(clone, "run")

    subprocess.run([clone.python, "-W", "error", "-c", "import probe, ours"], check=True)
    assert clone.is_ready("run")
    assert not clone.is_ready("test")


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
def test_prepare_with_another_hash_installs_nothing(clone: Environment) -> None:
    """Bytes that the lock does not name are refused, with pip's reason and a next step."""
    write_wheel(clone.root / "wheels" / WHEEL, content="import evil\n")

    with pytest.raises(CannotPrepareError, match=r"(?s)(?i)hash.*pip config list"):
        prepare(clone, "run")

    assert not clone.packages.joinpath("probe.py").exists()
    assert not clone.is_ready("run")


def test_prepare_without_any_installer_names_the_package(
    clone: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence tells what to install where neither pip nor uv can be found."""
    monkeypatch.setattr(environment, "find_pip", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(CannotPrepareError, match="`python3-venv` on Debian") as caught:
        prepare(clone, "run")

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change", ["lock", "interpreter", "clone"], ids=lambda change: f"other-{change}"
)
def test_is_ready_after_a_change_is_false(clone: Environment, change: str) -> None:
    """Another lock, a vanished interpreter or a moved clone is noticed at the next start."""
    pretend_ready(clone)
    assert clone.is_ready("run")

    match change:
        case "lock":
            clone.lock("run").write_text("probe==2.0\n", "utf-8")
        case "interpreter":
            clone.python.unlink()
        case _:
            moved = clone.root.with_name("moved")
            shutil.move(clone.root, moved)
            clone = clone_at(moved)

    assert not clone.is_ready("run")


def test_prepare_when_ready_starts_nothing(
    clone: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second start costs a file read, not a process."""
    pretend_ready(clone)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))

    prepare(clone, "run")


def test_find_pip_without_pip_module_uses_a_bundled_wheel(
    clone: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel of pip that lies on the machine is run as it is."""
    wheel = tmp_path / "pip-99.0-py3-none-any.whl"
    monkeypatch.setattr(environment, "bundled_wheels", lambda: [wheel])
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    clone.python.parent.mkdir(parents=True)
    clone.python.write_text('#!/bin/sh\ntest "$1" != -m\n', "utf-8")  # has no module pip
    clone.python.chmod(0o755)

    assert environment.find_pip(clone) == [str(clone.python), f"{wheel}/pip"]


def test_bundled_wheels_are_ordered_by_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several wheels of pip the newest is tried first: 26 is newer than 9."""
    for version in ("9.0.1", "26.3", "23.0.1"):
        tmp_path.joinpath(f"pip-{version}-py3-none-any.whl").touch()
    monkeypatch.setattr("sysconfig.get_config_var", lambda _: str(tmp_path))

    found = [wheel.name for wheel in environment.bundled_wheels() if wheel.parent == tmp_path]

    assert [name.split("-")[1] for name in found] == ["26.3", "23.0.1", "9.0.1"]


def test_link_source_command_works_from_a_path_with_blanks(clone: Environment) -> None:
    """`.venv/bin/wheelyard` starts the program although `#!` cannot name such a path."""
    clone.packages.mkdir(parents=True)
    clone.python.parent.mkdir(parents=True)
    clone.python.write_text('#!/bin/sh\necho "$@"\n', "utf-8")
    clone.python.chmod(0o755)

    environment.link_source(clone)

    command = [str(clone.folder / "bin" / "wheelyard"), "serve", "a b"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == "-m wheelyard serve a b\n"


def test_index_settings_hand_pips_index_to_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    """Index, certificate and proxy of pip are uv's too; extra indexes and folders are not."""
    forget_index_settings(monkeypatch)
    pip = pip_that_says(
        "global.cert='/etc/company.pem'",
        "global.extra-index-url='https://other.example/simple'",
        "global.find-links='/srv/wheels'",
        "global.index-url='https://index.example/simple'",
        "global.trusted-host='\\none.example\\ntwo.example'",
        "install.proxy='http://proxy.example:3128'",
    )

    settings = index_settings(pip)

    assert settings == {
        "ALL_PROXY": "http://proxy.example:3128",
        "SSL_CERT_FILE": "/etc/company.pem",
        "UV_DEFAULT_INDEX": "https://index.example/simple",
        "UV_INSECURE_HOST": "one.example two.example",
    }


def test_index_settings_prefer_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`PIP_INDEX_URL` beats the file, and what is said to uv itself beats both."""
    forget_index_settings(monkeypatch)
    pip = pip_that_says(
        ":env:.index-url='https://nearer.example/simple'",
        "global.index-url='https://index.example/simple'",
    )

    from_pip = index_settings(pip)
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    from_uv = index_settings(pip)

    assert from_pip == {"UV_DEFAULT_INDEX": "https://nearer.example/simple"}
    assert from_uv == {}


def clone_at(root: Path) -> Environment:
    """Return the environment of a clone whose root is ``root``."""
    return Environment(root=root, folder=root / ".venv", locks=root / "requirements")


def pretend_ready(clone: Environment) -> None:
    """Leave behind what a successful ``prepare`` leaves behind."""
    clone.packages.mkdir(parents=True)
    clone.python.parent.mkdir(parents=True)
    clone.python.touch()
    clone.packages.joinpath(environment.STAMP).write_text(clone.stamp("run"), "utf-8")


def pip_that_says(*lines: str) -> list[str]:
    """Return a command that answers `pip config list` with ``lines``."""
    return [sys.executable, "-c", f"print({chr(10).join(lines)!r})"]


def forget_index_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove what this machine says to uv about indexes."""
    for name in environment.UV_NAMES.values():
        monkeypatch.delenv(name, raising=False)


def write_wheel(path: Path, content: str = "") -> str:
    """Write a wheel with one module and return its SHA-256 as hex digits."""
    files = {
        "probe.py": content,
        "probe-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n",
        "probe-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},{record_hash(text)},{len(text)}\n" for name, text in files.items())
    files["probe-1.0.dist-info/RECORD"] = record + "probe-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def record_hash(text: str) -> str:
    """Return the hash of ``text`` as RECORD spells it."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
