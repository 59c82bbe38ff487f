"""The small languages of the embedded AWS: grammars in .lark files, beside the code that gives them a meaning."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from lark import Lark

_WORD = re.compile(r"[^\W\d][\w.@]*|\S")


class Node(Protocol):
    data: Any  # The rule's name
    children: list[Any]  # Nodes, and tokens: texts with a `type`

    @property
    def meta(self) -> Any: ...


class Unexpected(ValueError):
    def __init__(self, text: str, at: int, message: str = "") -> None:
        self.at = at  # Index of the first character that fits nowhere; the text's length if it ends too early
        word = _WORD.match(text, at)
        self.symbol = word[0] if word else ""  # The word or sign there; empty at the end
        super().__init__(message or (f"unexpected symbol found {self.symbol}" if word else "unexpected end"))


@cache
def _parser(path: Path, start: str) -> "Lark":
    # Loaded with the first text that needs it: the start of a demo does not.
    from lark import Lark

    return Lark(path.read_text("utf-8"), parser="lalr", start=start, propagate_positions=True)


def parse(path: Path, text: str, start: str = "start") -> Node:
    """The tree of a text by the grammar in this file, from the rule `start`. Raises Unexpected."""
    parser = _parser(path, start)
    from lark.exceptions import UnexpectedInput

    try:
        return parser.parse(text)
    except UnexpectedInput as error:
        at = error.pos_in_stream
        ended = at is None or getattr(getattr(error, "token", None), "type", "") == "$END"
        raise Unexpected(text, len(text) if ended else at or 0) from error


class GrammarMeaning:
    """Gives a tree its meaning: the method of a rule's name takes the node, and visits what is in it as it needs."""

    deepest = 100  # How many nodes may stand in each other; AWS refuses deep nesting, too
    _depth = 0

    def visit(self, node: Node) -> Any:
        """The meaning of one node. Raises Unexpected for a text that is nested too deeply."""
        if self._depth >= self.deepest:
            raise Unexpected("", 0, "nested too deeply")
        self._depth += 1
        try:
            return getattr(self, str(node.data))(node)
        finally:
            self._depth -= 1


class Conditions(GrammarMeaning):
    """The meaning of conditions joined by and, or and not: each is a function that tells whether its subject fits."""

    def both(self, node: Node) -> Callable[[Any], bool]:
        conditions = [self.visit(child) for child in node.children]
        return lambda subject: all(condition(subject) for condition in conditions)

    def either(self, node: Node) -> Callable[[Any], bool]:
        conditions = [self.visit(child) for child in node.children]
        return lambda subject: any(condition(subject) for condition in conditions)

    def negation(self, node: Node) -> Callable[[Any], bool]:
        inner = self.visit(node.children[0])
        return lambda subject: not inner(subject)

    def group(self, node: Node) -> Callable[[Any], bool]:
        condition: Callable[[Any], bool] = self.visit(node.children[0])
        return condition
