"""What of a form is compared with the file."""

from wheelyard.upload.claims import Claims, claims_of
from wheelyard.wire.upload_fields import UploadForm


def test_claims_are_the_forms_own_words() -> None:
    """As they were sent, and nothing else."""
    form = UploadForm(
        name="Acme",
        version="1.0",
        metadata_version="2.4",
        requires_python=">=3.8",
        requires_dist=("b", "a"),
        summary="not compared",
    )

    assert claims_of(form) == Claims(
        name="Acme",
        version="1.0",
        metadata_version="2.4",
        requires_python=">=3.8",
        requires_dist=("b", "a"),
    )
