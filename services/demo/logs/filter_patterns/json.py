"""Filter patterns for JSON lines: `{ $.level = "ERROR" && ($.status >= 500 || $.path = "/api/*") }`."""

import re
from collections.abc import Callable
from typing import Any

import orjson

from services.demo.grammar import Meaning, Node
from services.demo.logs.filter_patterns.values import condition, text_of

Test = Callable[[Any], bool]
_STEP = re.compile(r"""\["([^"]*)"\]|\[(\d+|\*)\]|\.([\w\-]+|\*)""")


class JsonPattern(Meaning):
    """A line that is no JSON object or array never matches."""

    def __init__(self) -> None:
        self._selectors: dict[str, list[str | int]] = {}

    def json(self, node: Node) -> tuple[Callable[[str], bool], Callable[[str], dict[str, str]]]:
        test: Test = self.visit(node.children[0])

        def match(line: str) -> bool:
            try:
                return line.lstrip().startswith(("{", "[")) and test(orjson.loads(line))
            except (orjson.JSONDecodeError, RecursionError):
                return False

        def values(line: str) -> dict[str, str]:
            document = orjson.loads(line)
            scalars = {name: _scalars(document, steps) for name, steps in self._selectors.items()}
            return {name: text_of(several[0]) for name, several in scalars.items() if several}

        return match, values

    def any(self, node: Node) -> Test:
        tests = [self.visit(child) for child in node.children]
        return lambda value: any(test(value) for test in tests)

    def all(self, node: Node) -> Test:
        tests = [self.visit(child) for child in node.children]
        return lambda value: all(test(value) for test in tests)

    def comparison(self, node: Node) -> Test:
        """`$.a = 1`; a selector that leads to an object or an array matches nothing, not even `!=`."""
        _, sign, operand = node.children
        steps, test = self._steps(node), condition(str(sign), operand)
        return lambda value: any(map(test, _scalars(value, steps)))

    def exists(self, node: Node) -> Test:
        steps = self._steps(node)
        return lambda value: bool(_nodes(value, steps))

    def absent(self, node: Node) -> Test:
        steps = self._steps(node)
        return lambda value: not _nodes(value, steps)

    def constant(self, node: Node) -> Test:
        steps = self._steps(node)
        constant = {"NULL": None, "TRUE": True, "FALSE": False}[str(node.children[1])]
        return lambda value: any(inner is constant for inner in _nodes(value, steps))

    def _steps(self, node: Node) -> list[str | int]:
        """The selector as keys, indexes, and -1 for `[*]`."""
        selector, steps = str(node.children[0]), list[str | int]()
        for key, index, name in _STEP.findall(selector):
            steps.append((-1 if index == "*" else int(index)) if index else key or name)
        self._selectors[selector] = steps
        return steps


def _scalars(value: Any, steps: list[str | int]) -> list[Any]:
    return [node for node in _nodes(value, steps) if node is not None and not isinstance(node, dict | list)]


def _nodes(value: Any, steps: list[str | int]) -> list[Any]:
    nodes = [value]
    for step in steps:
        nodes = [inner for outer in nodes for inner in _inside(outer, step)]
    return nodes


def _inside(value: Any, step: str | int) -> list[Any]:
    if isinstance(value, dict) and isinstance(step, str):
        if step in value:
            return [value[step]]
        return list(value.values()) if step == "*" else []
    if isinstance(value, list) and isinstance(step, int):
        return value if step < 0 else value[step : step + 1]
    return []
