"""What a file consists of: functions, comments, lines of code; and how much of each."""

import ast
import io
import tokenize
from collections.abc import Iterator
from functools import cache

from support.house.sources import Module

__all__ = ["Function", "code_lines", "comments_of", "functions_of", "parameter_count"]

Function = ast.FunctionDef | ast.AsyncFunctionDef

LAYOUT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def functions_of(module: Module) -> Iterator[Function]:
    """Yield every function and method of ``module``, nested ones too."""
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            yield node


def comments_of(module: Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of each comment of ``module``."""
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def code_lines(module: Module, function: Function) -> int:
    """Return how many lines of code ``function`` has, its signature included."""
    lines = occupied_lines(module.text)
    end = function.end_lineno or function.lineno
    own = {line for line in range(function.lineno, end + 1) if line in lines}
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        own -= set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return len(own)


@cache
def occupied_lines(text: str) -> frozenset[int]:
    """Return the numbers of the lines of ``text`` that hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    return frozenset(lines)


def parameter_count(function: Function) -> int:
    """Return how many arguments a caller of ``function`` can give, `self` and `cls` aside."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    others = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return len([a for a in named if a.arg not in {"self", "cls", "_"}]) + len(others)
