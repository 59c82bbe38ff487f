"""Source: "Using metric math" (Amazon CloudWatch User Guide). Pure: text in, tree out."""

from functools import lru_cache
from pathlib import Path

from services.demo import grammar

_GRAMMAR = Path(__file__).with_name("expression.lark")


class MathError(ValueError):
    """The expression cannot be read or evaluated; the text says why."""


@lru_cache(maxsize=512)
def parse(expression: str) -> grammar.Node:
    """The tree of a metric math expression. Raises MathError with a message like AWS's."""
    try:
        return grammar.parse(_GRAMMAR, expression)
    except grammar.Unexpected as error:
        if error.symbol:
            raise MathError(f"Unexpected '{error.symbol}'") from None
        if expression.count("(") > expression.count(")"):
            raise MathError("Expected ')' but found 'end of expression'") from None
        raise MathError("Unexpected end of expression") from None
