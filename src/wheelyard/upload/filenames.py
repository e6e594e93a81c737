"""The name of an uploaded file: what it says must be what the form says.

Pure.  Source: PEP 427 (wheels), PEP 625 (source archives), PEP 527 (which suffixes).
"""

from collections.abc import Iterator

from wheelyard.errors import BadInput
from wheelyard.names import (
    ProjectName,
    canonical_version,
    is_version,
    normalise,
    parse_filename,
    stated_version,
)
from wheelyard.requirements import WheelName, parse_wheel_name
from wheelyard.upload.findings import Findings

__all__ = ["check_filename"]


def check_filename(filename: str, name: str, version: str, *, strict: bool) -> Findings:
    """Say what is wrong with ``filename`` for a file of version ``version`` of project ``name``.

    With ``strict`` only the spellings that today's tools write are right.
    """
    try:
        parse_filename(filename)
    except BadInput as error:
        return Findings(error.problems)
    if not filename.endswith((".whl", ".tar.gz", ".zip")):
        return Findings((_suffix_problem(filename),))
    # Without a name or a version to compare with, that is the problem, and told elsewhere.
    project = ProjectName(normalise(name))
    if not project or not is_version(version):
        return Findings()
    if filename.endswith(".whl"):
        return _check_wheel(filename, project, version, strict=strict)
    return _check_source(filename, project, version, strict=strict)


def _suffix_problem(filename: str) -> str:
    """Return the sentence about a name that ends in nothing we take."""
    return (
        "Invalid file extension: Use .tar.gz, .whl or .zip extension. "
        f"Build `{filename}` as a wheel or a source archive."
    )


def _check_wheel(filename: str, project: ProjectName, version: str, *, strict: bool) -> Findings:
    """Say what is wrong with the name of a wheel."""
    try:
        wheel = parse_wheel_name(filename)
    except BadInput as error:
        return Findings((f"Invalid wheel filename: {error}. Build the wheel again.",))
    problems = tuple(_differences(filename, wheel, project, version))
    if problems:
        return Findings(problems)
    stem = f"{project.replace('-', '_')}-{canonical_version(version)}"
    if filename.startswith(f"{stem}-"):
        return Findings()
    return Findings.tolerable(
        [f"Filename {filename!r} should start with {stem!r}: build it with a newer tool."],
        strict=strict,
    )


def _differences(
    filename: str, wheel: WheelName, project: ProjectName, version: str
) -> Iterator[str]:
    """Yield how the name of a wheel differs from what the form says."""
    if wheel.project != project:
        yield _name_problem(filename, project, wheel.project)
    if wheel.version != canonical_version(version):
        yield _version_problem(version, wheel.version)


def _name_problem(filename: str, project: str, found: str) -> str:
    """Return the sentence about a name of another project."""
    return (
        f"Filename {filename!r} should contain the normalized project name "
        f"{project.replace('-', '_')!r}, not {found.replace('-', '_')!r}."
    )


def _version_problem(version: str, found: str) -> str:
    """Return the sentence about a name of another version."""
    return f"Version in filename should be {canonical_version(version)!r} not {found!r}."


def _check_source(filename: str, project: ProjectName, version: str, *, strict: bool) -> Findings:
    """Say what is wrong with the name of a source archive."""
    wanted = f"{project.replace('-', '_')}-{canonical_version(version)}.tar.gz"
    if filename == wanted:
        return Findings()
    found = stated_version(filename, project)
    if found is None:
        return Findings(
            (f"Start filename for {project!r} with {project.replace('-', '_')!r}: {filename!r}.",)
        )
    if canonical_version(found) != canonical_version(version):
        return Findings((_version_problem(version, found),))
    return Findings.tolerable(
        [f"Filename {filename!r} should be {wanted!r}: build it with a newer tool."], strict=strict
    )
