"""Names of uploaded files against what the form says."""

import pytest

from wheelyard.upload.filenames import check_filename


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("acme-1.0-py3-none-any.whl", "acme", "1.0"),
        ("acme-1.0-1-py3-none-any.whl", "acme", "1.0"),
        ("acme_core-1.0-py2.py3-none-any.whl", "Acme.Core", "1.0"),
        ("acme-1.0-cp312-cp312-linux_x86_64.whl", "acme", "1.0"),
        ("acme-1.0+local.1-py3-none-any.whl", "acme", "1.0+local-1"),
        ("acme-1.0rc1-py3-none-any.whl", "acme", "1.0-RC1"),
        ("acme-1.0.tar.gz", "acme", "1.0"),
        ("acme_core-1.0.tar.gz", "acme-core", "1.0"),
    ],
)
def test_name_of_today_is_right(filename: str, name: str, version: str) -> None:
    """Local versions and plain `linux` tags are a private index's business."""
    found = check_filename(filename, name, version, strict=True)

    assert (found.problems, found.warnings) == ((), ())


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("Acme.Core-1.0-py3-none-any.whl", "acme-core"),
        ("acme.core-1.0.tar.gz", "acme-core"),
        ("acme-core-1.0.tar.gz", "acme-core"),
        ("Acme-1.0.tar.gz", "acme"),
        ("acme-1.0.zip", "acme"),
    ],
)
def test_name_of_former_times_is_a_warning_or_refused(filename: str, name: str) -> None:
    """Tolerant rules take what old tools wrote, strict ones say what it should be."""
    tolerant = check_filename(filename, name, "1.0", strict=False)
    strict = check_filename(filename, name, "1.0", strict=True)

    assert (tolerant.problems, strict.problems) == ((), tolerant.warnings)
    assert "build it with a newer tool" in strict.problems[0]


@pytest.mark.parametrize(
    ("filename", "sentence"),
    [
        ("acme-1.0.exe", "Invalid file extension: Use .tar.gz, .whl or .zip extension."),
        ("acme-1.0.tar_.gz", "Invalid file extension"),
        ("acme-1.0.tar.bz2", "Invalid file extension"),
        ("", "`''` is not a usable file name"),
        ("../acme-1.0.tar.gz", "`'../acme-1.0.tar.gz'` is not a usable file name"),
        ("a/acme-1.0-py3-none-any.whl", "`'a/acme-1.0-py3-none-any.whl'` is not a usable"),
        ("acme-1.0-py3-none-any.whl\0", "is not a usable file name"),
        ("acme-1.0-none-any.whl", "Invalid wheel filename: "),
        ("acme-1.0-x-py3-none-any.whl", "Invalid wheel filename: "),
        (
            "evil-1.0-py3-none-any.whl",
            "should contain the normalized project name 'acme', not 'evil'.",
        ),
        ("acme-1.1-py3-none-any.whl", "Version in filename should be '1.0' not '1.1'."),
        ("acme-1.1.tar.gz", "Version in filename should be '1.0' not '1.1'."),
        ("acme-1.0-1.tar.gz", "Version in filename should be '1.0' not '1.0-1'."),
        ("evil-1.0.tar.gz", "Start filename for 'acme' with 'acme': 'evil-1.0.tar.gz'."),
    ],
)
def test_wrong_name_is_refused_with_a_sentence(filename: str, sentence: str) -> None:
    """Nothing is repaired: a name is right or not (A-56)."""
    (problem,) = check_filename(filename, "acme", "1.0", strict=False).problems

    assert sentence in problem


def test_name_is_not_compared_with_what_is_missing() -> None:
    """A form without a version has that problem, and not another one because of it."""
    assert not check_filename("acme-1.0.tar.gz", "acme", "", strict=True).problems
    assert not check_filename("acme-1.0.tar.gz", "", "1.0", strict=True).problems
