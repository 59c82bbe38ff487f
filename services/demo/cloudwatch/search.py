"""Source: "CloudWatch search expression syntax" (Amazon CloudWatch User Guide)."""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from services.demo import grammar
from services.demo.cloudwatch.math_expressions import MathError
from services.demo.cloudwatch.store import MetricKey

Test = Callable[[MetricKey], bool]

_GRAMMAR = Path(__file__).with_name("search.lark")
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


@lru_cache(maxsize=4096)
def pieces(text: str) -> tuple[str, ...]:
    """The tokens of a name in their own case: `CustomCount1` -> Custom, Count, 1."""
    return tuple(_PIECE.findall(text))


def tokens(text: str) -> set[str]:
    """All tokens AWS generates for a name: the whole without punctuation, and each piece, lower-case."""
    return {"".join(pieces(text)).lower(), *(piece.lower() for piece in pieces(text))}


def partly_matches(term: str, name: str) -> bool:
    """Partial match: one token in any case, or consecutive tokens.

    A word that is itself several tokens (`CustomCount`, `Count1`) must match in case as well.
    """
    parts = [
        (piece, len(pieces(word)) > 1) for word in re.split(r"[\W_]+", term) if word for piece in pieces(word)
    ]
    if not parts:
        return False
    if len(parts) == 1 and parts[0][0].lower() in tokens(name):
        return True
    named = pieces(name)
    return any(
        all(
            part == piece if exact else part.lower() == piece.lower()
            for (part, exact), piece in zip(parts, named[start:], strict=False)
        )
        for start in range(len(named) - len(parts) + 1)
    )


def _texts(metric: MetricKey, prop: str) -> list[str]:
    if prop == "MetricName":
        return [metric.name]
    if prop == "Namespace":
        return [metric.namespace]
    if prop:
        return [value for name, value in metric.dimensions if name == prop]
    return [metric.namespace, metric.name, *(text for pair in metric.dimensions for text in pair)]


class _Search(grammar.Conditions):
    deepest = 50

    def start(self, node: grammar.Node) -> Test:
        if not node.children:
            raise MathError("The search expression is empty")
        return self.both(node)

    def schema(self, node: grammar.Node) -> Test:
        namespace, *names = (str(name).strip(' "') for name in node.children)

        def fits(metric: MetricKey) -> bool:
            # Dimensions named in the schema are all of the metric's dimensions; a bare namespace takes any.
            return metric.namespace == namespace and (
                not names or set(names) == {name for name, _ in metric.dimensions}
            )

        return fits

    def term(self, node: grammar.Node) -> Test:
        *prop, text = node.children
        if text.type == "QUOTED":
            whole = re.sub(r"\\(.)", r"\1", text[1:-1])
            return lambda metric: whole in _texts(metric, "".join(prop))
        return lambda metric: any(partly_matches(text, name) for name in _texts(metric, "".join(prop)))


@lru_cache(maxsize=256)
def compile_search(expression: str) -> Test:
    """A test of metrics by a search expression. Raises MathError where it cannot be read."""
    if len(expression) > 1024:
        raise MathError("The search expression is longer than 1024 characters")
    try:
        test: Test = _Search().visit(grammar.parse(_GRAMMAR, expression))
    except grammar.Unexpected as error:
        raise MathError(f"Invalid search expression: {error}") from None
    return test
