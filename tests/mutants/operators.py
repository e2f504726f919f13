"""What a mutant is: one small change to a guard, a helper, an `apply`, an emit function, `decide`, or a row of the table.

Left alone: texts (strings, f-strings, what a guard says), annotations, decorators, defaults and docstrings. A change that could
only crash, such as a `-` between two lists, is not made: it would be caught by anything and prove nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple


class Mutant(NamedTuple):
    """One change of one file. `make` puts it into `tree`; the process that does so has that tree to itself."""

    file: str
    line: int
    where: str
    what: str
    tree: ast.Module
    make: Callable[[], None]

    @property
    def known_as(self) -> tuple[str, str]:
        """What the mutant is called on the page of equivalents: no line numbers, which move."""
        return f"{self.file} {self.where}", self.what


def mutants(file: str, path: Path) -> list[Mutant]:
    """Every mutant of a file, in the order of its lines."""
    tree = ast.parse(path.read_text("utf-8"))
    found: list[Mutant] = []
    counted: dict[tuple[str, str], int] = {}
    for where, node in _places(tree):
        inside = _in_row if where == "ROWS" else _in_function
        for at, what, make in inside(node):
            n = counted[where, what] = counted.get((where, what), 0) + 1
            found.append(Mutant(file, at, where, what if n == 1 else f"{what} ({n})", tree, make))
    return found


Change = tuple[int, str, Callable[[], None]]
"""The line, the words for it, and what makes it so."""


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Every function and method by name, and the rows."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{f.name}", f) for f in node.body if isinstance(f, ast.FunctionDef))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "ROWS" and node.value:
            yield "ROWS", node.value


# ---------------------------------------------------------------- rows


def _in_row(rows: ast.AST) -> Iterator[Change]:
    """A guard, a phase or a role dropped from a row; a phase it leads to that it does not. Names of tuples are left alone."""
    for row in ast.walk(rows):
        if isinstance(row, ast.Call) and isinstance(row.func, ast.Name) and row.func.id in ("decision", "fact"):
            step = ast.unparse(row.args[0])
            for part in (*row.args[1:], *(keyword.value for keyword in row.keywords)):
                if isinstance(part, ast.Tuple):
                    yield from (_dropped(part, n, f"{step}: ") for n in range(len(part.elts)))
            if len(row.args) > 3 and not isinstance(row.args[3], ast.Tuple):
                yield _replaced(row, "args", 3, ast.Tuple([], ast.Load()), f"{step}: ")
            for n, keyword in enumerate(row.keywords):
                yield row.lineno, f"{step}: without {keyword.arg}=", _without(row.keywords, n)


# ---------------------------------------------------------------- functions

SWAPS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
TEXTS = {"Said", "found"}


def _in_function(function: ast.AST) -> Iterator[Change]:
    assert isinstance(function, ast.FunctionDef)
    for n, statement in enumerate(function.body):
        if not (n == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            yield from _changes(statement, function, "body", n)


def _changes(node: ast.AST, parent: ast.AST, field: str, n: int | None) -> Iterator[Change]:
    """The changes of a node and of all that is in it."""
    if isinstance(node, ast.JoinedStr) or _text(node):
        return
    for new in _instead(node):
        yield _replaced(parent, field, n, new)
    if isinstance(node, ast.List | ast.Set) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield from (_dropped(node, each) for each in range(len(node.elts)))
    if isinstance(node, ast.comprehension):
        yield from (_dropped_condition(node, each) for each in range(len(node.ifs)))
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "ctx", "slice"):
            continue
        if isinstance(node, ast.Call) and name == "args" and _called(node) in TEXTS:
            continue
        if isinstance(value, list):
            for each, inner in enumerate(value):
                if isinstance(inner, ast.AST):
                    yield from _changes(inner, node, name, each)
        elif isinstance(value, ast.AST):
            yield from _changes(value, node, name, None)


def _instead(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp(op, values) if not any(map(_text, values)):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for n in range(len(values)):
                rest = [*values[:n], *values[n + 1:]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, right) if not any(map(_sequence, (left, right))):
            yield ast.BinOp(left, ast.Sub() if isinstance(op, ast.Add) else ast.Add(), right)
        case ast.BinOp(left, ast.BitOr() | ast.BitAnd(), right):
            yield from (left, right)
        case ast.IfExp(_, body, orelse) if not any(map(_text, (body, orelse))):
            yield from (body, orelse)
        case ast.If(test):
            yield ast.If(ast.Constant(False), node.body, node.orelse)
            if isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr):
                yield ast.If(ast.UnaryOp(ast.Not(), test), node.body, node.orelse)
        case ast.Call(ast.Name(name), args, keywords) if name in CALLS:
            yield ast.Call(ast.Name(CALLS[name], ast.Load()), args, keywords)
        case ast.Return(ast.Call(ast.Name("clear"), args)):
            yield ast.Return(ast.Call(ast.Name("found", ast.Load()), [ast.Constant("mutant"), ast.Constant("mutant"), *args], []))
        case ast.Return(ast.Call(ast.Name("found"), args)):
            yield ast.Return(ast.Call(ast.Name("clear", ast.Load()), args[2:], []))
        case ast.Expr() | ast.AugAssign():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute()]):
            yield ast.Pass()


def _compared(node: ast.Compare) -> Iterator[ast.Compare]:
    for n, op in enumerate(node.ops):
        for other in SWAPS[type(op)]:
            yield ast.Compare(node.left, [*node.ops[:n], other(), *node.ops[n + 1:]], node.comparators)


# ---------------------------------------------------------------- making a change


def _replaced(parent: ast.AST, field: str, n: int | None, new: ast.AST, before: str = "") -> Change:
    old = getattr(parent, field) if n is None else getattr(parent, field)[n]
    ast.copy_location(new, old)

    def make() -> None:
        if n is None:
            setattr(parent, field, new)
        else:
            getattr(parent, field)[n] = new

    return getattr(old, "lineno", 0), f"{before}{_short(old)} → {_short(new)}", make


def _dropped(literal: ast.List | ast.Set | ast.Tuple, n: int, before: str = "") -> Change:
    """An element left out. A set without its last element would read as a dict: an empty star stands in it."""
    what = f"{before}without {_short(literal.elts[n])}"
    if isinstance(literal, ast.Set) and len(literal.elts) == 1:
        empty = ast.copy_location(ast.Starred(ast.Tuple([], ast.Load()), ast.Load()), literal)
        return literal.lineno, what, lambda: literal.elts.__setitem__(0, empty)
    return literal.elts[n].lineno, what, _without(literal.elts, n)


def _dropped_condition(comprehension: ast.comprehension, n: int) -> Change:
    test = comprehension.ifs[n]
    return test.lineno, f"for … without if {_short(test)}", _without(comprehension.ifs, n)


def _without(elements: list[Any], n: int) -> Callable[[], None]:
    return lambda: elements.__delitem__(n)


# ---------------------------------------------------------------- telling nodes apart


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _text(node: ast.AST) -> bool:
    """Whether a node is words: for a person, or a code."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _sequence(node: ast.AST) -> bool:
    """Whether a node is surely no number and no time."""
    return _text(node) or isinstance(node, ast.List | ast.ListComp | ast.Tuple | ast.Set)


def _short(node: ast.AST) -> str:
    """A node in one line of at most 90 characters. Of an `if`, its test."""
    if isinstance(node, ast.If):
        return _short_text(f"if {ast.unparse(node.test)}")
    return _short_text(" ".join(ast.unparse(ast.fix_missing_locations(node)).split()))


def _short_text(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:60]} … {text[-26:]}"
