"""What is said about forms: every field that is wrong, in words that clients look for."""

import msgspec
import pytest

from wheelyard.upload.checks import check_digests, check_form, check_upload
from wheelyard.wire.upload_fields import UploadForm

WHEEL = "acme-1.0-py3-none-any.whl"
DIGESTS = {"md5": "a" * 32, "sha256": "b" * 64, "blake2_256": "c" * 64}
FORM = UploadForm(
    action="file_upload",
    protocol_version="1",
    filetype="bdist_wheel",
    pyversion="py3",
    sha256_digest=DIGESTS["sha256"],
    metadata_version="2.4",
    name="acme",
    version="1.0",
)


def form(**changes: str) -> UploadForm:
    """Return a sound form with these changes."""
    return msgspec.structs.replace(FORM, **changes)


def test_sound_form_has_no_problem() -> None:
    """As any client of today sends it."""
    assert not check_upload(FORM, WHEEL).problems


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"protocol_version": ""}, "Unknown protocol version."),
        ({"protocol_version": "2"}, "Unknown protocol version."),
        ({"name": ""}, "name: This field is required."),
        ({"name": "-acme"}, "name: `'-acme'` is not a project name"),
        ({"version": ""}, "version: This field is required."),
        ({"version": "one"}, "version: `one` is not a version."),
        ({"version": "1." * 200 + "0"}, "version: `1.1.1"),
        ({"metadata_version": ""}, "metadata_version: This field is required."),
        ({"filetype": "bdist_egg"}, "filetype: Use a known file type"),
        ({"filetype": ""}, "filetype: Use a known file type"),
        ({"pyversion": ""}, "pyversion: Python version is required for binary distribution"),
        ({"filetype": "sdist"}, "pyversion: Use 'source' as Python version for an sdist."),
        ({"sha256_digest": ""}, "Include at least one message digest"),
        ({"sha256_digest": "b" * 63}, "sha256_digest: Use a valid, hex-encoded message digest"),
        ({"md5_digest": "z" * 32}, "md5_digest: Use a valid, hex-encoded message digest"),
        ({"blake2_256_digest": "a"}, "blake2_256_digest: Use a valid, hex-encoded message digest"),
        ({"attestations": "[" * 5_000_000}, "attestations: longer than"),
    ],
)
def test_bad_field_is_named(changes: dict[str, str], sentence: str) -> None:
    """The sentence begins with the field, or with what PyPI says."""
    (problem,) = check_form(form(**changes)).problems

    assert problem.startswith(sentence)


def test_every_problem_is_told() -> None:
    """A form of nothing has them all."""
    found = check_upload(UploadForm(), "acme.exe").problems

    assert [problem.partition(":")[0].partition(".")[0] for problem in found] == [
        "Unknown protocol version",
        "name",
        "version",
        "metadata_version",
        "filetype",
        "Include at least one message digest",
        "Invalid file extension",
    ]


@pytest.mark.parametrize("pyversion", ["", "source"])
def test_source_archive_needs_no_python_version(pyversion: str) -> None:
    """Flit sends none."""
    assert not check_form(form(filetype="sdist", pyversion=pyversion)).problems


@pytest.mark.parametrize(
    ("filetype", "pyversion", "filename"),
    [("sdist", "source", WHEEL), ("bdist_wheel", "py3", "acme-1.0.tar.gz")],
)
def test_file_of_another_kind_is_refused(filetype: str, pyversion: str, filename: str) -> None:
    """What the form says the file is, its name must say too."""
    (problem,) = check_upload(form(filetype=filetype, pyversion=pyversion), filename).problems

    assert problem.startswith(f"filetype: `{filetype}` is not what")


@pytest.mark.parametrize("algorithm", ["md5", "sha256", "blake2_256"])
def test_each_digest_is_compared(algorithm: str) -> None:
    """One that differs is enough."""
    stated = {f"{name}_digest": digest for name, digest in DIGESTS.items()}
    assert not check_digests(form(**stated), DIGESTS).problems

    (problem,) = check_digests(form(**stated), {**DIGESTS, algorithm: "d" * 64}).problems

    assert problem.startswith(
        "The digest supplied does not match a digest calculated from the uploaded file."
    )


def test_digest_that_nobody_computed_is_another_one() -> None:
    """What was not checked is not believed."""
    assert check_digests(form(md5_digest="a" * 32), {"sha256": "b" * 64}).problems
