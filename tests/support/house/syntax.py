"""Small questions to a syntax tree."""

import ast
import http
from collections.abc import Iterable, Iterator

from support.house.sources import Module

__all__ = ["calls_of", "constant", "dotted", "error_status", "last_name"]

ERROR_STATUSES = frozenset(status for status in http.HTTPStatus if status >= 400)


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for such an expression, or for the callee of a call; empty for the rest."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}"
        case ast.Call():
            return dotted(node.func)
        case _:
            return ""


def last_name(node: ast.AST) -> str:
    """Return the last name of a name, attribute or subscripted one; empty for other nodes."""
    if isinstance(node, ast.Subscript):
        return last_name(node.value)
    return dotted(node).rpartition(".")[2]


def constant(module: Module, name: str) -> object:
    """Return the literal that ``module`` assigns to ``name`` at its top; None if it does not."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and [last_name(t) for t in node.targets] == [name]:
            return ast.literal_eval(node.value)
    return None


def error_status(node: ast.AST) -> str:
    """Return the HTTP error status that ``node`` spells; empty if it spells none."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return str(node.value) if node.value in ERROR_STATUSES else ""
    name = dotted(node).partition("HTTPStatus.")[2]
    return name if name and http.HTTPStatus[name] in ERROR_STATUSES else ""


def calls_of(module: Module, names: Iterable[str]) -> Iterator[ast.AST]:
    """Yield the calls in ``module`` whose callee is one of ``names``."""
    wanted = frozenset(names)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and dotted(node.func) in wanted:
            yield node
