"""What the settings of a mirror say together that cannot be meant: sentences with a next step.

A filter that lets nothing through would be found out after a night, by an empty mirror.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from wheelyard.clock import Instant
from wheelyard.settings.filters import ProjectRule
from wheelyard.settings.patterns import glob_matches
from wheelyard.settings.sync import SyncSettings

__all__ = ["start_problems", "sync_problems"]

_FILE_FILTERS = (
    *("tags", "without_tags", "sdists", "keep_versions", "prereleases", "yanked"),
    *("uploaded_after", "max_file_bytes", "filenames", "without_filenames"),
)
_TARGETS = ("pythons", "platforms")


def sync_problems(sync: SyncSettings) -> Iterator[str]:
    """Yield a sentence for each thing that ``[sync.INDEX]`` and its flags say and cannot mean."""
    if sync.all and sync.projects:
        yield (
            f"{_key(sync, 'all')} wants every project and {_key(sync, 'projects')} only some: take "
            "one of them out. To have all but some, name those in `without`."
        )
    yield from _about_names(sync)
    if sync.metadata_only:
        yield from _about_metadata_only(sync)
    yield from _about_versions(sync)
    yield from _about_single_files(sync)
    yield from _about_tags(sync)


def start_problems(sync: SyncSettings, now: Instant) -> Iterator[str]:
    """Yield why a sync that starts now would have nothing to do, whatever an upstream has."""
    if not (sync.all or sync.projects or sync.requirements):
        yield (
            f"`[sync.{sync.name}]` says nothing of what is wanted: give `all`, `projects` or "
            "`requirements` (`--all`, `--project`, `--requirement`)."
        )
    since = sync.uploaded_after
    if since is not None and since.start(now) > now:
        today = datetime.fromtimestamp(now, UTC).date().isoformat()
        yield (
            f"{_key(sync, 'uploaded_after')} is `{since.text}`, and today is {today}: no file was "
            "uploaded since. Correct it."
        )


def _key(sync: SyncSettings, name: str) -> str:
    """Return a setting for a sentence."""
    return f"`sync.{sync.name}.{name}`"


def _about_names(sync: SyncSettings) -> Iterator[str]:
    """Yield which projects are wanted and left out at the same time."""
    for rule in sync.projects:
        if idle := next((each for each in sync.without if each.covers(rule.pattern)), None):
            yield (
                f"{_key(sync, 'projects')} has `{rule}`, all of which is `{idle.text}` in "
                f"{_key(sync, 'without')}: take one of them out."
            )
    if sync.all and (idle := next((each for each in sync.without if each.text == "*"), None)):
        yield f"{_key(sync, 'without')} leaves out every project with `{idle.text}`: take it out."


def _about_metadata_only(sync: SyncSettings) -> Iterator[str]:
    """Yield which filters of files are given where no file is wanted."""
    defaults = SyncSettings(name=sync.name)
    # With requirements, the targets say which projects are needed.
    filters = _FILE_FILTERS if sync.requirements else (*_TARGETS, *_FILE_FILTERS)
    given = [name for name in filters if getattr(sync, name) != getattr(defaults, name)]
    given += ["projects"] if any(rule.specifiers for rule in sync.projects) else []
    if given:
        named = ", ".join(f"`{name}`" for name in given)
        yield (
            f"{_key(sync, 'metadata_only')} wants no files, and {named} says which files are "
            "wanted: take one of them out."
        )


def _about_versions(sync: SyncSettings) -> Iterator[str]:
    """Yield which versions are asked for that there cannot be, or that are left out."""
    rules = [rule for rule in sync.projects if rule.specifiers]
    if not rules:
        return
    from wheelyard.specifiers import names_a_prerelease, nothing_satisfies  # noqa: PLC0415  # slow to import

    for rule in rules:
        if nothing_satisfies(rule.specifiers):
            yield f"{_key(sync, 'projects')} has `{rule}`, and no version is that: correct it."
        elif not sync.prereleases and names_a_prerelease(rule.specifiers):
            yield _about_prerelease(sync, rule)


def _about_prerelease(sync: SyncSettings, rule: ProjectRule) -> str:
    return (
        f"{_key(sync, 'projects')} has `{rule}`, which is a pre-release, and "
        f"{_key(sync, 'prereleases')} is false: take one of them out."
    )


def _about_single_files(sync: SyncSettings) -> Iterator[str]:
    """Yield which limits no file keeps."""
    if sync.max_file_bytes == 0:
        yield (
            f"{_key(sync, 'max_file_bytes')} is 0, which no file has: leave it out, or set "
            "`metadata_only` to have no files."
        )
    if both := sorted({each.text for each in sync.filenames} & _excluded_expressions(sync)):
        yield (
            f"`{both[0]}` is in {_key(sync, 'filenames')} and in "
            f"{_key(sync, 'without_filenames')}: take one of them out."
        )


def _excluded_expressions(sync: SyncSettings) -> set[str]:
    return {each.text for each in sync.without_filenames}


def _about_tags(sync: SyncSettings) -> Iterator[str]:
    """Yield why no wheel can have tags that are wanted, if none can."""
    if not (sync.tags or sync.without_tags):
        return
    out = [each.text for each in sync.without_tags]
    covered = (tag for tag in sync.tags if any(glob_matches(text, tag.text) for text in out))
    if idle := next(covered, None):
        yield (
            f"{_key(sync, 'tags')} has `{idle.text}`, all of which is in "
            f"{_key(sync, 'without_tags')}: take one of them out."
        )
    elif not _some_tag_remains(sync):
        yield (
            f"No wheel can fit: {_key(sync, 'tags')} and {_key(sync, 'without_tags')} leave none "
            f"of the tags of {_key(sync, 'pythons')} and {_key(sync, 'platforms')}. Correct one "
            "of them."
        )


def _some_tag_remains(sync: SyncSettings) -> bool:
    """Say whether a wheel with a tag that is wanted can fit a target."""
    if not (sync.pythons and sync.platforms):
        return not any(pattern.matches("*-*-*") for pattern in sync.without_tags)
    from wheelyard.tags import Platform, compatible_tags  # noqa: PLC0415  # slow to import

    return any(
        (not sync.tags or any(pattern.matches(tag) for pattern in sync.tags))
        and not any(pattern.matches(tag) for pattern in sync.without_tags)
        for python in sync.pythons
        for platform in sync.platforms
        for tag in compatible_tags(python, Platform(platform))
    )
