"""The readers of documents and of the command line see what a person sees."""

from pathlib import Path

import pytest

from support.house import anchors_of, blocks_of, command_line, links_of, markdown, prose_lines

DOCUMENT = """\
# A title: with `code`, twice

Text with [a link](other.md#part) and `[no](link)`.
![A picture](picture.svg "title")

<!-- run -->

```sh
wheelyard --help
# [no](link)
```

- A list.

  <!-- example: nginx reads it -->
  ```nginx
  server {
  ```

<!-- example: forgotten -->
Text in between.

````text
```
````
"""


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a document that has a bit of everything."""
    monkeypatch.setattr(markdown, "ROOT", tmp_path)
    tmp_path.joinpath("page.md").write_text(DOCUMENT, "utf-8")
    return Path("page.md")


def test_blocks_have_language_text_and_mark(document: Path) -> None:
    """A mark belongs to the next block, unless text stands between them."""
    shell, nginx, text = blocks_of(document)

    assert (shell.language, shell.mark, shell.line) == ("sh", "run", 8)
    assert shell.text == "wheelyard --help\n# [no](link)\n"
    assert (nginx.text, nginx.mark, nginx.reason) == ("server {\n", "example", "nginx reads it")
    assert (text.text, text.mark) == ("```\n", "")


def test_links_in_code_are_no_links(document: Path) -> None:
    """What is printed as code is not followed."""
    assert list(links_of(document)) == [(3, "other.md#part"), (4, "picture.svg")]


def test_anchors_are_those_of_the_headings(document: Path) -> None:
    """A comment in a block of shell is not a heading."""
    assert anchors_of(document) == {"a-title-with-code-twice"}


def test_prose_is_what_is_neither_code_nor_comment(document: Path) -> None:
    """Sentences are counted where there are sentences."""
    texts = [text for _, text in prose_lines(document)]

    assert "- A list." in texts
    assert not any("wheelyard" in text or "forgotten" in text for text in texts)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a small command line in the place of the real one."""
    known = {
        (): frozenset({"--help"}),
        ("serve",): frozenset({"--port", "-q"}),
        ("pin",): frozenset(),
        ("pin", "add"): frozenset({"--json"}),
    }
    monkeypatch.setattr(command_line, "commands", lambda: known)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    "line",
    [
        "wheelyard serve --port 8765 wheels/  # a comment",
        "wheelyard serve --port=8765 -q",
        "WHEELYARD_DATA=/srv/wheels wheelyard pin add flask --json",
        "wheelyard --help && ./run --port 80",
        "./test -k house",
        "",
    ],
)
def test_line_that_works_has_no_problem(line: str) -> None:
    """Commands, options, variables, lists and comments are understood."""
    assert list(command_line.problems_with_line(line)) == []


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("wheelyard serv", "there is no command `wheelyard serv`"),
        ("wheelyard pin remove flask", "there is no command `wheelyard pin remove`"),
        ("wheelyard serve --prot 1", "`wheelyard serve` has no option `--prot`"),
        ("./run --json", "`./run serve` has no option `--json`"),
        ("wheelyard --help | less", "`less` is not ours"),
        ("pip install flask", "`pip` is not ours"),
    ],
)
def test_line_that_does_not_work_is_noticed(line: str, problem: str) -> None:
    """A command or option that does not exist does not stay in the documents."""
    assert list(command_line.problems_with_line(line)) == [problem]
