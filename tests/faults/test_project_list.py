"""The list of all projects is large and slow, and no page, file or document waits for it."""

from collections.abc import Callable, Mapping

import pytest

from contract.conformance.asking import HTML, JSON, Answer
from faults.yard import Yard, at_once
from support.packages import make_wheel
from support.simulator import Fault, login_page, refuse, silent, stall_after, status

SPOILT: Mapping[str, Callable[[], Fault]] = {
    "error": lambda: status(500),
    "absent": lambda: status(404),
    "refused": refuse,
    "silent": silent,
    "endless": lambda: stall_after(10),
    "login": login_page,
}


@pytest.mark.parametrize("fault", SPOILT)
def test_everything_else_is_there_without_the_list(yard: Yard, fault: str) -> None:
    """Page, file, metadata, document, and the news that there is no such project."""
    package = make_wheel(f"unlisted-{fault}", "1.0")
    yard.upstream.add(package)
    yard.upstream.fault("root", SPOILT[fault]())
    asked = yard.upstream.count("root")
    path = yard.path_of(package)

    html = yard.client.page(package.name, HTML)
    file, metadata = yard.client.ask(path), yard.client.ask(f"{path}.metadata")
    document = yard.client.ask(f"/pypi/{package.name}/json")
    unknown = yard.ask_page(f"unknown-{fault}")

    assert package.filename in html.text
    assert (file.body, metadata.body) == (package.content, package.metadata)
    assert document.json()["info"]["version"] == "1.0"
    assert unknown.status == 404
    assert yard.upstream.count("root") == asked


def test_page_does_not_wait_while_the_list_is_read(patient: Yard) -> None:
    """Somebody waits for the list; whoever wants a page does not wait with him."""
    package = make_wheel("meanwhile", "1.0")
    patient.upstream.add(package)
    held_up = patient.upstream.fault("root", stall_after(10))

    def ask_for_others() -> list[Answer]:
        patient.upstream.wait_until_seen("root")
        answers = [patient.client.page("meanwhile"), patient.client.ask(patient.path_of(package))]
        held_up.clear()
        return answers

    (listed,), (page, file) = at_once(
        lambda: [patient.client.ask("/simple/", {"Accept": JSON})], ask_for_others
    )

    assert page.json()["versions"] == ["1.0"]
    assert file.body == package.content
    assert "meanwhile" in {project["name"] for project in listed.json()["projects"]}
