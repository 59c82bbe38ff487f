"""The lines of a module that can be changed, and each change: its tree is parsed anew and one place of it is
another. Nothing is offered that could not matter: docstrings, annotations, imports, texts for people,
assertions, what only a type checker reads, abstract methods. A statement is taken out as `if 0: …`, which is
not executed and leaves the function what it was for the compiler: its variables, its closure, a generator."""

import ast
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.Lt: ast.GtE,
    ast.Gt: ast.LtE,
    ast.Is: ast.IsNot,
    ast.In: ast.NotIn,
}
_TURNED |= {after: before for before, after in _TURNED.items()}
_EMPTY = {
    **dict.fromkeys(("dict", "Mapping", "MutableMapping"), "{}"),
    **dict.fromkeys(("list", "MutableSequence"), "[]"),
    **dict.fromkeys(("tuple", "Sequence", "Iterable", "Collection"), "()"),
    **dict.fromkeys(("Iterator", "Generator"), "iter(())"),
    **{"set": "set()", "frozenset": "frozenset()", "str": "''", "bytes": "b''", "int": "0", "float": "0.0"},
}
"""What a function of this type returns when its return is emptied; otherwise it is None."""
_FOR_PEOPLE = {"_", "N_", "ngettext", "nN_", "pgettext"}
_FOR_TYPES = {"cast", "TypeVar", "NewType", "ParamSpec"}
_BLOCKS = {"body", "orelse", "finalbody", "handlers", "cases"}
_UNCHANGED = (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Pass, ast.Assert, ast.ClassDef)
_DECLARED = {"overload", "abstractmethod"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Change:
    """One place of a tree made another by `make`."""

    kind: str
    what: str
    make: Callable[[], None]


@dataclass(slots=True)
class Line:
    """A statement, or the head of a compound one, and what can be changed in it."""

    file: Path
    scope: str
    """The function or class that it stands in, dotted; empty at the module's own level."""
    text: str
    first: int
    last: int
    in_function: bool
    """Whether it runs when a function is called, not when the module is imported."""
    changes: list[Change] = field(default_factory=list)

    def chosen(self, seed: int) -> Change:
        """One of the changes: each kind is as likely, however many constants there are."""
        kinds = sorted({change.kind for change in self.changes})
        number = rank(f"{seed}|{self.scope}|{self.text}")
        of_kind = [change for change in self.changes if change.kind == kinds[number % len(kinds)]]
        return of_kind[number // len(kinds) % len(of_kind)]


def rank(text: str) -> int:
    """A number that depends on the text alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def parse(file: Path) -> tuple[ast.Module, list[Line]]:
    """The tree of a module and its lines; a change that is made changes this tree."""
    source = file.read_text(encoding="utf-8")
    tree = ast.parse(source)
    walk = _Walk(file, source.splitlines())
    walk.block(tree.body, ())
    return tree, walk.lines


class _Walk:
    def __init__(self, file: Path, source: list[str]) -> None:
        self._file = file
        self._source = source
        self.lines: list[Line] = []

    def block(self, body: list[ast.stmt], scope: tuple[ast.AST, ...]) -> None:
        for number, statement in enumerate(list(body)):
            if _is_left_out(statement):
                continue
            if line := self._line(body, number, statement, scope):
                self.lines.append(line)
            inner = (*scope, statement) if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)) else scope
            for name in ("body", "orelse", "finalbody"):
                self.block(getattr(statement, name, []), inner)
            for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                self.block(part.body, inner)

    def _line(
        self, body: list[ast.stmt], number: int, statement: ast.stmt, scope: tuple[ast.AST, ...]
    ) -> Line | None:
        if isinstance(statement, _UNCHANGED):
            return None
        function = scope[-1] if scope and isinstance(scope[-1], _FUNCTIONS) else None
        in_function = any(isinstance(each, _FUNCTIONS) for each in scope)
        changes = [*_inside(statement)]
        if function:
            is_last = body is function.body and number == len(body) - 1
            changes += _of_statement(body, statement, function, is_last=is_last)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            changes.append(_without(body, statement))
        if not changes:
            return None
        first = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))])
        last = max([first, *(each.end_lineno or 0 for each in _own_parts(statement))])
        text = " ".join(" ".join(self._source[first - 1 : last]).split())
        name = ".".join(each.name for each in scope if isinstance(each, (*_FUNCTIONS, ast.ClassDef)))
        return Line(self._file, name, text, first, last, in_function, changes)


def _is_left_out(statement: ast.stmt) -> bool:
    """What is no behaviour, with all that it holds."""
    match statement:
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=exc) if exc is not None and "NotImplementedError" in ast.unparse(exc):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__slots__" | "__match_args__")]):
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return any(ast.unparse(each).split(".")[-1] in _DECLARED for each in statement.decorator_list)
        case ast.ClassDef():
            return any(ast.unparse(each).startswith("Protocol") for each in statement.bases)
    return False


def _own_parts(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement without those of the statements that it holds, and without annotations."""
    if isinstance(statement, _FUNCTIONS):
        yield from statement.decorator_list
        yield from (each for each in (*statement.args.defaults, *statement.args.kw_defaults) if each)
        return
    for name, value in ast.iter_fields(statement):
        if name not in _BLOCKS and name != "annotation":
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.expr):
                    yield part
                elif isinstance(part, ast.withitem):
                    yield part.context_expr


def _inside(statement: ast.stmt) -> Iterator[Change]:
    """Changes within its expressions."""
    if isinstance(statement, ast.If) or (
        isinstance(statement, ast.While) and not isinstance(statement.test, ast.Constant)
    ):
        yield _negated(statement, "test")
    is_error = isinstance(statement, ast.Raise)
    for part in _own_parts(statement):
        yield from _of_expression(part, texts=not is_error)


def _of_expression(node: ast.AST, *, texts: bool) -> Iterator[Change]:
    match node:
        case ast.Compare():
            turned = [_TURNED[type(operator)]() for operator in node.ops]
            if len(turned) == 1:
                before = ast.unparse(node)
                after = ast.unparse(ast.Compare(node.left, [turned[0]], node.comparators))
                yield Change("comparison turned", f"{before} → {after}", _setter(node, "ops", turned))
        case ast.IfExp():
            yield _negated(node, "test")
        case ast.comprehension() if node.ifs:
            yield _negated(node, "ifs", 0)
        case ast.Constant():
            yield from _of_constant(node, texts=texts)
        case ast.Subscript() if ast.unparse(node.value).split(".")[-1] in ("Literal", "Annotated"):
            return
        case ast.JoinedStr():
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    yield from _of_expression(part.value, texts=texts)
            return
        case ast.Call():
            name = ast.unparse(node.func).split(".")[-1]
            if name in _FOR_TYPES:
                return
            texts = texts and name not in _FOR_PEOPLE
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.arguments):
            yield from _of_expression(child, texts=texts)


