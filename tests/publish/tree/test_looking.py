"""What is looked at: the objects that a page needs, and what it links to."""

from wheelyard.model import File
from wheelyard.names import Filename, ProjectName
from wheelyard.pages import PageLinks
from wheelyard.publish.tree.looking import TreeLinks, link_of, object_paths

DEMO = ProjectName("demo")
DIGEST = "ab" * 32
FILE = File(
    Filename("demo-1.0+local.1-py3-none-any.whl"),
    "https://files.example/x",
    hashes=(("sha256", DIGEST),),
    provenance="https://files.example/provenance",
)
PATH = f"packages/ab/ab/{'ab' * 30}/demo-1.0+local.1-py3-none-any.whl"
PROVENANCE = f"integrity/demo/1.0+local.1/{FILE.filename}/provenance"


def test_objects_of_a_file_are_where_its_page_links_to() -> None:
    """Decoded, as they are on a disk; a link has them as the page has."""
    paths = object_paths(DEMO, FILE)

    assert paths == {"file": PATH, "metadata": f"{PATH}.metadata", "provenance": PROVENANCE}
    assert PageLinks().file_url(DEMO, FILE) == f"../../{link_of(PATH)}"
    assert link_of("packages/a b/é") == "packages/a%20b/%C3%A9"


def test_page_names_our_provenance_only_if_it_is_in_the_tree() -> None:
    """Else the one that its owner names, as far as there is one."""
    links = PageLinks(base_url="https://tree.example")

    held = TreeLinks(links, frozenset({PROVENANCE}))
    lost = TreeLinks(links, frozenset())

    assert held.provenance_url(DEMO, FILE) == (
        "https://tree.example/integrity/demo/1.0%2Blocal.1/"
        "demo-1.0%2Blocal.1-py3-none-any.whl/provenance"
    )
    assert lost.provenance_url(DEMO, FILE) == FILE.provenance
    assert lost.file_url(DEMO, FILE) == links.file_url(DEMO, FILE)
