"""What the form says of the file, as far as the file's own metadata must say it too."""

import msgspec

from wheelyard.wire.upload_fields import UploadForm

__all__ = ["Claims", "claims_of"]


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Values of the form that are compared with the metadata in the file; empty ones are not."""

    name: str = ""
    version: str = ""
    metadata_version: str = ""
    requires_python: str = ""
    requires_dist: tuple[str, ...] = ()


def claims_of(form: UploadForm) -> Claims:
    """Return what ``form`` claims."""
    return Claims(
        name=form.name,
        version=form.version,
        metadata_version=form.metadata_version,
        requires_python=form.requires_python,
        requires_dist=form.requires_dist,
    )
