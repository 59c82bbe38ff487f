"""Counts names that say that one has a value, and not what the value is: bare participles."""

import ast
from collections.abc import Iterator

PARTICIPLES = frozenset({"found", "said", "seen", "kept", "held", "told", "made", "known"})
PRONOUN = "each"
"""A name for one of many; in a comprehension, whose whole meaning stands in one line, it is clear enough."""


def bare_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every variable and parameter that is a bare participle, or `each` outside a comprehension."""
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
