"""Counts names that say that one has a value, and not what the value is: bare participles."""

import ast
from collections.abc import Iterator

PARTICIPLES = frozenset({"found", "said", "seen", "kept", "held", "told", "made", "known"})
PRONOUN = "each"


def bare_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    in_comprehensions = {
        id(name)
        for node in ast.walk(tree)
        if isinstance(node, ast.comprehension)
        for name in ast.walk(node.target)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                if name in PARTICIPLES or (name == PRONOUN and id(node) not in in_comprehensions):
                    yield node.lineno, name
