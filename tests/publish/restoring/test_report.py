"""What became of a restore: bounded, however much went wrong."""

from wheelyard.publish.restoring.report import Difference, Report


def test_report_without_differences_is_equal() -> None:
    """Nothing was noted."""
    assert Report().is_equal


def test_differences_are_counted_and_the_first_are_told() -> None:
    """A hostile tree does not fill our memory."""
    report = Report()

    for number in range(1_500):
        report.note(f"path-{number}", "is wrong.")

    assert (report.wrong, len(report.differences)) == (1_500, 1_000)
    assert report.differences[0] == Difference("path-0", "is wrong")
    assert not report.is_equal