def _of_constant(node: ast.Constant, *, texts: bool) -> Iterator[Change]:
    value: Any = node.value
    after: Any
    if isinstance(value, bool):
        after = not value
    elif isinstance(value, (int, float)):
        # Twice as much: a limit that is one more is hardly ever another limit.
        after = value * 2 or value + 1
    elif isinstance(value, str) and texts:
        after = f"XX{value}"
    else:
        return
    yield Change(
        "constant changed", f"{_cut(repr(value))} → {_cut(repr(after))}", _setter(node, "value", after)
    )


def _of_statement(
    body: list[ast.stmt],
    statement: ast.stmt,
    function: ast.FunctionDef | ast.AsyncFunctionDef,
    *,
    is_last: bool,
) -> Iterator[Change]:
    """Changes of a whole statement of a function."""
    match statement:
        case ast.Return(value=None | ast.Constant(value=None)):
            if not is_last:
                yield _without(body, statement)
        case ast.Return(value=ast.expr() as value):
            after = _emptied(function.returns, value)
            if after != ast.unparse(value):
                yield _replaced(
                    body, statement, value, ast.Return(_expression(after)), "return emptied", after
                )
        case (
            ast.Assign(targets=[ast.Name()], value=value)
            | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
        ) if ast.unparse(value) not in ("None", "()", "[]", "{}", "''", "0"):
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            emptied = ast.Assign([target], ast.Constant(None))
            yield _replaced(body, statement, value, emptied, "value emptied", "None")
        case ast.Assign() if any(
            isinstance(each, (ast.Attribute, ast.Subscript)) for each in statement.targets
        ):
            yield _without(body, statement)
        case ast.AnnAssign(target=ast.Attribute() | ast.Subscript(), value=ast.expr()):
            yield _without(body, statement)
        case (
            ast.Expr()
            | ast.AugAssign()
            | ast.Raise()
            | ast.Continue()
            | ast.Break()
            | ast.Delete()
            | ast.For()
            | ast.AsyncFor()
        ):
            yield _without(body, statement)


def _emptied(returns: ast.expr | None, value: ast.expr) -> str:
    if returns is None:
        return "None"
    if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        returns = ast.parse(returns.value, mode="eval").body
    name = ast.unparse(returns.value if isinstance(returns, ast.Subscript) else returns).split(".")[-1]
    if name == "bool":
        return ast.unparse(ast.UnaryOp(ast.Not(), value))
    return _EMPTY.get(name, "None")


def _without(body: list[ast.stmt], statement: ast.stmt) -> Change:
    def make() -> None:
        body[body.index(statement)] = _never(statement, [statement])

    return Change("statement deleted", _short(statement), make)


def _replaced(
    body: list[ast.stmt], statement: ast.stmt, value: ast.expr, after: ast.stmt, kind: str, text: str
) -> Change:
    def make() -> None:
        for node in ast.walk(after):
            ast.copy_location(node, statement)
        place = body.index(statement)
        body[place : place + 1] = [_never(statement, [ast.copy_location(ast.Expr(value), statement)]), after]

    return Change(kind, f"{_short(value)} → {text}", make)


def _never(place: ast.stmt, body: list[ast.stmt]) -> ast.stmt:
    test = ast.copy_location(ast.Constant(0), place)
    return ast.copy_location(ast.If(test, body, []), place)


def _negated(node: ast.AST, name: str, index: int | None = None) -> Change:
    old = getattr(node, name) if index is None else getattr(node, name)[index]
    new = ast.copy_location(ast.UnaryOp(ast.copy_location(ast.Not(), old), old), old)
    value = new if index is None else [new, *getattr(node, name)[1:]]
    return Change("condition negated", f"not ({_short(old)})", _setter(node, name, value))


def _setter(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _short(node: ast.AST) -> str:
    return _cut(ast.unparse(node).partition("\n")[0])


def _cut(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
