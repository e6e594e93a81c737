"""What is our own: the settings of indexes, of names, and of uploads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from wheelyard.settings import kinds
from wheelyard.settings.patterns import (
    NAME_PATTERNS,
    PROJECTS,
    ROUTES,
    TEXTS,
    WORDS,
    NamePattern,
    Route,
)
from wheelyard.settings.words import Words
from wheelyard.spelling import ProjectName

__all__ = ["IndexSettings", "NamesSettings", "UploadSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """One index: what else it shows, who may read it, and what may change in it."""

    name: str
    bases: Annotated[
        tuple[str, ...],
        WORDS,
        Words(
            "Other indexes whose own projects it shows after its own, in this order, and the "
            "upstream that it falls back to if it is not the first one.",
        ),
    ] = ()
    read: Annotated[
        Literal["anyone", "members"],
        kinds.choice("anyone", "members"),
        Words("Who may read it: `anyone`, or only `members`, who have a role in it."),
    ] = "anyone"
    fill: Annotated[
        Literal["readers", "granted"],
        kinds.choice("readers", "granted"),
        Words(
            "Who may have it fetch what is not held yet: all `readers`, or only people who were "
            "`granted` the role `filler` or a higher one."
        ),
    ] = "readers"
    volatile: Annotated[
        bool,
        kinds.SWITCH,
        Words("Allow a file of its own to be replaced by other bytes under the same name."),
    ] = False
    inbox: Annotated[
        Path | None,
        kinds.PATH,
        Words(
            "Directory whose wheels and source archives are published and taken out of it; what is "
            "not acceptable goes into `rejected/` in it, with the reason.",
            shown_default="none",
        ),
    ] = None
    fallback: Annotated[
        Literal["proxy", "mirror", "none"],
        kinds.choice("proxy", "mirror", "none"),
        Words(
            "What it does for projects that are not its own: `proxy` asks the upstream, `mirror` "
            "shows only what is held of it, `none` has nothing else."
        ),
    ] = "proxy"
    max_bytes: Annotated[
        int,
        kinds.SIZE,
        Words(
            "How much its files may take, its own and those of its upstream together; beyond it "
            "files of the upstream go that were not used for the longest time, and uploads that "
            "its own files leave no room for are refused. 0 means no limit.",
            "bytes",
        ),
    ] = 0
    close_releases_days: Annotated[
        float,
        kinds.DAYS,
        Words(
            "For how many days after its first file a release takes others; afterwards only an "
            "administrator adds one. 0 means for ever.",
            "days",
        ),
    ] = 0.0
    keep_prereleases: Annotated[
        int,
        kinds.whole(0),
        Words(
            "How many pre-releases of a project are kept, the last uploaded ones; 0 says nothing. "
            "Others go when they expire, unless they were promoted or yanked with a reason.",
            "releases",
        ),
    ] = 0
    keep_prereleases_days: Annotated[
        float,
        kinds.DAYS,
        Words(
            "How long pre-releases are kept that are not among the last; 0 says nothing.", "days"
        ),
    ] = 0.0
    keep_development_builds: Annotated[
        int,
        kinds.whole(0),
        Words(
            "How many development builds (`.dev`) of a project are kept, the last uploaded ones; "
            "0 says nothing.",
            "releases",
        ),
    ] = 0
    keep_development_builds_days: Annotated[
        float,
        kinds.DAYS,
        Words(
            "How long development builds are kept that are not among the last; 0 says nothing.",
            "days",
        ),
    ] = 0.0
    expire_daily: Annotated[
        bool,
        kinds.SWITCH,
        Words(
            "Have the server delete once a day what is no longer kept; otherwise "
            "`wheelyard project expire` does when it is run."
        ),
    ] = False
    manifest_days: Annotated[
        float,
        kinds.DAYS,
        Words(
            "For how long a signed manifest of it counts, of which the server makes one each day; "
            "0: only `wheelyard manifest create` makes one.",
            "days",
        ),
    ] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesSettings:
    """Who owns which project names, whatever anybody else has under them."""

    reserved: Annotated[
        tuple[NamePattern, ...],
        NAME_PATTERNS,
        Words(
            "Names and patterns such as `acme-*` that are ours, uploaded or not: no upstream is "
            "ever asked for them."
        ),
    ] = ()
    blocked: Annotated[
        tuple[NamePattern, ...],
        NAME_PATTERNS,
        Words("Names and patterns that nobody gets from here, whoever has them."),
    ] = ()
    route: Annotated[
        tuple[Route, ...],
        ROUTES,
        Words("Which upstream, and no other, has the projects that a pattern means."),
    ] = ()
    merge: Annotated[
        tuple[ProjectName, ...],
        PROJECTS,
        Words(
            "Projects of our own whose public files are shown as well: whoever owns the public "
            "name can then give our users a file."
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSettings:
    """What may be uploaded, and how."""

    max_file_bytes: Annotated[
        int,
        kinds.SIZE,
        Words("Largest file that is accepted; 0 means no limit.", "bytes"),
    ] = 10 * 1024**3
    strict: Annotated[
        bool,
        kinds.SWITCH,
        Words(
            "Refuse what is otherwise accepted with a warning: unknown classifiers, newer minor "
            "versions of metadata, source archives that are not `.tar.gz`."
        ),
    ] = False
    inbox_seconds: Annotated[
        float,
        kinds.SECONDS,
        Words(
            "How long a file in an inbox that is not whole may stand still before it is rejected.",
            "seconds",
        ),
    ] = 30.0
    attestations: Annotated[
        Literal["accept", "verify", "require"],
        kinds.choice("accept", "verify", "require"),
        Words(
            "What becomes of attestations that come with a file: `accept` keeps them unverified, "
            "`verify` refuses wrong ones, `require` refuses files without one as well. The last "
            "two need the extra `wheelyard[attestations]`, and `signers`."
        ),
    ] = "accept"
    signers: Annotated[
        tuple[str, ...],
        TEXTS,
        Words(
            "Who may have signed an attestation: identities as certificates have them, such as "
            "`https://github.com/acme/app/.github/workflows/release.yml@refs/tags/*`; `*` stands "
            "for any characters."
        ),
    ] = ()
    trusted_root: Annotated[
        Path | None,
        kinds.FILE,
        Words(
            "Trusted root of a Sigstore instance, as JSON.",
            shown_default="that of the public instance, as it came with the extra",
        ),
    ] = None
    cleartext: Annotated[
        bool,
        kinds.SWITCH,
        Words(
            "Accept uploads over plain HTTP from other machines: anybody on the way can read the "
            "token."
        ),
    ] = False
