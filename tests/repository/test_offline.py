"""The door that asks nobody."""

from collections.abc import Awaitable, Callable

import pytest

from support.fakes import make_file
from wheelyard.errors import Unavailable
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Validators
from wheelyard.repository.offline import Offline, not_asked

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
REF = FileRef(FLASK, make_file("flask-1.0-py3-none-any.whl"))
HELD = Validators("https://index.example/simple/", '"etag"')

QUESTIONS: dict[str, Callable[[Offline], Awaitable[object]]] = {
    "list": lambda door: door.refresh_projects(HELD),
    "page": lambda door: door.refresh_project(FLASK, HELD),
    "page, again": lambda door: door.refresh_project(FLASK, None, again=True),
    "document": lambda door: door.refresh_document(DocumentWanted("json", "flask"), None),
    "metadata": lambda door: door.metadata(REF),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_every_question_is_left_unanswered(question: str) -> None:
    """Nothing is said about whether the thing exists, and how to come by it is."""
    with pytest.raises(Unavailable, match="offline mode nobody is asked; fetch it once without"):
        await QUESTIONS[question](Offline())


async def test_file_can_be_named_but_not_read() -> None:
    """What is held is never read from its door, so it has to be handed out."""
    blob = await Offline().file(REF)

    assert (blob.size, blob.sha256) == (None, None)
    with pytest.raises(Unavailable, match=r"`flask-1\.0-py3-none-any\.whl` cannot be had now"):
        blob.read()


def test_sentence_says_what_why_and_what_to_do() -> None:
    """As text, to be seen in review."""
    assert str(not_asked("`flask`")) == (
        "`flask` cannot be had now: it is not held, and in offline mode nobody is asked; "
        "fetch it once without `--offline` (`server.offline`)"
    )
