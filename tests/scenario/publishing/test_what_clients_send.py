"""What each client sends when it publishes: our forms and tests rest on this and not on memory."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from support.clients import PUBLISHERS, Account, Kind, Publisher, Recorder, Release, Sandbox
from support.packages import make_sdist, make_wheel
from support.uploads import DIGESTS, digests_of

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

FIELDS: Final = (
    ("Classifier", "Topic :: Utilities"),
    ("Classifier", "Private :: Do Not Upload"),
    ("License-Expression", "MIT"),
    ("License-File", "LICENSE"),
)
NEWEST: Final = (("Import-Name", "acme_tool"), ("Import-Namespace", "acme"))
MD5, SHA256, BLAKE2 = DIGESTS

DIGESTS_SENT: Final = {
    "twine-7.0.0": {SHA256, BLAKE2},
    "uv": {SHA256, BLAKE2},
    "flit-4.2.0": {MD5, SHA256},
}
"""The others send all three."""

LOOKS_FIRST: Final = {"hatch": ["/legacy/%2Bsimple/acme-tool/"]}
"""hatch looks for the file before it sends one, as devpi has it, the plus sign escaped."""

SENDS_NO_CONTENT_TYPE: Final = {"uv", "flit-4.2.0"}
SPELLINGS: Final = {
    "uv": {"import_names", "import_namespaces"},
    "poetry-2.5.1": {"import_names", "import_namespaces"},
    "hatch-1.18.2": {"import_name", "import_namespace"},
}
"""The others do not send the two newest fields."""


def release_for(client: str) -> Release:
    """Return a release with the newest metadata that a client takes."""
    newest = client != "twine-6.1.0"
    fields = FIELDS + (NEWEST if newest else ())
    version = "2.5" if newest else "2.4"
    archives = (make_wheel, make_sdist)
    made = (make("acme-tool", "1.0", metadata_version=version, fields=fields) for make in archives)
    return Release("acme-tool", "1.0", tuple(made))


@pytest.mark.parametrize("kind", PUBLISHERS, ids=str)
def test_client_sends_two_files_with_digests_and_a_token(
    kind: Kind[Publisher], new_sandbox: Callable[[str], Sandbox], tmp_path: Path
) -> None:
    """Everything that `docs/how-to/publish-packages.md` and the form parser count on."""
    client = kind.start(new_sandbox("only"))
    release = release_for(str(kind))
    with Recorder() as recorder:
        outcome = client.publish(release, Account(recorder.url, "a-token"), tmp_path / "project")

    outcome.checked()
    looked_first = [each.path for each in recorder.requests if each.method == "GET"]
    assert looked_first == LOOKS_FIRST.get(kind.name, [])
    wheel, sdist = sorted(recorder.uploads, key=lambda each: each.value("filetype"))
    basic = base64.b64encode(b"__token__:a-token").decode()
    for upload in (wheel, sdist):
        assert (upload.value(":action"), upload.value("protocol_version")) == ("file_upload", "1")
        assert (upload.value("name"), upload.value("version")) == ("acme-tool", "1.0")
        assert upload.header("authorization") == f"Basic {basic}"
        assert upload.header("transfer-encoding") is None
        assert upload.header("expect") is None
        assert upload.parts[-1] == upload.content
        sent = {digest: upload.value(digest) for digest in DIGESTS if upload.values(digest)}
        assert set(sent) == DIGESTS_SENT.get(str(kind), set(DIGESTS))
        assert sent.items() <= digests_of(upload.content.value).items()
        expected = None if str(kind) in SENDS_NO_CONTENT_TYPE else "application/octet-stream"
        assert upload.content.content_type == expected
        newest = {part.name for part in upload.parts if part.name.startswith("import_")}
        assert newest == SPELLINGS.get(str(kind), set())
