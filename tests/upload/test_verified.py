"""The setting `upload.attestations` at work, with real signatures and without a network."""

import json
from pathlib import Path

import pytest

from upload.test_attestations import FILENAME, PUBLISH, SHA256, SLSA, raw, statement
from wheelyard.errors import BadInput, ConfigError, Unavailable
from wheelyard.names import Filename, Sha256
from wheelyard.settings import UploadSettings
from wheelyard.upload import verified
from wheelyard.upload.verified import Attesting, open_attesting

pytestmark = pytest.mark.anyio

SIGNER = (
    "https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml"
    "@refs/tags/v0.0.19"
)
VERIFY = Attesting("verify", ("https://github.com/trailofbits/*@refs/tags/*",))


async def test_accepted_attestation_is_kept_unverified() -> None:
    """Without the extra, and without a process."""
    kept = await Attesting().provenance(raw(statement(predicateType="x")), FILENAME, SHA256)

    assert kept is not None
    (bundle,) = json.loads(kept)["attestation_bundles"]
    assert bundle["publisher"]["kind"] == "Unverified"


@pytest.mark.slow
async def test_real_attestations_are_verified_and_their_signer_named() -> None:
    """The chain of certificates, the public log, the signature and the name: all offline."""
    kept = await VERIFY.provenance(raw(PUBLISH, SLSA), FILENAME, SHA256)

    assert kept is not None
    (bundle,) = json.loads(kept)["attestation_bundles"]
    assert bundle["publisher"]["repository"] == "trailofbits/pypi-attestations"
    assert len(bundle["attestations"]) == 2


@pytest.mark.slow
async def test_attestations_that_are_wrong_are_refused_each_with_its_place() -> None:
    """What was said is not what was signed; and who signed may not."""
    attestations = raw(statement(predicateType="x"), PUBLISH)
    attesting = Attesting("require", ("https://github.com/acme/*",))

    with pytest.raises(BadInput) as caught:
        await attesting.provenance(attestations, FILENAME, SHA256)

    first, second = caught.value.problems
    assert first.startswith("attestations[0]: not verified")
    assert second.startswith(f"attestations[1]: not verified: signed by {SIGNER}, who is not one")


@pytest.mark.slow
async def test_verification_that_fails_is_an_outage_and_no_approval(tmp_path: Path) -> None:
    """A trusted root that is none: nobody is let in."""
    root = tmp_path / "root.json"
    root.write_text("{}")
    attesting = Attesting("verify", ("*",), root)

    with pytest.raises(Unavailable, match="verification of attestations"):
        await attesting.provenance(raw(PUBLISH), FILENAME, SHA256)


@pytest.mark.parametrize(("mode", "refused"), [("verify", False), ("require", True)])
async def test_file_without_attestation_is_refused_only_where_one_is_required(
    mode: str, *, refused: bool
) -> None:
    """`verify` looks at what there is."""
    attesting = Attesting("require" if mode == "require" else "verify", ("*",))
    if not refused:
        assert await attesting.provenance("", FILENAME, SHA256) is None
        return

    with pytest.raises(BadInput, match="no file without an attestation"):
        await attesting.provenance("", FILENAME, SHA256)


async def test_attestation_about_another_file_is_refused_without_a_process() -> None:
    """Replaying somebody else's attestation beside other bytes is the first thing to try."""
    with pytest.raises(BadInput, match=r"not `app-1\.tar\.gz`"):
        await VERIFY.provenance(raw(PUBLISH), Filename("app-1.tar.gz"), Sha256("0" * 64))


def test_verification_needs_signers() -> None:
    """Anybody can sign anything: a signature alone means nothing."""
    with pytest.raises(ConfigError, match=r"upload\.signers"):
        open_attesting(UploadSettings(attestations="verify"))


def test_verification_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server does not start with a promise that it cannot keep."""
    monkeypatch.setattr(verified, "find_spec", lambda _: None)

    with pytest.raises(ConfigError, match=r"wheelyard\[attestations\]"):
        open_attesting(UploadSettings(attestations="require", signers=("x",)))


def test_settings_become_what_is_done() -> None:
    """Nothing is looked up for `accept`."""
    settings = UploadSettings(attestations="verify", signers=("x",))

    assert open_attesting(UploadSettings()).mode == "accept"
    assert open_attesting(settings).signers == ("x",)
