"""Whether attestations are kept as they come, verified, or demanded: the setting, put to work."""

import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

import anyio
import msgspec

from wheelyard.errors import BadInput, ConfigError, Unavailable
from wheelyard.names import Filename, Sha256
from wheelyard.settings import UploadSettings
from wheelyard.upload.attestation_worker import VerifyAnswer, VerifyQuestion
from wheelyard.upload.attestations import Attestation, parse_attestations, render_provenance

__all__ = ["Attesting", "open_attesting"]

_SECONDS: Final = 30.0
_PROCESSES: Final = 2
_START: Final = (
    "import sys; sys.path[:] = {path!r}; "
    "from wheelyard.upload.attestation_worker import main; main()"
)


@dataclass(frozen=True, slots=True)
class Attesting:
    """What is done with attestations. Make it with ``open_attesting``."""

    mode: Literal["accept", "verify", "require"] = "accept"
    signers: tuple[str, ...] = ()
    trusted_root: Path | None = None
    _turns: anyio.Semaphore = field(default_factory=lambda: anyio.Semaphore(_PROCESSES))

    async def provenance(self, raw: str, filename: Filename, sha256: Sha256) -> bytes | None:
        """Return the provenance object to keep beside a file; None if there is none.

        ``raw`` is the form field as it came.

        Raises:
            BadInput: an attestation is malformed, about something else, not verified, or missing.
            Unavailable: they cannot be verified now.
        """
        attestations = parse_attestations(raw, filename, sha256)
        if not attestations:
            if self.mode == "require":
                message = "attestations: this index takes no file without an attestation."
                raise BadInput(message)
            return None
        if self.mode == "accept":
            return render_provenance(attestations)
        return render_provenance(attestations, await self._verify(attestations))

    async def _verify(self, attestations: tuple[Attestation, ...]) -> tuple[str, ...]:
        """Return who signed each."""
        texts = tuple(each.content.decode() for each in attestations)
        root = "" if self.trusted_root is None else str(self.trusted_root)
        question = VerifyQuestion(texts, self.signers, root)
        async with self._turns:
            answer = await _ask(question)
        if answer.problems:
            raise BadInput(*answer.problems)
        return answer.identities


def open_attesting(settings: UploadSettings) -> Attesting:
    """Return what is done with attestations under these settings.

    Raises:
        ConfigError: they are to be verified, and nobody may sign or the extra is not installed.
    """
    mode = settings.attestations
    if mode != "accept" and not settings.signers:
        message = (
            f'`upload.attestations = "{mode}"` needs `upload.signers`: say who may have signed, '
            "because anybody can sign anything."
        )
        raise ConfigError(message)
    if mode != "accept" and find_spec("pypi_attestations") is None:
        message = (
            f'`upload.attestations = "{mode}"` needs an extra that is not installed: install '
            "`wheelyard[attestations]`, or set it to `accept`."
        )
        raise ConfigError(message)
    return Attesting(mode, settings.signers, settings.trusted_root)


async def _ask(question: VerifyQuestion) -> VerifyAnswer:
    """Return the answer of a process of its own, which gets nothing of our environment.

    Raises:
        Unavailable: it gave none.
    """
    command = [sys.executable, "-I", "-c", _START.format(path=sys.path)]
    what = "The verification of attestations"
    try:
        async with anyio.TemporaryDirectory() as home:
            with anyio.fail_after(_SECONDS):
                done = await anyio.run_process(
                    command,
                    input=msgspec.json.encode(question),
                    env={"HOME": home},
                    check=False,
                    start_new_session=True,
                )
    except TimeoutError as error:
        raise Unavailable(what, f"it took more than {_SECONDS:g} s.") from error
    try:
        return msgspec.json.decode(done.stdout, type=VerifyAnswer)
    except msgspec.MsgspecError as error:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
        raise Unavailable(what, f"its process failed: {last or done.returncode}.") from error
